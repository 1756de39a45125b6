"""The trend of a phase-out in a few lines of text: what was, what the present pace leads to, and the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from schouw.views.ages import day
from schouw.views.pace import Pace
from schouw.views.segments import Line, Segment, pad, width
from schouw.views.standing import Standing

_BARS = " ▁▂▃▄▅▆▇█"


def chart(one: Standing, cells: int, now: datetime, rows: int = 7) -> list[Line]:
    """Accounts left as bars up to today, the present pace as dots from there on, and the day as a line."""
    trend = one.trend
    if len(trend) < 2:
        return [(("The trend needs a second day.", "dim"),)]
    end = one.phaseout.until.astimezone(now.tzinfo).date()
    first, today = trend[0][0], trend[-1][0]
    last = max(end, today)
    if one.pace is not None and one.pace.zero is not None and one.phaseout.running:
        last = max(last, min(one.pace.zero, today + (today - first) * 2 + timedelta(days=7)))
    top = max(count for _, count in trend) or 1
    label = width(str(top)) + 1
    room = max(10, cells - label)
    span = max(1, (last - first).days)
    by_day = dict(trend)
    columns = [first + timedelta(days=round(place * span / max(1, room - 1))) for place in range(room)]
    end_at = min(range(room), key=lambda place: abs((columns[place] - end).days))
    lines = []
    for row in range(rows, 0, -1):
        cells_of = [_cell(columns[place], place == end_at, row, rows, top, by_day, one.pace, today) for place in range(room)]
        mark = str(top) if row == rows else "0" if row == 1 else ""
        lines.append(((f"{mark:>{label - 1}} ", "dim"), *_runs(cells_of)))
    return [*lines, _axis(first, today, end, label, room, end_at, now)]


def _cell(
    at: date, is_end: bool, row: int, rows: int, top: int, by_day: dict[date, int], pace: Pace | None, today: date
) -> Segment:
    if at <= today:
        eighths = round(by_day.get(at, 0) / top * rows * 8) - (row - 1) * 8
        if eighths > 0:
            return _BARS[min(8, eighths)], "accent"
    elif pace is not None and pace.per_day > 0:
        level = (by_day[today] - pace.per_day * (at - today).days) / top * rows
        if row - 1 <= level < row and level > 0:
            return "·", "text"
    return ("┊", "high") if is_end else (" ", "text")


def _runs(cells: Sequence[Segment]) -> list[Segment]:
    """Neighbours of one role as one segment."""
    found: list[Segment] = []
    for text, role in cells:
        if found and found[-1][1] == role:
            found[-1] = (found[-1][0] + text, role)
        else:
            found.append((text, role))
    return found


def _axis(first: date, today: date, end: date, label: int, room: int, end_at: int, now: datetime) -> Line:
    """Where it begins, and its day under the line that stands there."""

    def spoken(at: date) -> str:
        return day(datetime(at.year, at.month, at.day, tzinfo=now.tzinfo), now)

    begin, finish = spoken(first), spoken(end)
    at = min(max(0, end_at - width(finish) // 2), room - width(finish))
    begin = begin if width(begin) < at else ""
    return ((" " * label, "dim"), (pad(begin, at), "dim"), (finish, "high" if today <= end else "error"))
