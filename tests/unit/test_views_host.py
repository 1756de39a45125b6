"""The host screen's values: rows, details, tabs, exports."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from schouw.model.attempt import Attempt, not_checked, seen
from schouw.model.facts import (
    AutomaticUpdates,
    Facts,
    Firewall,
    Identity,
    Inside,
    Kernel,
    Listener,
    Origins,
    Package,
    Packages,
    Privilege,
    Sshd,
    System,
    Update,
    Updates,
)
from schouw.model.finding import NotChecked
from schouw.model.host import Host, Port
from schouw.model.outside import Outside, OutsidePort, PortState, SshOffer, Unrouted
from schouw.model.severity import Area, FindingState, HostState, Severity
from schouw.views import export, hostpage, tabs
from schouw.views.detail import finding_detail, lacking_detail
from schouw.views.findings import arrange, finding_row, newly_fixed, state_words, tallies
from schouw.views.segments import Line, line_width, plain
from schouw.views.status import Row
from tests.tui.fleet import LACKING, NOW, SOME, FakeSource, finding, summary, tracked
from tests.unit.facts import NO_DAEMONS
from tests.unit.tls_facts import block, daemon, looked, offer, served
from tests.unit.tls_facts import plain as said

INSIDE = Inside(
    identity=seen(Identity("other.example.nl", "audit", Privilege.SUDO)),
    system=seen(System("debian", "12", "Debian 12")),
    kernel=seen(Kernel("6.1.0-27-amd64")),
    packages=seen(Packages("dpkg", (Package("openssh-server", "1:9.2p1-2+deb12u2", "amd64"),))),
    updates=seen(Updates("apt", (Update("openssl", "3.0.14", "3.0.15", "Debian-Security", True),), 7200.0)),
    origins=seen(Origins(())),
    listeners=seen((Listener("tcp", "0.0.0.0", 22, "sshd"), Listener("tcp", "127.0.0.1", 3306, "mariadbd"))),
    processes=not_checked("process names need root"),
    sshd=seen(Sshd("OpenSSH_9.2p1", {"permitrootlogin": ("no",)})),
    firewall=seen(Firewall("nftables", True, True, True)),
    automatic=seen(AutomaticUpdates("unattended-upgrades", True)),
    restarts=not_checked("needs root"),
    **NO_DAEMONS
    | {
        "nginx": seen(daemon("nginx", "1.22.1", block((443,), names=("www.example.nl",), settings={"ssl_protocols": "TLSv1.2"}))),
        "dovecot": seen(daemon("dovecot", "2.3.19", block((143,), "optional", settings={"ssl": ("yes", "/etc/dovecot/d:3")}))),
    },
)
OFFER = SshOffer("192.0.2.10", 22, "OpenSSH_9.2p1", ("curve25519-sha256",), ("ssh-ed25519",), ("aes128-ctr",), ("hmac-sha2-256",))
PROBED = {22: PortState.OPEN, 8080: PortState.OPEN, 443: PortState.CLOSED}
OUTSIDE = Outside(
    ("192.0.2.10",),
    "guided",
    seen(tuple(OutsidePort("192.0.2.10", port, state) for port, state in PROBED.items())),
    ssh=(seen(OFFER),),
    tls=(looked(offer(lacking="cut short"), 443, "www.example.nl"), looked("silent", 993)),
    certificates=(looked(served("www.example.nl"), 443, "www.example.nl"),),
    plain=(looked(said(login=True, greeting="* OK", mechanisms=("PLAIN",)), 143),),
    unrouted=(Unrouted("2001:db8::10"),),
)
FACTS = Facts("web1", NOW, seen(INSIDE), seen(OUTSIDE))
HOST = Host(name="web1", listen=(Port(22), Port(443)))


def text(lines: list[Line]) -> str:
    return "\n".join(plain(line) for line in lines)


def test_findings_stand_worst_first_and_accepted_ones_last() -> None:
    shown = [item.finding.title[:5] for item in arrange(SOME, frozenset())]
    assert shown == ["MySQL", "CBC c", "14 se", "root ", "X11 f", "MACs "]


def test_what_was_fixed_just_now_stands_on_top_and_what_was_fixed_before_is_gone() -> None:
    after = [tracked(item.finding, FindingState.FIXED) if item is SOME[3] else item for item in SOME]
    fixed = newly_fixed(SOME, after)
    assert fixed == {SOME[3].key}
    assert arrange(after, fixed)[0].key == SOME[3].key
    assert SOME[3].key not in [item.key for item in arrange(after, frozenset())]
    assert newly_fixed(after, after) == frozenset()


def test_an_area_shows_its_own() -> None:
    assert {item.finding.area for item in arrange(SOME, frozenset(), Area.CRYPTO)} == {Area.CRYPTO}
    assert tallies(SOME)[None] == 5
    assert tallies(SOME)[Area.CRYPTO] == 1


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (FindingState.NEW, "new"),
        (FindingState.OPEN, "open 3d"),
        (FindingState.FIXED, "✓ fixed"),
        (FindingState.REGRESSED, "↺ regressed"),
        (FindingState.ACCEPTED, "accepted"),
    ],
)
def test_every_state_has_its_word(state: FindingState, words: str) -> None:
    assert state_words(tracked(finding(), state), NOW)[0] == words
    assert words in plain(finding_row(tracked(finding(), state), 80, NOW))


@pytest.mark.parametrize("cells", [30, 40, 60, 80, 120])
def test_rows_fit(cells: int) -> None:
    for item in (*SOME, *LACKING):
        assert line_width(hostpage.item_line(item, cells, NOW, cursor=True)) == cells


def test_the_detail_says_what_where_why_and_how_to_fix_it() -> None:
    shown = text(finding_detail(SOME[0], 60, NOW))
    for words in (
        "Seen from outside",
        "Seen from inside",
        "in /etc/ssh/sshd_config:14",
        "Why it matters",
        "Fix",
        "first seen 21 Nov",
        "3 scans",
    ):
        assert words in shown
    assert all(line_width(line) <= 60 for line in finding_detail(SOME[0], 60, NOW))


def test_what_was_not_checked_is_said_in_its_area_and_never_as_fine() -> None:
    items = hostpage.items(next(tab for tab in hostpage.TABS if tab.area is Area.PORTS), (), LACKING, frozenset())
    assert [item.check for item in items if isinstance(item, NotChecked)] == ["ports.firewall"]
    assert "not checked" in plain(hostpage.item_line(items[0], 80, NOW, False))
    assert "nft list ruleset" in text(hostpage.item_detail(items[0], LACKING, 60, NOW))
    assert "2 checks could not be made" in plain(hostpage.nothing(hostpage.ALL, LACKING, summary("x")))
    assert "needs root" in text(lacking_detail(LACKING, 60))
    assert "Every check could be made" in text(lacking_detail((), 60))


def test_the_tabs_say_how_many_and_where_not_all_was_seen() -> None:
    first, second = (plain(line) for line in hostpage.tab_lines(hostpage.ALL, SOME, LACKING, 120))
    assert "[1 all 5]" in first
    assert "2 ports 1?" in first
    assert "4 vulns 0" in first
    assert "not checked 2" in second
    for cells in (80, 90, 120):
        assert [line_width(line) for line in hostpage.tab_lines(hostpage.TABS[3], SOME * 20, LACKING, cells)] == [cells, cells]


def test_ports_show_inside_outside_and_expected_side_by_side() -> None:
    shown = text(tabs.ports(FACTS, HOST, 100, NOW)).splitlines()
    by_port = {line.split("/")[0]: line for line in shown if "/tcp" in line}
    assert by_port["22"].split()[1:] == ["sshd", "0.0.0.0", "open", "yes"]
    assert by_port["3306"].split()[1:5] == ["mariadbd", "127.0.0.1", "not", "looked"]
    assert by_port["443"].split()[1:] == ["nothing", "closed", "yes"]
    assert by_port["8080"].split()[-2:] == ["open", "no"]
    assert any("process names need root" in line for line in shown)
    assert any("IPv6: no route from here" in line for line in shown)


def test_an_outside_view_of_before_says_how_old_it_is() -> None:
    view = FACTS.outside.result
    assert view is not None
    before = replace(view, at=FACTS.taken_at - timedelta(hours=3))
    only_inside = replace(FACTS, outside=Attempt(before, "only the inside view was asked for"))
    shown = text(tabs.ports(only_inside, HOST, 120, FACTS.taken_at))
    assert "only the inside view was asked for; what is shown was seen 3h ago" in shown
    now = replace(FACTS, outside=seen(replace(view, at=FACTS.taken_at)))
    assert "was seen" not in text(tabs.ports(now, HOST, 120, FACTS.taken_at))


def test_a_row_of_the_narrowest_list_keeps_the_port() -> None:
    one = replace(
        tracked(finding(title="MySQL is open to the world on 3306/tcp", subject="3306/tcp")), state=FindingState.ACCEPTED
    )
    row = finding_row(replace(one, accepted_until=NOW + timedelta(days=300)), 60, NOW)
    assert "3306/tcp" in plain(row) and "accepted → 20 Sep 2027" in plain(row) and line_width(row) == 60


def test_the_other_tabs() -> None:
    assert "openssl" in text(tabs.packages(FACTS, 100))
    assert "3.0.14 → 3.0.15" in text(tabs.packages(FACTS, 100))
    assert "curve25519-sha256" in text(tabs.ssh(FACTS, 100))
    assert "permitrootlogin" in text(tabs.ssh(FACTS, 100))
    assert "no answer on port 22" in text(tabs.scans(FakeSource({}).scans("x"), NOW, 100))
    assert "Debian 12" in text(tabs.raw(FACTS, 100))


@pytest.mark.parametrize("tab", [tab for tab in hostpage.TABS if tab.is_text])
def test_tabs_without_facts_say_so(tab: hostpage.Tab) -> None:
    assert hostpage.text(tab, None, (), (), HOST, 80, NOW)
    bare = Facts("x", NOW, not_checked("login refused"), not_checked("no outside view of this machine"))
    shown = text(hostpage.text(tab, bare, (), (), HOST, 80, NOW))
    if tab.id in ("listening", "packages"):
        assert "login refused" in shown


def test_the_title_names_the_host_and_what_it_calls_itself() -> None:
    shown = plain(hostpage.title_line(Row(HOST, summary("web1", SOME)), FACTS, NOW, 140, True))
    for words in ("web1", "kernel 6.1.0-27", "root via sudo", "calls itself other.example.nl", "DEMO", "C "):
        assert words in shown


def test_the_outcome_of_a_rescan_in_words() -> None:
    after = [tracked(item.finding, FindingState.FIXED) if item is SOME[0] else item for item in SOME]
    assert hostpage.outcome(SOME, after, summary("x")) == ("rescanned: 1 fixed, 4 stay", "fixed")
    assert hostpage.outcome(after, SOME, summary("x")) == ("rescanned: nothing fixed, 1 came back, 4 stay", "regressed")
    assert hostpage.outcome((), SOME[:1], summary("x"))[0] == "rescanned: nothing fixed, 1 new, 0 stay"
    assert hostpage.outcome(SOME, SOME, summary("x", state=HostState.UNREACHABLE, error="silent"))[0] == "not scanned: silent"


def test_exports() -> None:
    rows = export.finding_rows("web1", (tracked(finding(severity=Severity.LOW, title='=HYPERLINK("x") | a')),))
    assert json.loads(export.render(rows, "json"))[0]["severity"] == "low"
    assert "\"'=HYPERLINK" in export.render(rows, "csv")
    assert "\\|" in export.render(rows, "md")
    fleet_rows = export.fleet_rows([Row(HOST, summary("web1", SOME))], NOW)
    assert fleet_rows[0]["critical"] == 1
    assert export.render([], "csv") == ""


def test_an_accepted_finding_says_until_when() -> None:
    accepted = replace(SOME[5], accepted_until=NOW + timedelta(days=7))
    assert state_words(accepted, NOW)[0] == "accepted → 1 Dec"
    assert "old backup client" in text(finding_detail(accepted, 60, NOW))
