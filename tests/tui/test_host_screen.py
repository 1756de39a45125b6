"""The host screen, driven by keys: above all, a finding that turns to fixed before one's eyes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from schouw.model.facts import Facts
from schouw.model.finding import Decision
from schouw.model.host import Host
from schouw.model.severity import FindingState
from schouw.model.summary import Summary
from schouw.scan.look import Look
from schouw.tui import requests
from schouw.tui.screens.host import HostScreen
from tests.tui.driving import screen_text, until, until_text
from tests.tui.fleet import NOW, SOME, FakeRunner, FakeSource, fleet, make_app, summary, tracked
from tests.unit.facts import facts
from tests.unit.tls_facts import T10, T12, T13, looked, offer, plain, served, view, within

FIXED = tuple(tracked(item.finding, FindingState.FIXED) if item is SOME[0] else item for item in SOME)
BACK = tuple(tracked(item.finding, FindingState.REGRESSED) if item is SOME[0] else item for item in SOME)


async def test_a_finding_turns_to_fixed_and_back_before_ones_eyes(tmp_path: Path) -> None:
    source = FakeSource(fleet(14)[1])

    def outcome(host: Host) -> Summary:
        return summary(host.name, source.tracked[host.name])

    app = make_app(tmp_path, runner=FakeRunner(outcome), source=source)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter")
        await until_text(pilot, "schouw › dns4", "H crypto    CBC ciphers", "open 3d", "Fix")
        await pilot.press("down")
        source.tracked["dns4"] = FIXED
        await pilot.press("r")
        await until_text(pilot, "▸✓ crypto    CBC ciphers", "✓ fixed", "rescanned: 1 fixed, 4 stay", "[1 all 4]")
        source.tracked["dns4"] = BACK
        await pilot.press("r")
        await until_text(pilot, "▸H crypto    CBC ciphers", "↺ regressed", "1 came back")
        source.tracked["dns4"] = FIXED
        await pilot.press("r")
        await until_text(pilot, "▸✓ crypto")
        await pilot.press("escape", "enter")
        await until_text(pilot, "[1 all 4]")
        assert "✓ fixed" not in screen_text(app), "once left, what is fixed is gone"


async def test_the_detail_follows_the_cursor(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter")
        await until_text(pilot, "Critical · new · 3306/tcp")
        await pilot.press("j")
        await until_text(pilot, "High · open 3d · 22/tcp")


async def test_80_by_24_opens_the_finding_on_a_screen_of_its_own(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await until_text(pilot, "7 hardening 2", "▸C ports     MySQL")
        assert "Seen from outside" not in screen_text(app)
        await pilot.press("enter")
        await until_text(pilot, "dns4 › finding", "Seen from outside", "Why it matters", "Fix")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_areas_and_what_was_not_checked_in_them(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter", "2")
        await until_text(pilot, "[2 ports 1?]", "firewall nftables", "not checked")
        await pilot.press("end")
        await until_text(pilot, "nft list ruleset")
        await pilot.press("4")
        await until_text(pilot, "looked at, nothing found")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (("8",), "never tried"),
        (("9",), "not looked at from outside: this machine has no outside"),
        (("0",), "this machine has no outside"),
        (("0", "right"), "not looked at from outside: this machine has no outside"),
        (("0", "l", "l"), "not checked: never tried"),
        (("0", "l", "l", "l"), "needrestart -b"),
        (("0", "l", "l", "l", "l"), "no answer on port 22"),
        (("left",), "taken_at"),
    ],
)
async def test_the_further_tabs(tmp_path: Path, keys: tuple[str, ...], words: str) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter")
        await until_text(pilot, "[1 all 5]")
        await pilot.press(*keys)
        await until_text(pilot, words)
        await pilot.press("1")
        await until_text(pilot, "MySQL is open")


async def test_n_and_p_go_through_the_fleet_in_its_order(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        order = app.board.names
        await pilot.press("enter", "n")
        await until_text(pilot, f"schouw › {order[1]}")
        await pilot.press("p", "p")
        await until_text(pilot, f"schouw › {order[-1]}")
        await pilot.press("escape")
        await until(pilot, lambda: app.fleet.view.cursor == order[-1])


async def test_y_copies_the_fix_and_says_where_it_went(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter")
        await until_text(pilot, "Fix")
        await pilot.press("y")
        await until_text(pilot, "sent to the terminal's clipboard (OSC 52)")
        assert app.clipboard.startswith("Ciphers ")


async def test_o_offers_the_references(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter")
        await until_text(pilot, "Fix")
        await pilot.press("o")
        await until_text(pilot, "enter copies")
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.clipboard == "https://www.ncsc.nl/ssh")


async def test_a_scan_of_another_host_leaves_this_one_alone(tmp_path: Path) -> None:
    runner = FakeRunner(lambda host: summary(host.name))
    app = make_app(tmp_path, runner=runner)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter")
        await until_text(pilot, "[1 all 5]")
        requests.scan(app, [app.board.rows["db2"].host])
        await until(pilot, lambda: app.board.rows["db2"].summary.worst_severity is None)
        assert "rescanned" not in screen_text(app)


async def test_the_theme_can_be_changed_here(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter", "t", "home", "enter")
        await until(pilot, lambda: app.theme == "ansi" and isinstance(app.screen, HostScreen))
        await until_text(pilot, "MySQL is open")


ACCEPTED = tuple(
    replace(tracked(item.finding, FindingState.ACCEPTED), accepted_until=NOW + timedelta(days=30), accepted_reason="till May")
    if item is SOME[1]
    else item
    for item in SOME
)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_accepts_until_a_day_for_a_reason(tmp_path: Path, size: tuple[int, int]) -> None:
    source, runner = FakeSource(fleet(14)[1]), FakeRunner()

    def decided(decision: Decision) -> Summary:
        source.tracked["dns4"] = ACCEPTED if decision.until else SOME
        return summary("dns4", source.tracked["dns4"])

    runner.decided = decided
    app = make_app(tmp_path, runner=runner, source=source)
    async with app.run_test(size=size) as pilot:
        await pilot.press("enter")
        await until_text(pilot, "[1 all 5]", "▸C ports     MySQL")
        await pilot.press("a")
        await until_text(pilot, "Accept  MySQL is open", "until", "2026-12-24", "because")
        await pilot.press("enter")
        await until_text(pilot, "a reason is missing")
        await pilot.press(*"till May", "up", "end", *["backspace"] * 10, *"yesterday", "enter")
        await until_text(pilot, "'yesterday': expected a date such as 2026-12-24, or days or weeks")
        await pilot.press(*["backspace"] * 9, *"30d", "enter")
        await until_text(pilot, "accepted → 24 Dec", "accepted until 24 Dec", "[1 all 4]")
        (decision,) = runner.decisions
        assert (decision.host, decision.key, decision.reason) == ("dns4", SOME[1].key, "till May")
        assert decision.by and decision.until and decision.until > NOW + timedelta(days=29)


async def test_what_was_accepted_can_be_changed_or_withdrawn(tmp_path: Path) -> None:
    source, runner = FakeSource(fleet(14)[1]), FakeRunner()
    source.tracked["dns4"] = ACCEPTED

    def decided(decision: Decision) -> Summary:
        source.tracked["dns4"] = SOME
        return summary("dns4", SOME)

    runner.decided = decided
    app = make_app(tmp_path, runner=runner, source=source)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter")
        await until_text(pilot, "accepted → 24 Dec")
        await pilot.press("end", "up")
        await until_text(pilot, "Accepted", "till May")
        await pilot.press("a", "enter")
        await until_text(pilot, "Accept  MySQL", "2026-12-24", "till May")
        await pilot.press("escape", "a", "down", "enter")
        await until_text(pilot, "withdrawn: it counts again", "[1 all 5]")
        assert runner.decisions == [Decision("dns4", SOME[1].key, "demo")]


async def test_what_the_engine_refuses_is_said_and_changes_nothing(tmp_path: Path) -> None:
    runner = FakeRunner()
    runner.refusal = "the history may not be written by ops"
    app = make_app(tmp_path, runner=runner)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter")
        await until_text(pilot, "[1 all 5]")
        await pilot.press("a", *"why", "enter")
        await until_text(pilot, "the history may not be written by ops", "[1 all 5]")


async def test_the_detail_at_80_columns_accepts_and_rescans_and_shows_what_came_of_it(tmp_path: Path) -> None:
    source = FakeSource(fleet(14)[1])
    runner = FakeRunner(lambda host: summary(host.name, source.tracked[host.name]))
    app = make_app(tmp_path, runner=runner, source=source)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter", "down", "enter")
        await until_text(pilot, "dns4 › finding", "CBC ciphers", "open 3d", "r rescan", "a accept")
        source.tracked["dns4"] = FIXED
        await pilot.press("r")
        await until_text(pilot, "dns4 › finding", "✓ fixed", "rescanned: 1 fixed, 4 stay")
        await pilot.press("a")
        await until_text(pilot, "it is fixed: there is nothing to accept")
        await pilot.press("escape")
        await until_text(pilot, "[1 all 4]")


def encrypted(name: str) -> Facts:
    """A web server with names, and a mail server that takes passwords in the clear."""
    cert = served("www.example.nl", days=3)
    looks = (looked(offer(T10, T12, T13)), looked(cert, 443, "www.example.nl"), looked(plain(login=True), 143))
    return facts(within(), view(looked("the server closed after 5 connections", 993), *looks))


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_tls_endpoints_are_listed_and_enter_shows_the_matrix(tmp_path: Path, size: tuple[int, int]) -> None:
    app = make_app(tmp_path, source=FakeSource(fleet(14)[1], facts_of=encrypted))
    async with app.run_test(size=size) as pilot:
        await pilot.press("enter", "9")
        await until_text(pilot, "143   imap", "! 443   https      1.0! 1.2· 1.3+", "? 993   imaps", "not checked", "3d")
        await pilot.press("down", "enter")
        await until_text(
            pilot, "dns4 › endpoint", "judged by NCSC-NL 2025-05, web", "! TLSv1.0", "+ 1.3   TLS_AES_256_GCM_SHA384"
        )
        await pilot.press("y")
        await until_text(pilot, "no finding under the cursor")
        await pilot.press("escape", "end", "enter")
        await until_text(pilot, "? the server closed after 5 connections")
        await pilot.press("escape", "0", "right")
        await until_text(pilot, "! 143   imap       TLS     takes passwords")
        await pilot.press("enter")
        await until_text(pilot, "143/tcp imap", "! password taken", "yes")


async def test_r_looks_at_the_endpoint_under_the_cursor_alone_and_shift_r_at_the_host(tmp_path: Path) -> None:
    runner = FakeRunner()
    app = make_app(tmp_path, runner=runner, source=FakeSource(fleet(14)[1], facts_of=encrypted))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter", "9")
        await until_text(pilot, "143   imap")
        await pilot.press("down", "r")
        await until_text(pilot, "looking again at 443/tcp")
        await pilot.press("0", "right", "r")
        await until_text(pilot, "looking again at 143/tcp before TLS of dns4")
        await pilot.press("left", "r")
        await until_text(pilot, "looking again at what SSH offers of dns4")
        await pilot.press("R")
        await until_text(pilot, "scanning dns4")
        await until(pilot, lambda: len(runner.looks) == 4)
    assert runner.looks == [Look.ENDPOINT, Look.BEFORE_TLS, Look.SSH, Look.NORMAL]
    assert [[one.port for one in only] for only in runner.only] == [[443], [143], [], []]


async def test_r_on_a_finding_looks_for_it_where_it_is(tmp_path: Path) -> None:
    runner = FakeRunner()
    app = make_app(tmp_path, runner=runner, source=FakeSource(fleet(14)[1], facts_of=encrypted))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter")
        await until_text(pilot, "▸C ports     MySQL")
        await pilot.press("r")
        await until(pilot, lambda: runner.looks == [Look.NORMAL])
        await pilot.press("down", "enter", "r")
        await until(pilot, lambda: runner.looks == [Look.NORMAL, Look.SSH])


async def test_the_help_of_a_host_names_every_key_of_it_and_is_never_cut(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 86)) as pilot:
        await pilot.press("enter", "0", "question_mark")
        await until_text(pilot, "tab → l", "next tab", "accept the finding until a day, for a")
        assert "finding.claim" in screen_text(app)
        assert "unreachable, never" in screen_text(app)
