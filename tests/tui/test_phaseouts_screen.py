"""The phase-outs screen on the demo's history and engine, driven by keys: who is left, the list for a mailing, really off."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from schouw.demo import open_demo
from schouw.history import History
from schouw.tui.app import SchouwApp
from schouw.tui.history import HistorySource
from schouw.tui.settings import Settings
from schouw.tui.source import Runner
from tests.tui.driving import screen_text, until, until_text

SIZES = pytest.mark.parametrize("size", [(120, 40), (80, 24)])


@asynccontextmanager
async def shown(folder: Path) -> AsyncIterator[SchouwApp]:
    demo = open_demo(folder, None, None)
    source = HistorySource(demo.history, demo.vulnerabilities)

    async def runner() -> Runner:
        return demo.runner

    settings = Settings(folder, folder, cwd=folder)
    try:
        yield SchouwApp(demo.fleet, source, runner, settings, demo=True)
    finally:
        await demo.runner.close()
        source.close()


def written(folder: Path) -> list[dict[str, str]]:
    (file,) = folder.glob("*.csv")
    return list(csv.DictReader(io.StringIO(file.read_text())))


@SIZES
async def test_a_falling_trend_then_whom_to_write_to_then_really_off(tmp_path: Path, size: tuple[int, int]) -> None:
    async with shown(tmp_path) as app, app.run_test(size=size) as pilot:
        await pilot.press("P")
        await until_text(pilot, "phase-outs   2 running", "▸mail-2027", "49 left", "at this pace zero on", "┊", "60 gone")
        await pilot.press("enter")
        await until_text(pilot, "phase-outs › mail-2027", "[all 109]", "tess@bakery.example.nl", "new       IMAP")
        await pilot.press("right")
        await until_text(pilot, "[new 2]")
        await pilot.press("left", "e")
        await until_text(pilot, "Export 49 rows as")
        await pilot.press("enter")
        await until_text(pilot, "written to")
        rows = written(tmp_path)
        assert len(rows) == 49 and rows[0]["customer"] == "Bakkerij De Korenaar"
        assert rows[0]["protocol"] == "imap"
        assert {row["state"] for row in rows} == {"new", "came back", "left"}

        # They switched it off; r asks both sides.
        await pilot.press("r")
        await until_text(pilot, "off, verified from outside and inside", "gone 109")
        await pilot.press("left")
        await until_text(pilot, "[hosts 2]", "mail1", "0 left  off, verified from outside and inside")
        await pilot.press("escape")
        await until_text(pilot, "▸mail-2027", "✓ off", "ftp-2027", "17 left")


async def test_what_is_planned_is_in_the_findings_list_and_does_not_count(tmp_path: Path) -> None:
    async with shown(tmp_path) as app, app.run_test(size=(120, 40)) as pilot:
        await pilot.press("F")
        await until_text(pilot, "findings   ")
        await pilot.press("end")
        await until_text(pilot, "planned")
        app.open_host("mail1", ["mail1"])
        await until_text(pilot, "schouw › mail1", "planned → ", "3 planned")


async def test_a_host_of_it_is_one_key_away_and_help_knows_the_keys(tmp_path: Path) -> None:
    async with shown(tmp_path) as app, app.run_test(size=(120, 40)) as pilot:
        await pilot.press("P")
        await until_text(pilot, "▸mail-2027")
        await pilot.press("down", "enter", "left", "enter")
        await until_text(pilot, "schouw › shop")
        await pilot.press("escape", "question_mark")
        await until_text(pilot, "write the list for a mailing", "phaseouts.export")


async def test_those_that_were_stopped_are_said_to_be(tmp_path: Path) -> None:
    async with shown(tmp_path) as app, app.run_test(size=(120, 40)) as pilot:
        history = History.open(tmp_path / "demo.db")
        for one in history.phaseouts():
            history.keep_phaseout(replace(one, ended_at=one.begins, ended_by="ops"))
        history.close()
        await pilot.press("P")
        await until_text(pilot, "phase-outs   0 running", "stopped")
        await pilot.press("escape")
        await until(pilot, lambda: "phase-outs" not in screen_text(app))
