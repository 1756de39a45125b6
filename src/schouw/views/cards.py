"""One host as a card, a table row or a map cell: lines of text with roles."""

from __future__ import annotations

from datetime import datetime

from schouw.model.severity import Area, FindingState, Severity
from schouw.views.segments import Line, Segment, cut, fit, line_width, plain, spread, squeeze, width, wrap
from schouw.views.status import Condition, Row, badge, condition, lane, system, trouble, when

_BARS = "▁▂▃▄▅▆▇█"
_LANES = (
    (Area.PORTS, Area.SOFTWARE, Area.VULNS),
    (Area.CRYPTO, Area.LOGINS, Area.HARDENING),
)
_SHORT = {Area.HARDENING: "harden"}
_FLAGGED = {FindingState.NEW: "new", FindingState.REGRESSED: "regressed", FindingState.OVERDUE: "regressed"}
_CORNERS = {False: tuple("╭╮╰╯─│"), True: tuple("┏┓┗┛━┃")}


def card(row: Row, size: tuple[int, int], now: datetime, cursor: bool = False, marked: bool = False) -> tuple[Line, ...]:
    """`size` is (columns, lines), borders included; at least 24×6 shows everything that matters."""
    columns, lines = size
    inner = columns - 4
    body = [_system_line(row, now, inner), *_lane_lines(row, inner, now), *_words(row, now, inner, lines - 5)]
    body = body[: lines - 2] + [fit((), inner)] * (lines - 2 - len(body))
    role = "border-cursor" if cursor else "border"
    side = _CORNERS[cursor][5]
    middle = [((side, role), (" ", "text"), *line, (" ", "text"), (side, role)) for line in body]
    return (_top(row, columns, now, cursor, marked, role), *middle, _bottom(row, columns, cursor, role))


def _top(row: Row, columns: int, now: datetime, cursor: bool, marked: bool, role: str) -> Line:
    left, right, _, _, bar, _ = _CORNERS[cursor]
    letter, letter_role = badge(row, now)
    mark = "● " if marked else ""
    name = cut(row.name, columns - 9 - len(mark))
    gap = columns - width(name) - len(mark) - 8
    name_role = "stale" if condition(row, now) in (Condition.STALE, Condition.OFF) else "strong"
    return (
        (f"{left}{bar} ", role), (mark, "marked"), (name, name_role), (" " + bar * gap + " ", role),
        (letter, letter_role), (f" {right}", role),
    )  # fmt: skip


def _bottom(row: Row, columns: int, cursor: bool, role: str) -> Line:
    _, _, left, right, bar, _ = _CORNERS[cursor]
    graph = sparkline(row.summary.trend)[-(columns - 16) :]
    if len(graph) < 2:
        return ((left + bar * (columns - 2) + right, role),)
    note = f" {len(graph)} days "
    return (
        (f"{left}{bar} ", role),
        (graph, "dim"),
        (note, "dim"),
        (bar * (columns - 4 - len(graph) - len(note)) + right, role),
    )


