"""The demo shows everything that there is to show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

from schouw.demo import open_demo, open_replay, replay_many
from schouw.demo.build import facts
from schouw.demo.servers import played
from schouw.history import History
from schouw.history.values import ChangeKind, Fate
from schouw.model.finding import Outcome
from schouw.model.severity import Area, FindingState, HostState, Severity
from schouw.scan.events import Finished
from schouw.scan.record import Recorder
from schouw.tui.history import HistorySource
from schouw.vulnerabilities.answers import Standing
from tests.unit.scan_support import SERVER, closing, some_hosts, until_done

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


async def test_its_past_holds_every_state_and_severity(tmp_path: Path) -> None:
    async with closing(open_demo(tmp_path, NOW, None).runner):
        history = History.open(tmp_path / "demo.db", read_only=True)
        summaries = history.summaries()
        findings = [one for name in summaries for one in history.findings(name)]
        history.close()
    assert len(summaries) >= 12
    assert {one.state for one in summaries.values()} == {HostState.SCANNED, HostState.PARTIAL, HostState.UNREACHABLE}
    assert {"silent", "key-CHANGED"} <= {one.error_class for one in summaries.values()}
    assert {one.finding.severity for one in findings} == set(Severity)
    assert {one.state for one in findings} >= {FindingState.OPEN, FindingState.NEW, FindingState.FIXED}
    areas = {one.finding.area for one in findings}
    assert areas >= {Area.PORTS, Area.SOFTWARE, Area.VULNS, Area.CRYPTO, Area.HARDENING}
    assert any(one.scanned_at and (NOW - one.scanned_at).days >= 2 for one in summaries.values())
    assert max(len(one.trend) for one in summaries.values()) >= 4


async def test_a_rescan_fixes_and_another_brings_it_back(tmp_path: Path) -> None:
    demo = open_demo(tmp_path, None, None)
    (web1,) = demo.fleet.select(["web1"])
    async with closing(demo.runner) as runner:
        events = runner.watch()
        fixed = await until_done(events, await runner.submit([web1]))
        back = await until_done(events, await runner.submit([web1]))
    first, second = (next(event.summary for event in seen if isinstance(event, Finished)) for seen in (fixed, back))
    assert first is not None and first.fixed > 3 and first.regressed == 0
    assert second is not None and second.regressed > 3 and second.fixed == 0


async def test_people_have_decided_things_and_scans_have_answered(tmp_path: Path) -> None:
    async with closing(open_demo(tmp_path, NOW, None).runner):
        history = History.open(tmp_path / "demo.db", read_only=True, clock=lambda: NOW)
        claimed = [one for some in history.claimed(NOW - timedelta(days=7)).values() for one in some]
        known = [one for some in history.everything().values() for one in some]
        fates = {one.fate for one in history.compare(NOW - timedelta(days=7))}
        (asked,) = (one for one in known if one.assigned)
        said = {one.kind for one in history.life("db1", asked.key).journal}
        history.close()
    assert {one.claim.outcome for one in claimed if one.claim} == set(Outcome)
    left = sorted(one.accepted_until - NOW for one in known if one.accepted_until is not None)
    assert len(left) >= 3 and timedelta() < left[0] < timedelta(days=14) < left[1]
    assert said >= {ChangeKind.ASSIGNED, ChangeKind.COMMENTED}
    assert fates >= {Fate.NEW, Fate.FIXED, Fate.OPEN, Fate.ACCEPTED}


async def test_its_pivots_answer_from_a_database_of_its_own(tmp_path: Path) -> None:
    demo = open_demo(tmp_path, NOW, None)
    source = HistorySource(demo.history, demo.vulnerabilities)
    hosts = {host.name: None for host in demo.fleet.hosts}
    async with closing(demo.runner):
        sudo, kernel, backdoor = (source.lookup.cve(cve, hosts) for cve in ("CVE-2025-32463", "CVE-2024-53104", "CVE-2024-3094"))
        openssh = source.lookup.package("openssh", hosts)
        source.close()
    assert [host for host, one in sudo.standings.items() if one is Standing.AFFECTED] == ["web2"]
    assert kernel.standings["backup"] is Standing.REBOOT
    assert backdoor.standings["web1"] is Standing.FINE and backdoor.standings["legacy"] is Standing.UNKNOWN
    assert {one.release for one in backdoor.platforms if one.old(NOW.date())} == {"ubuntu:22.04", "ubuntu:24.04"}
    assert any(one.fixable and one.hosts == ("web1",) for one in openssh.installed)


def test_its_addresses_are_for_documentation() -> None:
    networks = [ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32")]
    for one in played():
        assert any(ip_address(one.host.address) in network for network in networks)


async def test_many_hosts_are_played_as_well(tmp_path: Path) -> None:
    demo = replay_many(200, tmp_path)
    assert len(demo.fleet.hosts) == 200
    async with closing(demo.runner) as runner:
        events = runner.watch()
        seen = await until_done(events, await runner.submit(demo.fleet.hosts[:30]))
    assert len({event.host for event in seen if isinstance(event, Finished)}) == 30


async def test_a_recording_is_opened_like_the_demo(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "r.jsonl")
    for host in some_hosts("a", "b"):
        recorder.add(host, facts(host.name, SERVER))
    recorder.close()
    demo = open_replay(tmp_path, tmp_path / "r.jsonl", None)
    async with closing(demo.runner) as runner:
        events = runner.watch()
        seen = await until_done(events, await runner.submit(demo.fleet.hosts))
    assert sorted(event.host for event in seen if isinstance(event, Finished)) == ["a", "b"]
