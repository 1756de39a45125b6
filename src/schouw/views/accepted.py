"""Accepted risks over the fleet: who took them, why and until when; those about to lapse first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from schouw.model.finding import TrackedFinding
from schouw.model.severity import LAPSES_SOON, FindingState
from schouw.views.ages import day
from schouw.views.export import Record, finding_rows
from schouw.views.findings import edge
from schouw.views.header import plural
from schouw.views.pivot import On
from schouw.views.segments import Line, fit, pad, squeeze, width


def accepted(found: Mapping[str, Sequence[TrackedFinding]], shown: Collection[str]) -> list[On]:
    """Of the hosts that are shown, the first to lapse first."""
    some = [On(host, one) for host in shown for one in found.get(host, ()) if one.state is FindingState.ACCEPTED]
    return sorted(some, key=lambda on: (_ends(on), on.tracked.finding.severity.rank, on.key))


def _ends(on: On) -> float:
    until = on.tracked.accepted_until
    return until.timestamp() if until is not None else 0.0


def soon(some: Sequence[On], now: datetime) -> int:
    """How many lapse within `LAPSES_SOON`."""
    return sum(one.tracked.accepted_until is not None and one.tracked.accepted_until - now < LAPSES_SOON for one in some)


def accepted_line(on: On, host_cells: int, cells: int, now: datetime, cursor: bool, marked: bool) -> Line:
    tracked, finding = on.tracked, on.tracked.finding
    until = tracked.accepted_until or now
    left = max(0, (until - now).days)
    near = until - now < LAPSES_SOON
    ends = f"{day(until, now)}, {left}d" if near else day(until, now)
    who = tracked.assigned or tracked.accepted_by
    why = f"{who}: {tracked.accepted_reason}" if who else tracked.accepted_reason
    room = cells - host_cells - 18
    words = f"{squeeze(finding.title, max(room // 2, room - width(why) - 3))}  "
    return fit(
        (
            edge(cursor, marked),
            (f"{pad(ends, 12)} ", "high" if near else "accepted"),
            (f"{finding.severity.letter} ", finding.severity.value),
            (f"{pad(on.host, host_cells)} ", "strong"),
            (words, "strong" if cursor else "text"),
            (why, "dim"),
        ),
        cells,
    )


def title_line(some: Sequence[On], now: datetime, filter_text: str, cells: int) -> Line:
    near = soon(some, now)
    line: Line = ((" schouw › ", "dim"), ("accepted", "title"), (f"   {plural(len(some), 'risk')}", "dim"))
    if near:
        line = (*line, (" · ", "dim"), (f"{near} {'ends' if near == 1 else 'end'} within {LAPSES_SOON.days} days", "high"))
    return fit((*line, ("   filter ", "dim"), (filter_text, "accent")) if filter_text else line, cells)


def accepted_rows(some: Sequence[On]) -> list[Record]:
    return [
        {
            **finding_rows(one.host, (one.tracked,))[0],
            "accepted_until": one.tracked.accepted_until.isoformat() if one.tracked.accepted_until else "",
            "accepted_by": one.tracked.accepted_by,
            "reason": one.tracked.accepted_reason,
            "assigned": one.tracked.assigned,
        }
        for one in some
    ]