def sparkline(values: tuple[int, ...]) -> str:
    """Small bars, the highest value the highest bar; nothing but zeroes is a flat line."""
    top = max(values, default=0)
    return "".join(_BARS[min(7, value * 7 // top) if top else 0] for value in values)


def _system_line(row: Row, now: datetime, inner: int) -> Line:
    text, role = when(row, now)
    text = cut(text, max(inner - 8, inner * 2 // 3))
    words = system(row.summary) or (row.host.address if row.host.address != row.name else "") or "not yet known"
    room = inner - width(text) - 1
    return spread(((cut(words, room), "dim" if condition(row, now) is not Condition.FRESH else "text"),), ((text, role),), inner)


def _lane_lines(row: Row, inner: int, now: datetime) -> list[Line]:
    faded = condition(row, now) in (Condition.STALE, Condition.UNREACHABLE, Condition.OFF)
    lines = []
    for lanes in _LANES:
        line: list[Segment] = []
        for column, area in enumerate(lanes):
            name = area.value if inner >= 38 else _SHORT.get(area, area.value)
            label = max(
                len(pair[column].value if inner >= 38 else _SHORT.get(pair[column], pair[column].value)) for pair in _LANES
            )
            value, role = lane(row.summary, area, now)
            line += [(f"{name:<{label}} ", "dim"), (f"{value:<4}", "stale" if faded else role)]
            if column < 2:
                line.append((" " * ((inner - 38) // 2), "text"))
        lines.append(fit(line, inner))
    return lines


def _words(row: Row, now: datetime, inner: int, room: int) -> list[Line]:
    """The worst findings, or why nothing is known: as many lines as there is room for."""
    summary = row.summary
    state = condition(row, now)
    lines: list[Line] = []
    if state is Condition.UNREACHABLE or (state is Condition.PARTIAL and not summary.worst):
        role = "error" if state is Condition.UNREACHABLE else "unknown"
        text = trouble(row) or "not reached"
        pieces = wrap(f"{'✗' if role == 'error' else '?'} {text}", inner)
        lines += [fit(((piece, role),), inner) for piece in pieces[: max(1, room)]]
    elif state is Condition.NEVER:
        lines.append(fit(((("press r to scan it" if row.live is None else "its first scan"), "dim"),), inner))
    elif state is Condition.OFF:
        lines.append(fit(((row.host.note or "enabled = false in the fleet file", "dim"),), inner))
    elif not summary.worst:
        lacking = any(summary.unchecked.values())
        calm: Segment = ("? nothing found in what could be looked at", "unknown") if lacking else ("✓ nothing found", "ok")
        lines.append(fit((calm,), inner))
    role = "stale" if state is Condition.STALE else ""
    for finding in summary.worst[: max(0, room - len(lines))]:
        flag: tuple[Segment, ...] = ((f"{finding.state.value} ", role_of),) if (role_of := _FLAGGED.get(finding.state)) else ()
        head = ((f"{finding.severity.letter} ", role or finding.severity.value), *flag)
        lines.append(fit((*head, (squeeze(finding.title, inner - line_width(head)), role or "text")), inner))
    return lines[: max(1, room)]


# -- table -----------------------------------------------------------------------------------------

_AREA_HEADS = {
    Area.PORTS: "ports", Area.SOFTWARE: "softw", Area.VULNS: "vulns",
    Area.CRYPTO: "crypt", Area.LOGINS: "login", Area.HARDENING: "hard",
}  # fmt: skip


def _columns(cells: int, longest: int) -> tuple[int, int, int, int]:
    """Cells for name, system, what it is doing, and the worst finding; 0 leaves a column out."""
    left = cells - 5 - 6 * len(Area)
    state = 16 if left >= 45 else 15
    name = max(8, min(longest, 32, left - state - 2))
    left -= name + state + 2
    os = min(18, left - 1) if left >= 10 else 0
    left -= os + (1 if os else 0)
    return name, os, state, left if left >= 16 else 0


def table_head(cells: int, longest: int) -> Line:
    """`longest` is the width of the longest name in the fleet."""
    name, os, state, words = _columns(cells, longest)
    parts: list[Segment] = [(f"     {'host':<{name}} ", "dim")]
    if os:
        parts.append((f"{'system':<{os}} ", "dim"))
    parts += [(f"{head:<6}", "dim") for head in _AREA_HEADS.values()]
    parts.append((f"{'state':<{state}} ", "dim"))
    if words:
        parts.append(("worst finding", "dim"))
    return fit(parts, cells)


def table_row(row: Row, cells: int, longest: int, now: datetime, cursor: bool = False, marked: bool = False) -> Line:
    name, os, state, words = _columns(cells, longest)
    letter, role = badge(row, now)
    faded = condition(row, now) in (Condition.STALE, Condition.UNREACHABLE, Condition.OFF)
    parts: list[Segment] = [
        ("▸" if cursor else " ", "accent"), ("●" if marked else " ", "marked"), (f"{letter}  ", role),
        *fit(((row.name, "stale" if faded else "strong"),), name), (" ", "text"),
    ]  # fmt: skip
    if os:
        parts += [*fit(((system(row.summary) or "not yet known", "dim"),), os), (" ", "text")]
    for area in Area:
        value, area_role = lane(row.summary, area, now)
        parts.append((f"{value[:5]:<6}", "stale" if faded else area_role))
    text, state_role = when(row, now)
    parts += [*fit(((text, state_role),), state), (" ", "text")]
    if words:
        parts += fit(_words(row, now, words, 1)[0], words)
    return fit(parts, cells)


# -- map -------------------------------------------------------------------------------------------


def map_cell(row: Row, cells: int, now: datetime, cursor: bool = False, marked: bool = False) -> Line:
    """A letter and as much of the name as fits."""
    letter, role = badge(row, now)
    running = row.live is not None and bool(row.live.step)
    edge = "▸" if cursor else "●" if marked else " "
    name_role = "strong" if cursor else "running" if running else "dim" if letter in "✓-" else "text"
    return fit(
        ((edge, "accent" if cursor else "marked"), (letter, role), (" " if cells > 3 else "", "text"), (row.name, name_role)),
        cells,
    )


def label(row: Row, now: datetime) -> str:
    """One host in one plain line, for lists and for reading aloud."""
    counts = " ".join(f"{severity.letter}{row.summary.total(severity)}" for severity in Severity if row.summary.total(severity))
    return plain(
        (badge(row, now), ("  ", ""), (row.name, ""), (f"  {counts}" if counts else "", ""), (f"  {when(row, now)[0]}", ""))
    )
