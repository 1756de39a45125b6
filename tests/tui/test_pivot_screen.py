"""Findings over the fleet, driven by keys: a kind, its hosts, one of them; fixed everywhere before one's eyes."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from schouw.model.host import Host
from schouw.model.severity import FindingState
from schouw.model.summary import Summary
from schouw.tui.screens.host import HostScreen
from schouw.tui.screens.pivot import PivotScreen
from tests.tui.driving import screen_text, until, until_text
from tests.tui.fleet import SOME, FakeRunner, FakeSource, fleet, make_app, summary, tracked

SIZES = pytest.mark.parametrize("size", [(120, 40), (80, 24)])


def source(**hosts: tuple[int, ...]) -> FakeSource:
    """Each of these hosts with some of the usual findings, all others with none."""
    made = FakeSource(fleet(14)[1])
    made.tracked = {name: tuple(SOME[number] for number in hosts.get(name, ())) for name in made.known}
    return made


def written(folder: Path) -> str:
    (file,) = folder.glob("*.csv")
    return file.read_text()


@SIZES
async def test_a_kind_then_its_hosts_then_one_of_them_and_back(tmp_path: Path, size: tuple[int, int]) -> None:
    app = make_app(tmp_path, source=source(web10=(0, 1), dns4=(0,), mail1=(4,)))
    async with app.run_test(size=size) as pilot:
        await pilot.press("F")
        await until_text(pilot, "findings   3 kinds on 3 hosts", "▸C ports", "H crypto", "SSH: weak ciphers", "2 hosts")
        await pilot.press("down", "enter")
        await until_text(pilot, "findings › crypto.ssh.cipher   2 findings on 2 hosts", "▸H dns4", " H web10")
        await pilot.press("down", "enter")
        await until_text(pilot, "schouw › web10", "▸H crypto    CBC ciphers offered by sshd")
        await pilot.press("p")
        await until_text(pilot, "schouw › dns4")
        await pilot.press("escape")
        await until_text(pilot, "crypto.ssh.cipher   2 findings")
        await pilot.press("escape")
        await until_text(pilot, "3 kinds on 3 hosts", "▸H crypto")
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_fixed_everywhere_before_ones_eyes(tmp_path: Path) -> None:
    made = source(web10=(0,), dns4=(0, 1))

    def outcome(host: Host) -> Summary:
        return summary(host.name, made.tracked[host.name])

    runner = FakeRunner(outcome)
    app = make_app(tmp_path, runner=runner, source=made)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("F", "down", "enter")
        await until_text(pilot, "2 findings on 2 hosts")
        made.tracked["web10"] = (tracked(SOME[0].finding, FindingState.FIXED),)
        await pilot.press("r")
        await until_text(pilot, "1 finding on 1 host", "▸H dns4")
        assert runner.submitted == [("dns4", "web10")]
        made.tracked["dns4"] = (SOME[1],)
        await pilot.press("r")
        await until_text(pilot, "✓ crypto.ssh.cipher is on none of these hosts any more")
        await pilot.press("escape")
        await until_text(pilot, "1 kind on 1 host", "▸C ports")


async def test_it_keeps_to_the_hosts_that_the_filter_shows(tmp_path: Path) -> None:
    app = make_app(tmp_path, source=source(web10=(0,), dns4=(1,)))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("slash", *"web", "enter", "F")
        await until_text(pilot, "1 kind on 1 host", "filter web", "SSH: weak ciphers")


async def test_accepted_ones_do_not_count_and_are_said(tmp_path: Path) -> None:
    made = source(web10=(0,))
    made.tracked["dns4"] = (tracked(SOME[0].finding, FindingState.ACCEPTED),)
    app = make_app(tmp_path, source=made)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("F")
        await until_text(pilot, "1 kind on 1 host", "1 more accepted")


async def test_the_fix_is_copied_and_all_of_it_exported(tmp_path: Path) -> None:
    app = make_app(tmp_path, source=source(web10=(0,), dns4=(0, 1)))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("F", "down", "y")
        await until(pilot, lambda: app.clipboard.startswith("Ciphers "))
        await pilot.press("e")
        await until_text(pilot, "CSV")
        await pilot.press("down", "enter")
        await until_text(pilot, "written to")
    rows = list(csv.DictReader(io.StringIO(written(tmp_path))))
    assert [(row["host"], row["area"]) for row in rows] == [("dns4", "ports"), ("dns4", "crypto"), ("web10", "crypto")]


async def test_the_palette_and_help_know_it(tmp_path: Path) -> None:
    app = make_app(tmp_path, source=source(web10=(0,)))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("colon", *"findings over the fleet")
        await until_text(pilot, "findings over the fleet: one row a kind")
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, PivotScreen))
        await pilot.press("question_mark")
        await until_text(pilot, "scan the hosts of this kind again", "pivot.rescan")


async def test_nothing_known_is_not_all_fine(tmp_path: Path) -> None:
    app = make_app(tmp_path, source=source())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("F")
        await until_text(pilot, "nothing is known to be wrong with the hosts that are shown")
        assert "✓" not in screen_text(app)


async def test_it_opens_over_a_host_too(tmp_path: Path) -> None:
    app = make_app(tmp_path, source=source(dns4=(0,)))
    async with app.run_test(size=(120, 40)) as pilot:
        app.open_host("dns4", ["dns4"])
        await until(pilot, lambda: isinstance(app.screen, HostScreen))
        await pilot.press("F", "F")
        await until_text(pilot, "1 kind on 1 host")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HostScreen))
