"""The trends of the fleet, driven by keys."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from schouw.model.severity import Area, Severity
from schouw.model.trend import DayCount, Mend, Trends
from tests.tui.driving import screen_text, until, until_text
from tests.tui.fleet import NOW, make_app, source_of


def some() -> Trends:
    days = [DayCount("web10", (NOW - timedelta(days=ago)).date(), 12, (1, 3 + ago // 9, 2, 6, 0)) for ago in range(80, -1, -1)]
    return Trends(tuple(days), (Mend("web10", Area.CRYPTO, Severity.HIGH, NOW, 7 * 86400.0),))


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_by_severity_and_the_time_to_fix(tmp_path: Path, size: tuple[int, int]) -> None:
    made = source_of()
    made.trend = some()
    app = make_app(tmp_path, source=made)
    async with app.run_test(size=size) as pilot:
        await pilot.press("T")
        await until_text(pilot, "trends   90 days · 14 hosts", "C critical 1 → 1", "H high 11 → 3", "LLLL", "crypto", "7 days")
        await pilot.press("v")
        await until_text(pilot, "trends   30 days", "H high 6 → 3")
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_a_history_of_one_day_says_so(tmp_path: Path) -> None:
    app = make_app(tmp_path, source=source_of())
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("T")
        await until_text(pilot, "two days of scans are needed", "nothing was fixed")


async def test_the_bars_of_a_host_over_three_months(tmp_path: Path) -> None:
    made = source_of()
    made.trend = some()
    app = make_app(tmp_path, source=made)
    async with app.run_test(size=(160, 40)) as pilot:
        await until_text(pilot, "web10")
        app.open_host("web10", ["web10"])
        await until_text(pilot, "scans")
        for _ in range(14):
            if "findings above info" in screen_text(app):
                break
            await pilot.press("right")
        await until_text(pilot, "findings above info", "81 days")


async def test_a_notifier_that_does_not_work_is_said_on_the_fleet(tmp_path: Path) -> None:
    from schouw.scan.events import Trouble
    from tests.tui.fleet import FakeRunner

    runner = FakeRunner()
    app = make_app(tmp_path, source=source_of(), runner=runner)
    async with app.run_test(size=(140, 30)) as pilot:
        runner.say(Trouble("notify ops (json): nothing arrives since 12:00"))
        await until_text(pilot, "notify ops (json): nothing arrives since 12:00")
        runner.say(Trouble(""))
        await until(pilot, lambda: "nothing arrives" not in screen_text(app))
