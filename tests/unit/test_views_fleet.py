"""Cards, rows, order and summaries: plain values against plain text."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schouw.checks import CHECKS
from schouw.model.host import Host
from schouw.model.severity import Area, FindingState, HostState, Severity
from schouw.model.summary import Line as FindingLine
from schouw.model.summary import Summary
from schouw.views import header
from schouw.views.ages import age, clock, day
from schouw.views.board import Board
from schouw.views.cards import card, map_cell, sparkline, table_head, table_row
from schouw.views.filters import parse
from schouw.views.order import arrange, natural
from schouw.views.segments import ROLES, Line, cut, fit, line_width, pad, plain, spread, squeeze, width, wrap
from schouw.views.status import Condition, Live, Row, badge, condition, lane, when
from tests.tui.fleet import NOW, SOME, fleet, summary


def row(name: str = "web1", *, live: Live | None = None, **more: object) -> Row:
    host = Host(name=name, groups=("web",))
    return Row(host, summary(name, SOME, **more), live)


def text(lines: tuple[Line, ...]) -> str:
    return "\n".join(plain(line) for line in lines)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "0s"),
        (0, "0s"),
        (59, "59s"),
        (130, "2m"),
        (3 * 3600, "3h"),
        (4 * 86400, "4d"),
        (40 * 86400, "1mo"),
        (800 * 86400, "2y"),
    ],
)
def test_ages_are_short(seconds: float, shown: str) -> None:
    assert age(seconds) == shown


def test_moments_and_clocks() -> None:
    assert clock(21) == "0:21"
    assert clock(3700) == "1:01:40"
    assert day(NOW, NOW) == "24 Nov"
    assert day(NOW - timedelta(days=400), NOW) == "20 Oct 2025"


def test_widths_count_cells() -> None:
    assert width("héllo") == 5
    assert width("服务器") == 6
    assert width("e\u0301") == 1
    assert cut("服务器", 4) == "服…"
    assert pad("ab", 4) == "ab  "
    assert width(pad("服务器abc", 5)) == 5


@pytest.mark.parametrize(
    ("text", "cells", "shown"),
    [
        ("MySQL is open to the world on 3306/tcp", 40, "MySQL is open to the world on 3306/tcp"),
        ("MySQL is open to the world on 3306/tcp", 30, "MySQL is open to the… 3306/tcp"),
        ("MySQL is open to the world on 3306/tcp", 14, "MySQ… 3306/tcp"),
        ("MySQL is open to the world on 3306/tcp", 10, "MySQL is …"),
        ("SSH on 22/tcp offers broken key exchanges", 30, "SSH on 22/tcp offers broken k…"),
        ("SSH on 22/tcp offers broken key exchanges", 12, "SSH… 22/tcp"),
        ("14 security updates are pending", 12, "14 security…"),
        ("服务器服务器 is open on 80/tcp", 16, "服务器服… 80/tcp"),
    ],
)
def test_a_port_is_not_what_is_left_out(text: str, cells: int, shown: str) -> None:
    assert squeeze(text, cells) == shown
    assert width(shown) <= cells


def test_the_port_is_on_the_narrowest_card_and_in_the_table() -> None:
    row = Row(Host(name="db1"), replace(summary("db1"), worst=(worst("MySQL is open to the world on 3306/tcp"),)))
    assert any("3306/tcp" in plain(line) for line in card(row, (34, 8), NOW))
    assert "3306/tcp" in plain(table_row(row, 110, 6, NOW))


def worst(title: str) -> FindingLine:
    return FindingLine(Severity.CRITICAL, Area.PORTS, FindingState.NEW, title)


@pytest.mark.parametrize("cells", range(1, 30))
def test_a_fitted_line_has_exactly_the_cells_asked_for(cells: int) -> None:
    line = (("ab", "text"), ("服务器", "strong"), (" and more", "dim"))
    assert line_width(fit(line, cells)) == cells
    assert line_width(spread(line, (("right", "dim"),), cells)) == cells


def test_wrapping_keeps_lines_and_indents_and_breaks_what_is_too_long() -> None:
    assert wrap("one two three", 7) == ["one two", "three"]
    assert wrap("a\n    b", 20) == ["a", "    b"]
    assert wrap("x" * 10, 4) == ["xxxx", "xxxx", "xx"]
    assert wrap("  " + "y" * 6, 5) == ["  yyy", "  yyy"]
    assert all(width(piece) <= 9 for piece in wrap("服务器" * 9 + " tail", 9))


def test_a_card_says_what_matters() -> None:
    assert text(card(row(), (40, 8), NOW)) == "\n".join(
        (
            "╭─ web1 ──────────────────────────── C ╮",
            "│ Debian 12.8               scanned 2m │",
            "│ ports  C1  software H1  vulns  ·     │",
            "│ crypto H1  logins   ·   harden M1    │",
            "│ C new MySQL is open to the world     │",
            "│ H CBC ciphers offered by sshd        │",
            "│ H 14 security updates pending, the … │",
            "╰─ ▄▄▅▆▆▅▇▇█▆▆▅▅▄▄▅▆ 17 days ──────────╯",
        )
    )


@pytest.mark.parametrize("size", [(24, 6), (30, 7), (38, 7), (41, 9), (60, 10)])
@pytest.mark.parametrize("live", [None, Live(), Live("tls", 3, 7)])
@pytest.mark.parametrize("state", list(HostState))
def test_cards_never_break_their_border(size: tuple[int, int], live: Live | None, state: HostState) -> None:
    lines = card(
        row("a-very-long-name.of.a.host.example.net", state=state, error="refused " * 9, live=live), size, NOW, True, True
    )
    assert len(lines) == size[1]
    assert {line_width(line) for line in lines} == {size[0]}
    assert all(plain(line)[0] in "┏┃┗" and plain(line)[-1] in "┓┃┛" for line in lines)


def test_a_card_of_a_host_out_of_reach_says_why() -> None:
    shown = text(
        card(row(state=HostState.UNREACHABLE, tried_at=NOW - timedelta(minutes=4), error="no answer on port 22"), (40, 7), NOW)
    )
    assert "unreachable 4m" in shown
    assert "✗ no answer on port 22" in shown


def test_a_card_of_a_running_scan_says_the_step() -> None:
    assert "⟳ tls 3/7" in text(card(row(live=Live("tls", 3, 7)), (40, 7), NOW))
    assert "waiting" in text(card(row(live=Live()), (40, 7), NOW))


def test_every_role_that_is_used_is_known_to_themes() -> None:
    hosts, summaries = fleet(24)
    used = set()
    for host in hosts:
        for live in (None, Live(), Live("x", 1, 2)):
            shown = Row(host, summaries[host.name], live)
            lines = [
                *card(shown, (40, 9), NOW, True, True),
                table_row(shown, 120, 10, NOW, True, True),
                map_cell(shown, 12, NOW, True),
            ]
            used |= {role for line in lines for _, role in line}
    assert used <= set(ROLES)


def test_absence_of_evidence_is_never_shown_as_ok() -> None:
    assert lane(Summary("x"), Area.PORTS, NOW) == ("?", "unknown")
    assert lane(summary("x", unchecked={Area.PORTS: 1}), Area.PORTS, NOW) == ("?", "unknown")
    assert lane(summary("x"), Area.PORTS, NOW) == ("·", "ok")
    assert lane(summary("x", SOME, unchecked={Area.PORTS: 1}), Area.PORTS, NOW) == ("C1?", "critical")
    assert lane(summary("x"), Area.VULNS, NOW) == ("·", "ok")
    assert lane(summary("x", basis=None), Area.VULNS, NOW) == ("?", "unknown")
    assert badge(Row(Host(name="x"), summary("x", basis=None)), NOW) == ("?", "unknown")
    assert badge(Row(Host(name="x"), summary("x", unchecked={Area.CRYPTO: 1})), NOW) == ("?", "unknown")
    assert badge(Row(Host(name="x"), summary("x")), NOW) == ("✓", "ok")
    assert badge(Row(Host(name="x"), summary("x", scanned_at=NOW - timedelta(days=9))), NOW) == ("?", "stale")


def test_what_old_data_says_is_marked_as_such() -> None:
    later = NOW + timedelta(days=3)
    assert lane(summary("x"), Area.VULNS, later) == ("·~", "stale")
    assert lane(summary("x", counts={Area.VULNS: {Severity.HIGH: 2}}), Area.VULNS, later) == ("H2~", "stale")
    assert lane(summary("x"), Area.PORTS, later) == ("·", "ok")


def test_large_counts_stay_short() -> None:
    assert lane(summary("x", counts={Area.PORTS: {Severity.LOW: 1234}}), Area.PORTS, NOW) == ("L99+", "low")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Condition.FRESH),
        ({"scanned_at": NOW - timedelta(days=3)}, Condition.STALE),
        ({"state": HostState.PARTIAL}, Condition.PARTIAL),
        ({"state": HostState.UNREACHABLE}, Condition.UNREACHABLE),
        ({"state": HostState.NEVER, "scanned_at": None}, Condition.NEVER),
    ],
)
def test_conditions(change: dict[str, Any], expected: Condition) -> None:
    assert condition(row(**change), NOW) is expected


def test_a_host_that_is_switched_off_says_so() -> None:
    off = replace(row(), host=Host(name="web1", enabled=False))
    assert condition(off, NOW) is Condition.OFF
    assert when(off, NOW)[0] == "switched off"


def test_the_table_has_the_width_it_is_given() -> None:
    for cells in (40, 60, 80, 100, 120, 200):
        assert line_width(table_head(cells, 12)) == cells
        assert line_width(table_row(row(), cells, 12, NOW)) == cells
    shown = plain(table_row(row(), 120, 8, NOW, cursor=True))
    assert shown.startswith("▸ C  web1")
    assert "MySQL is open" in shown


def test_the_80_column_table_keeps_all_six_areas() -> None:
    head = plain(table_head(80, 12))
    assert all(word in head for word in ("host", "system", "ports", "softw", "vulns", "crypt", "login", "hard", "state"))


def test_a_map_cell_is_a_letter_and_a_name() -> None:
    assert plain(map_cell(row(), 11, NOW)) == " C web1    "


def test_sparklines() -> None:
    assert sparkline((0, 1, 7)) == "▁▂█"
    assert sparkline((0, 0)) == "▁▁"
    assert sparkline(()) == ""


def test_names_sort_as_people_count() -> None:
    assert sorted(["web10", "web2", "Web1"], key=natural) == ["Web1", "web2", "web10"]
    assert sorted(["web²", "web1"], key=natural)


def test_worst_first_and_the_unknown_before_the_fine() -> None:
    rows = [
        Row(Host(name="fine"), summary("fine")),
        Row(Host(name="low"), summary("low", SOME[4:5])),
        Row(Host(name="gone"), summary("gone", state=HostState.UNREACHABLE)),
        Row(Host(name="critical"), summary("critical", SOME)),
    ]
    assert arrange(rows, "worst", False, "none") == [("", ["critical", "gone", "low", "fine"])]


@pytest.mark.parametrize("sort", ["worst", "name", "age", "os", "changes", "state"])
def test_every_order_is_stable(sort: str) -> None:
    hosts, summaries = fleet(40)
    rows = [Row(host, summaries[host.name]) for host in hosts]
    assert arrange(rows, sort, False, "none") == arrange(list(reversed(rows)), sort, False, "none")


def test_groups_have_their_hosts_under_them() -> None:
    hosts, summaries = fleet(15)
    sections = arrange([Row(host, summaries[host.name]) for host in hosts], "name", False, "group")
    assert [heading for heading, _ in sections] == ["db", "dns", "mail", "shop", "web"]
    assert sections[0][1] == ["db2", "db7", "db12"]


def test_the_board_keeps_its_order_until_it_is_told() -> None:
    board = Board.of(*fleet(14))
    board.arrange(NOW)
    before = board.names
    calm = before[-1]
    touched = board.apply({calm: (summary(calm, SOME * 3), None), "not in the fleet": (None,)})
    assert touched == {calm}
    assert board.names == before
    assert board.moved(NOW) > 0
    assert board.arrange(NOW)
    assert board.names[0] == calm
    assert board.moved(NOW) == 0


def test_the_board_filters_and_marks() -> None:
    board = Board.of(*fleet(14))
    board.filter = parse("web")
    board.arrange(NOW)
    assert board.names == ["web5", "web10"]
    board.marked = {"db2", "web5"}
    assert board.chosen("web10") == ("web5", "db2")
    board.marked = set()
    assert board.chosen("web10") == ("web10",)
    assert board.chosen(None) == ()


def test_totals_and_the_lines_made_of_them() -> None:
    hosts, summaries = fleet(14)
    sums = header.totals([Row(host, summaries[host.name]) for host in hosts], NOW)
    assert sums.hosts == 14
    assert sum(sums.conditions.values()) == 14
    line = plain(header.fleet_line("ours", sums, NOW, 120))
    assert "14 hosts" in line
    assert "1 unreachable" in line
    assert line.endswith("20:41:07 ")
    narrow = plain(header.fleet_line("ours", sums, NOW, 70, demo=True))
    assert "unreachable" in narrow
    assert "DEMO" in narrow
    sweep = plain(header.severity_line(sums, header.Progress(11, 14, 21), 120))
    assert "11/14" in sweep
    assert "0:21" in sweep
    assert len(sweep) == 120


def test_findings_that_are_no_longer_wrong_do_not_count() -> None:
    line = FindingLine(Severity.HIGH, Area.CRYPTO, FindingState.OPEN, "x")
    assert Row(Host(name="a"), Summary("a", worst=(line,))).summary.worst_severity is None


def test_every_area_has_checks() -> None:
    assert {Area(check.name.partition(".")[0]) for check in CHECKS} == set(Area)
