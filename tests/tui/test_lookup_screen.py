"""CVEs and packages over the fleet, driven by keys: type one or choose one, see who has it and why, and who has not."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from schouw.model.basis import Basis
from schouw.model.facts import Facts, Kernel, Package, Packages
from schouw.model.host import Host
from schouw.model.severity import Severity
from schouw.model.summary import Summary
from schouw.tui.screens.host import HostScreen
from schouw.tui.screens.lookup import LookupScreen
from tests.tui.driving import screen_text, until, until_text
from tests.tui.fleet import NOW, FakeRunner, FakeSource, finding, make_app, summary, tracked
from tests.unit.facts import facts, inside
from tests.unit.vulnerability_lab import deb, taken, tracker, written

SIZES = pytest.mark.parametrize("size", [(120, 40), (80, 24)])
OLD, NEW = deb("libssl3", "3.0.11-1", "openssl"), deb("libssl3", "3.0.17-1", "openssl")
KERNELS = tuple(
    deb(f"linux-image-6.1.0-{abi}-amd64", f"6.1.{version}-1", "linux-signed-amd64", f"6.1.{version}+1")
    for abi, version in ((27, 115), (31, 128))
)
OPENSSL = tracked(
    replace(
        finding("vulns.package.fixable", Severity.CRITICAL, "openssl 3.0.11-1 → 3.0.17-1 closes 2 CVEs", "openssl"),
        cves=("CVE-2030-1001", "CVE-2030-1002"),
        fix="apt-get install --only-upgrade libssl3",
    )
)


def look(*packages: Package, running: str = "6.1.0-27-amd64") -> Facts:
    return facts(inside(packages=Packages("dpkg", packages), kernel=Kernel(running)))


LOOKS = {"web5": look(OLD), "dns4": look(NEW), "mail1": look(*KERNELS), "db2": look(deb("bash", "5"))}


def source(folder: Path, looks: dict[str, Facts] = LOOKS) -> FakeSource:
    """Four hosts that were seen, and a database with three CVEs."""
    feed = tracker(
        openssl={"CVE-2030-1001": {"bookworm": "3.0.15-1"}, "CVE-2030-1002": {"bookworm": "3.0.17-1"}},
        linux={"CVE-2030-1000": {"bookworm": "6.1.119-1"}},
    )
    database = folder / "vulnerabilities.db"
    exploited = "cve,date_added,ransomware\nCVE-2030-1002,2026-11-20,Known\n"
    taken(database, written(folder / "tracker.json", feed), written(folder / "kev.csv", exploited))
    known = {name: summary(name, (OPENSSL,) if name == "web5" else (), basis=Basis("debian:12", "x")) for name in looks}
    return FakeSource(
        known,
        tracked={name: (OPENSSL,) if name == "web5" else () for name in looks},
        facts_of=lambda name: looks.get(name),
        database=database,
    )


def exported(folder: Path) -> str:
    (file,) = folder.glob("schouw-*.csv")
    return file.read_text()


HOSTS = tuple(Host(name=name) for name in LOOKS)


@SIZES
async def test_type_a_cve(tmp_path: Path, size: tuple[int, int]) -> None:
    app = make_app(tmp_path, source=source(tmp_path), hosts=HOSTS)
    async with app.run_test(size=size) as pilot:
        await pilot.press("V")
        await until_text(pilot, "schouw › CVEs   2 CVEs", "CVE-2030-1002", "exploited", "3 known, 3 matchable")
        await pilot.press(*"cve-2030-1001", "enter")
        await until_text(pilot, "schouw › CVE-2030-1001   openssl", "✗ 1 affected", "✓ 3 not affected")
        await until_text(pilot, "▸✗ affected", "web5", "openssl 3.0.11-1 → 3.0.15-1", "Rule       DEB-7")
        assert "old data: debian:12 2026-11-23" not in screen_text(app)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_who_is_still_to_reboot_and_who_is_not_affected_and_why(tmp_path: Path) -> None:
    app = make_app(tmp_path, source=source(tmp_path), hosts=HOSTS)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("V", *"CVE-2030-1000", "enter")
        await until_text(
            pilot, "↻ 1 to reboot", "▸↻ to reboot", "mail1", "linux 6.1.115-1 → 6.1.119-1", "Reboot: the fixed kernel"
        )
        await pilot.press("down")
        await until_text(pilot, "▸✓ not affected   db2", "not installed: linux")


async def test_as_one_types_the_list_gets_shorter(tmp_path: Path) -> None:
    app = make_app(tmp_path, source=source(tmp_path), hosts=HOSTS)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("V")
        await until_text(pilot, "▸✗ CVE-2030-1002", "CVE-2030-1001")
        await pilot.press(*"1001")
        await until(pilot, lambda: "CVE-2030-1002" not in screen_text(app))
        await pilot.press("enter")
        await until_text(pilot, "schouw › CVE-2030-1001")
        await pilot.press("slash", *"bash", "enter")
        await until_text(pilot, "schouw › bash   on 1 of 4 hosts", "no CVE is open")
        await pilot.press("escape")
        await until_text(pilot, "schouw › CVE-2030-1001", "✗ 1 affected")


async def test_enter_means_what_the_cursor_was_moved_to(tmp_path: Path) -> None:
    app = make_app(tmp_path, source=source(tmp_path), hosts=HOSTS)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("V")
        await until_text(pilot, "▸✗ CVE-2030-1002")
        await pilot.press(*"openssl", "down", "enter")
        await until_text(pilot, "schouw › CVE-2030-1001")


async def test_it_keeps_to_the_hosts_that_the_filter_shows(tmp_path: Path) -> None:
    app = make_app(tmp_path, source=source(tmp_path), hosts=HOSTS)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("slash", *"dns", "enter", "V", *"CVE-2030-1001", "enter")
        await until_text(pilot, "✓ 1 not affected", "only hosts that match dns")
        assert "web5" not in screen_text(app)


async def test_from_a_finding_to_its_cves_and_to_its_package(tmp_path: Path) -> None:
    app = make_app(tmp_path, source=source(tmp_path), hosts=HOSTS)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("F")
        await until_text(pilot, "findings   1 kind on 1 host")
        await pilot.press("V")
        await until_text(pilot, "schouw › openssl   2 CVEs", "▸✗ CVE-2030-1002")
        await pilot.press("enter")
        await until_text(pilot, "schouw › CVE-2030-1002", "exploited, known since 2026-11-20, by ransomware", "✗ 1 affected")
        await pilot.press("K")
        await until_text(pilot, "schouw › openssl   on 2 of 4 hosts", "2 CVEs open, 1 exploited")
        await until_text(pilot, "▸✗ openssl 3.0.11-1", "→ 3.0.17-1 closes 2 CVEs", "✓ openssl 3.0.17-1", "no CVE is open")
        await pilot.press("enter")
        await until_text(pilot, "schouw › openssl 3.0.11-1   2 CVEs", "fixed in 3.0.17-1")
        await pilot.press("escape", "escape", "escape", "escape")
        await until_text(pilot, "findings   1 kind")


async def test_to_the_host_its_fix_and_back(tmp_path: Path) -> None:
    app = make_app(tmp_path, source=source(tmp_path), hosts=HOSTS)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("V", *"CVE-2030-1001", "enter")
        await until_text(pilot, "▸✗ affected")
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == "apt-get install --only-upgrade libssl3")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, HostScreen))
        await until_text(pilot, "schouw › web5", "▸C vulns")
        await pilot.press("escape")
        await until_text(pilot, "schouw › CVE-2030-1001")


async def test_fixed_before_ones_eyes(tmp_path: Path) -> None:
    looks = dict(LOOKS)
    made = source(tmp_path, looks)

    def outcome(host: Host) -> Summary:
        looks[host.name] = look(NEW)
        return summary(host.name, (), basis=Basis("debian:12", "x"), scanned_at=NOW)

    runner = FakeRunner(outcome)
    app = make_app(tmp_path, runner=runner, source=made, hosts=HOSTS)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("V", *"CVE-2030-1001", "enter")
        await until_text(pilot, "✗ 1 affected", "▸✗ affected")
        await pilot.press("r")
        await until_text(pilot, "✓ 4 not affected")
        assert runner.submitted == [("web5",)]


async def test_exported_as_it_is_shown(tmp_path: Path) -> None:
    app = make_app(tmp_path, source=source(tmp_path), hosts=HOSTS)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("V", *"CVE-2030-1001", "enter")
        await until_text(pilot, "▸✗ affected")
        await pilot.press("e")
        await until_text(pilot, "Export what is shown as")
        await pilot.press("down", "enter")
        await until_text(pilot, "written to")
    rows = {row["host"]: row for row in csv.DictReader(io.StringIO(exported(tmp_path)))}
    assert rows["web5"]["standing"] == "affected" and rows["web5"]["fixed"] == "3.0.15-1" and rows["db2"]["rule"] == ""


@SIZES
async def test_without_a_database_it_says_what_to_do(tmp_path: Path, size: tuple[int, int]) -> None:
    made = source(tmp_path)
    made.database = Path("/nowhere/vulnerabilities.db")
    app = make_app(tmp_path, source=made, hosts=HOSTS)
    async with app.run_test(size=size) as pilot:
        await pilot.press("V", *"CVE-2030-1001", "enter")
        await until_text(pilot, "no answer, because:", "vulnerability database yet; fetch")


async def test_what_is_not_known_is_said(tmp_path: Path) -> None:
    app = make_app(tmp_path, source=source(tmp_path), hosts=HOSTS)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("K", *"opensll", "enter")
        await until_text(pilot, "no host has it; installed are: openssl")
        await pilot.press("slash", *"CVE-2019-1", "enter")
        await until_text(pilot, "schouw › CVE-2019-1   on 0 of 4 hosts")
        await pilot.press("slash", *"CVE-2019-9999", "enter")
        await until_text(pilot, "? 4 cannot be told", "no feed here knows this CVE")


async def test_keys_are_answered_while_the_database_is_asked(tmp_path: Path) -> None:
    """A slow disk holds up the answer, not the screen."""
    made = source(tmp_path)
    slow, read = Event(), made.facts_of

    def waiting(name: str) -> Facts | None:
        slow.wait(10)
        return read(name)

    made.facts_of = waiting
    app = make_app(tmp_path, source=made, hosts=HOSTS)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("V", *"CVE-2030-1001", "enter")
        await until_text(pilot, "asking the vulnerability database…")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, LookupScreen) and app.screen.ask.has_focus)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        slow.set()


async def test_nothing_a_server_says_is_read_as_markup(tmp_path: Path) -> None:
    hostile = deb("[bold red]x", "1-[/]", "[link=x]y")
    app = make_app(tmp_path, source=source(tmp_path, {"web5": look(hostile)}), hosts=(Host(name="web5"),))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("K", *"[bold", "space", "enter")
        await until_text(pilot, "no host has it; installed are: [bold red]x")


async def test_old_data_is_called_old_above_the_hosts(tmp_path: Path) -> None:
    made = source(tmp_path)
    made.known["db2"] = replace(made.known["db2"], basis=Basis("debian:8", "x"))
    app = make_app(tmp_path, source=made, hosts=HOSTS)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_text(pilot, "3 known, 3 matchable on your platforms, 3 rows, as of 2026-11-23", "no data: debian:8")
    app = make_app(tmp_path, source=made, hosts=HOSTS)
    app.clock = lambda: NOW.replace(month=12)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_text(pilot, "old: debian:12 of 2026-11-23")
