"""The fleet screen, driven by keys."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from schouw.model.host import Host
from schouw.scan.events import Finished, Notice, Queued, Step, SweepDone, SweepProgress
from tests.tui.driving import screen_text, until, until_text
from tests.tui.fleet import NOW, SOME, FakeRunner, FakeSource, finding, fleet, make_app, summary, tracked


async def test_the_last_known_state_is_there_before_the_engine(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_text(pilot, "14 hosts", "╭─ shop8", "MySQL is open to the world", "unreachable 4m", "never scanned")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (60, 15), (30, 8)])
async def test_every_size_works(tmp_path: Path, size: tuple[int, int]) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=size) as pilot:
        await pilot.press("down", "v", "v", "enter")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert all(strip.cell_length == size[0] for strip in app.screen._compositor.render_strips())


@pytest.mark.parametrize("size", [(29, 30), (80, 7), (10, 3), (3, 1)])
async def test_a_window_that_is_too_small_says_so_until_it_is_large_enough(tmp_path: Path, size: tuple[int, int]) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: f"{size[0]}×{size[1]} is too small" in " ".join(screen_text(app).split()) or size[0] < 20)
        await pilot.press("down", "enter", "v")
        await pilot.resize_terminal(80, 24)
        await until_text(pilot, "14 hosts", "▸ C  dns4")
        await pilot.press("enter")
        await until_text(pilot, "schouw › dns4")
        await pilot.resize_terminal(*size)
        await until(pilot, lambda: "dns4" not in screen_text(app))
        await pilot.resize_terminal(80, 24)
        await until_text(pilot, "schouw › dns4")


async def test_80_by_24_is_a_table_with_all_six_areas(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_text(pilot, "host", "softw", "crypt", "▸ C  dns4", "enter open", "? help", "q quit")


async def test_views_turn_and_are_remembered(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("v")
        await until_text(pilot, "worst finding")
        await pilot.press("v")
        await until_text(pilot, "▸C dns4 ")
    assert json.loads((tmp_path / "state" / "ui.json").read_text())["view"] == "map"
    again = make_app(tmp_path)
    async with again.run_test(size=(120, 40)) as pilot:
        await until_text(pilot, "▸C dns4 ")


async def test_the_cursor_stays_on_its_host_while_results_stream_in(tmp_path: Path) -> None:
    runner = FakeRunner()
    app = make_app(tmp_path, 60, runner)
    async with app.run_test(size=(120, 40)) as pilot:
        view = app.fleet.view
        await pilot.press("down", "right", "down")
        under, order = view.cursor, app.board.names
        assert under
        for name in order:
            if name != under:
                runner.say(Step(name, "tls", 3, 7), Finished(name, summary(name, SOME * 2)))
        runner.say(Finished(under, summary(under)))
        await until(pilot, lambda: app.board.rows[under].summary.worst_severity is None)
        assert view.cursor == under
        assert app.board.names == order, "nothing moves while somebody navigates"
        await pilot.press("full_stop")
        assert app.board.names[-1] == under
        assert view.cursor == under
        await until_text(pilot, f"┏━ {under} ")


async def test_what_is_being_done_is_shown_step_by_step(tmp_path: Path) -> None:
    runner = FakeRunner()
    app = make_app(tmp_path, runner=runner)
    async with app.run_test(size=(120, 40)) as pilot:
        runner.say(
            Queued(("dns4", "shop8")), Step("dns4", "packages", 3, 7), SweepProgress("s", 5, 14, NOW), Notice("one thing to know")
        )
        await until_text(pilot, "⟳ packages 3/7", "⋯ waiting", "5/14", "one thing to know")
        runner.say(Finished("dns4", None), Finished("shop8", summary("shop8")), SweepDone("s", ("dns4",)))
        await until_text(pilot, "1 host could not be scanned: dns4", "✓ nothing found")
        assert "5/14" not in screen_text(app)


async def test_r_scans_the_host_under_the_cursor_or_the_marked_ones(tmp_path: Path) -> None:
    runner = FakeRunner()
    app = make_app(tmp_path, runner=runner)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("r")
        await until(pilot, lambda: runner.submitted == [("dns4",)])
        await pilot.press("space", "space")
        await until_text(pilot, "2 marked")
        await pilot.press("r")
        await until(pilot, lambda: runner.submitted[-1] == ("dns4", "shop8"))
        await pilot.press("escape")


async def test_a_sweep_of_many_hosts_asks_first_and_of_one_does_not(tmp_path: Path) -> None:
    runner = FakeRunner()
    app = make_app(tmp_path, runner=runner)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("R")
        await until_text(pilot, "Scan all 14 hosts?")
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert runner.submitted == []
        await pilot.press("R", "enter")
        await until(pilot, lambda: runner.submitted and len(runner.submitted[-1]) == 14)
        await pilot.press("slash", *"mail1", "enter", "R")
        await until_text(pilot, "Scan all 2 hosts that are shown?")
        await pilot.press("n", "slash", *"mail11", "enter", "R")
        await until(pilot, lambda: runner.submitted[-1] == ("mail11",))


async def test_q_ends_at_once_where_nothing_runs_and_else_asks(tmp_path: Path) -> None:
    runner = FakeRunner()
    app = make_app(tmp_path, runner=runner)
    async with app.run_test(size=(120, 40)) as pilot:
        runner.say(Step("dns4", "tls", 1, 2))
        await until_text(pilot, "⟳ tls 1/2")
        await pilot.press("q")
        await until_text(pilot, "Quit with 1 host still being scanned?", "The engine finishes")
        await pilot.press("n")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert app.is_running
        await pilot.press("q", "y")
        await until(pilot, lambda: not app.is_running)
    idle = make_app(tmp_path)
    async with idle.run_test(size=(120, 40)) as pilot:
        await pilot.press("q")
        await until(pilot, lambda: not idle.is_running)


async def test_x_cancels_only_what_runs(tmp_path: Path) -> None:
    runner = FakeRunner()
    app = make_app(tmp_path, runner=runner)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("x")
        await until_text(pilot, "no scan to cancel")
        runner.say(Step("dns4", "tls", 1, 2))
        await until_text(pilot, "⟳ tls 1/2")
        await pilot.press("x")
        await until(pilot, lambda: runner.cancelled == [("dns4",)])
        runner.say(Queued(("shop8", "mail1")))
        await until_text(pilot, "⋯ waiting")
        await pilot.press("X")
        await until(pilot, lambda: set(runner.cancelled[-1]) == {"dns4", "shop8", "mail1"})


async def test_find_filters_with_every_letter_and_letters_are_not_keys(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("slash", *"shop", "q")
        await until_text(pilot, "0 of 14 shown")
        await pilot.press("backspace")
        await until_text(pilot, "3 of 14 shown")
        await pilot.press("enter", "down", "j")
        await until_text(pilot, "filter shop  3 of 14 shown")
        await pilot.press("escape")
        await until(pilot, lambda: len(app.board.names) == 14)


async def test_leaving_find_brings_back_what_was(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *"xyz", "escape")
        await until(pilot, lambda: len(app.board.names) == 14)
        assert app.focused is app.fleet.view


async def test_an_unknown_term_is_said(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("slash", *"tsl", "less_than_sign", *"1.2")
        await until_text(pilot, "unknown term tsl<1.2", "did you mean tls<1.2?")


async def test_hosts_with_a_cve_are_found_and_leave_when_a_scan_found_it_gone(tmp_path: Path) -> None:
    _, summaries = fleet(14)
    sudo = replace(finding("vulns.package.fixable", title="sudo closes 1 CVE"), cves=("CVE-2025-32463",))
    source, runner = FakeSource(summaries, {"db2": (tracked(sudo),), "mail1": (tracked(sudo),)}), FakeRunner()
    app = make_app(tmp_path, source=source, runner=runner)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("slash", *"cve:CVE-2025-32463", "enter")
        await until(pilot, lambda: sorted(app.board.names) == ["db2", "mail1"])
        source.tracked["db2"] = ()
        runner.say(Finished("db2", summaries["db2"]))
        await until(pilot, lambda: app.board.names == ["mail1"])


async def test_the_filter_menu_speaks_the_same_language(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("f")
        await until_text(pilot, "high or worse", "group mail")
        await pilot.press("down", "space", "enter")
        await until_text(pilot, "filter sev>=high")
        assert 0 < len(app.board.names) < 14


async def test_sort_and_group(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("s")
        await until_text(pilot, "Sort by", "oldest scan first")
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.board.names[0] == "db2")
        await pilot.press("g")
        await until_text(pilot, "── db  3 ──", "── dns  3 ──")


async def test_pause_holds_the_screen_still_and_loses_nothing(tmp_path: Path) -> None:
    runner = FakeRunner()
    app = make_app(tmp_path, runner=runner)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("p")
        await until_text(pilot, "paused")
        runner.say(Finished("dns4", summary("dns4")))
        await until(pilot, lambda: app.feed.batch.finished)
        assert app.board.rows["dns4"].summary.worst_severity is not None
        await pilot.press("p")
        await until(pilot, lambda: app.board.rows["dns4"].summary.worst_severity is None)


async def test_the_mouse_selects_and_opens(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_text(pilot, "╭─ shop8")
        await pilot.click(offset=(50, 4))
        await until(pilot, lambda: app.fleet.view.cursor == "shop8")
        await pilot.click(offset=(52, 5))
        await until(pilot, lambda: len(app.screen_stack) == 2)


async def test_help_lists_the_keys_that_work_here(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 64)) as pilot:
        await pilot.press("question_mark")
        await until_text(pilot, "fleet.rescan", "scan the marked hosts", "sev>=high", "not looked at")
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_the_palette_finds_hosts_and_commands(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("colon")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press(*"mail11")
        await until_text(pilot, "mail11  never scanned")
        await pilot.press("enter")
        await until_text(pilot, "schouw › mail11")


async def test_themes_are_shown_while_one_chooses_and_can_be_left(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("t", "down")
        await until(pilot, lambda: app.theme == "high-contrast")
        await pilot.press("escape")
        await until(pilot, lambda: app.theme == "dark")
        await pilot.press("t", "end", "enter")
        await until(pilot, lambda: app.theme == "light" and len(app.screen_stack) == 1)
    assert json.loads((tmp_path / "state" / "ui.json").read_text())["theme"] == "light"


async def test_an_engine_that_is_lost_is_found_again_and_the_history_caught_up_with(tmp_path: Path) -> None:
    runner = FakeRunner()
    source = FakeSource(fleet(14)[1])
    app = make_app(tmp_path, runner=runner, source=source)
    async with app.run_test(size=(120, 40)) as pilot:
        runner.say(Step("dns4", "tls", 1, 2))
        await until_text(pilot, "⟳ tls 1/2")
        source.known = {**source.known, "dns4": replace(summary("dns4"), tried_at=NOW)}
        runner.events.put_nowait(None)
        await until(pilot, lambda: app.board.rows["dns4"].summary.worst_severity is None and app.board.rows["dns4"].live is None)


async def test_a_host_that_is_switched_off_is_not_scanned(tmp_path: Path) -> None:
    runner = FakeRunner()
    app = make_app(tmp_path, runner=runner, hosts=(Host(name="old", enabled=False),))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("r")
        await until_text(pilot, "nothing to scan", "switched off")
        assert runner.submitted == []


async def test_export_says_which_file_it_wrote(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(160, 40)) as pilot:
        await pilot.press("e", "down", "enter")
        await until_text(pilot, "written to")
    assert [len(text.splitlines()) for text in written(tmp_path)] == [15]


def written(folder: Path) -> list[str]:
    return [path.read_text() for path in folder.glob("schouw-fleet-*.csv")]


async def test_a_thousand_hosts_move_without_a_widget_each(tmp_path: Path) -> None:
    app = make_app(tmp_path, 1000)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("end")
        await until(pilot, lambda: app.fleet.view.cursor == app.board.names[-1])
        assert len(app.screen.query("*")) < 20


async def test_nothing_in_the_fleet_is_said_and_not_a_crash(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("slash", *"nobody", "enter", "enter", "r", "space", "down", "y", "x")
        await until_text(pilot, "0 of 14 shown")
        assert app.fleet.view.cursor is None
