"""What became of findings since a moment, or of an auditor's list, driven by keys."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from schouw.audits.matching import Ending, Followed
from schouw.history.values import Compared, Fate
from schouw.model.baseline import AuditRow
from schouw.model.severity import FindingState, Severity
from tests.tui.driving import screen_text, until, until_text
from tests.tui.fleet import NOW, SOME, FakeRunner, make_app, source_of, tracked

SIZES = pytest.mark.parametrize("size", [(120, 40), (80, 24)])
CIPHERS, MYSQL, UPDATES, ROOT, *_ = SOME


def written(folder: Path) -> list[dict[str, str]]:
    (file,) = folder.glob("*.csv")
    return list(csv.DictReader(io.StringIO(file.read_text())))


def compared() -> list[Compared]:
    return [
        Compared("web10", Fate.FIXED, replace(tracked(CIPHERS.finding, FindingState.FIXED), fixed_at=NOW - timedelta(days=1))),
        Compared("web10", Fate.NEW, MYSQL),
        Compared("dns4", Fate.OPEN, ROOT),
        Compared("dns4", Fate.REGRESSED, tracked(UPDATES.finding, FindingState.REGRESSED)),
    ]


@SIZES
async def test_changes_part_by_part(tmp_path: Path, size: tuple[int, int]) -> None:
    made = source_of()
    made.compared = compared()
    app = make_app(tmp_path, source=made)
    async with app.run_test(size=size) as pilot:
        await pilot.press("d")
        await until_text(pilot, "changes   since 7d", "[all 4]", "new 1", "regressed 1", "fixed 1", "still open 1", "▸new")
        await pilot.press("right", "right", "right")
        await until_text(pilot, "[fixed 1]", "▸fixed H crypto", "CBC ciphers")
        assert "MySQL" not in screen_text(app)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


@SIZES
async def test_changes_by_area_then_by_host_then_into_one(tmp_path: Path, size: tuple[int, int]) -> None:
    made = source_of()
    made.compared = compared()
    app = make_app(tmp_path, source=made)
    async with app.run_test(size=size) as pilot:
        await pilot.press("d")
        await until_text(pilot, "[all 4]")
        await pilot.press("v")
        await until_text(pilot, "▸ports", "software", "crypto", "hardening", "by area")
        await pilot.press("v")
        await until_text(pilot, "▸dns4", "1 regressed", "1 still open", " web10", "1 new", "1 fixed")
        await pilot.press("down", "enter")
        await until_text(pilot, "changes › web10   since 7d", "[all 2]", "MySQL", "CBC ciphers")
        await pilot.press("escape")
        await until_text(pilot, "▸web10", "[all 4]")


async def test_since_another_moment_which_must_make_sense(tmp_path: Path) -> None:
    made = source_of()
    made.compared = compared()
    app = make_app(tmp_path, source=made)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("d", "s")
        await until_text(pilot, "a date, an age, a scan or a baseline")
        await pilot.press("backspace", "backspace", *"2027-01-01", "enter")
        await until_text(pilot, "2027-01-01: that is yet to come")
        await pilot.press(*["backspace"] * 10, *"2026-10-01", "enter")
        await until_text(pilot, "since 2026-10-01")


@SIZES
async def test_an_audit_is_followed_in_the_auditors_numbering(tmp_path: Path, size: tuple[int, int]) -> None:
    made = source_of()
    rows = [AuditRow(f"F-{n}", title, "web10", ("192.0.2.10",), "22/tcp", Severity.HIGH) for n, title in ((7, "CBC"), (8, "Odd"))]
    made.followed = [
        Followed(rows[0], Ending.FIXED, "web10", NOW - timedelta(days=1), (tracked(CIPHERS.finding, FindingState.FIXED),)),
        Followed(rows[1], Ending.NOT_CHECKED, "web10", None, (), "needs root: sshd -T"),
    ]
    app = make_app(tmp_path, source=made)
    async with app.run_test(size=size) as pilot:
        await pilot.press("d")
        await until_text(pilot, "nothing was found")
        await pilot.press("b")
        await until_text(pilot, "audit-2026", "2 rows of autumn.nessus")
        await pilot.press("enter")
        await until_text(pilot, "since audit-2026", "F-7", "F-8", "not checked 1")
        await pilot.press("down", "enter")
        await until_text(pilot, "not checked: needs root: sshd -T")


async def test_this_moment_gets_a_name(tmp_path: Path) -> None:
    runner = FakeRunner()
    app = make_app(tmp_path, runner=runner, source=source_of())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("d", "B", *"7d", "enter")
        await until_text(pilot, "expected a name such as audit-2026")
        await pilot.press("backspace", "backspace", *"audit-2026", "enter")
        await until_text(pilot, "saved as audit-2026")
    assert [(one.name, one.by, one.at) for one in runner.baselines] == [("audit-2026", "demo", NOW)]


async def test_what_changed_is_exported_as_it_is_shown(tmp_path: Path) -> None:
    made = source_of()
    made.compared = compared()
    app = make_app(tmp_path, source=made)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("d")
        await until_text(pilot, "[all 4]")
        await pilot.press("v", "v", "down", "enter")
        await until_text(pilot, "changes › web10")
        await pilot.press("e", "down", "enter")
        await until_text(pilot, "written to")
    assert [(row["change"], row["host"]) for row in written(tmp_path)] == [("new", "web10"), ("fixed", "web10")]


async def test_help_tells_these_keys(tmp_path: Path) -> None:
    app = make_app(tmp_path, source=source_of())
    async with app.run_test(size=(120, 60)) as pilot:
        await pilot.press("d", "question_mark")
        await until_text(pilot, "changes.view", "counted by area", "finding.claim", "app.claims", "app.accepted")
