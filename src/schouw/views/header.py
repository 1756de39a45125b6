"""The lines above and below the fleet: how many hosts in which condition, what is wrong, what is going on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from schouw.model.severity import LAPSES_SOON, Severity
from schouw.views.ages import clock
from schouw.views.segments import Line, Segment, fit, line_width, spread
from schouw.views.status import Condition, Row, condition

_ROLES = {Condition.STALE: "stale", Condition.UNREACHABLE: "error", Condition.NEVER: "unknown", Condition.PARTIAL: "unknown"}
_WORDS = {Condition.PARTIAL: "seen in part"}
_ORDER = (Condition.FRESH, Condition.OFF, Condition.PARTIAL, Condition.STALE, Condition.NEVER, Condition.UNREACHABLE)


@dataclass(frozen=True, slots=True)
class Totals:
    hosts: int = 0
    conditions: dict[Condition, int] = field(default_factory=dict)
    severities: dict[Severity, int] = field(default_factory=dict)
    new: int = 0
    fixed: int = 0
    regressed: int = 0
    running: int = 0
    lapsing: int = 0
    """Hosts on which an accepted risk counts again within `LAPSES_SOON`."""


def totals(rows: Iterable[Row], now: datetime) -> Totals:
    """One pass over the fleet: 5 ms for a thousand hosts, so it is done when something changed and not kept by bookkeeping."""
    hosts = new = fixed = regressed = running = lapsing = 0
    conditions = dict.fromkeys(Condition, 0)
    severities = dict.fromkeys(Severity, 0)
    for row in rows:
        hosts += 1
        conditions[condition(row, now)] += 1
        for area in row.summary.counts.values():
            for severity, count in area.items():
                severities[severity] += count
        new += row.summary.new
        fixed += row.summary.fixed
        regressed += row.summary.regressed
        running += row.live is not None
        lapsing += row.summary.lapses_at is not None and now < row.summary.lapses_at < now + LAPSES_SOON
    return Totals(hosts, conditions, severities, new, fixed, regressed, running, lapsing)


@dataclass(frozen=True, slots=True)
class Progress:
    """A sweep: how far, and how many seconds it has been going."""

    done: int
    total: int
    seconds: float


def fleet_line(title: str, sums: Totals, now: datetime, cells: int, demo: bool = False) -> Line:
    left: list[Segment] = [(" schouw ", "title"), (f" {title}   ", "strong"), (plural(sums.hosts, "host"), "text")]
    # Where not all of it fits, what needs somebody comes first.
    for state in _ORDER if cells >= 100 else reversed(_ORDER):
        if count := sums.conditions.get(state, 0):
            left += [(" · ", "dim"), (f"{count} {_WORDS.get(state, state.value)}", _ROLES.get(state, "text"))]
    right: list[Segment] = [("  DEMO ", "running")] if demo else []
    return spread(left, [*right, (f"  {now:%H:%M:%S} ", "dim")], cells)


def severity_line(sums: Totals, sweep: Progress | None, cells: int) -> Line:
    left: list[Segment] = [(" ", "text")]
    for severity in Severity:
        count = sums.severities.get(severity, 0)
        left += [(f"{severity.letter} {count}", severity.value if count else "dim"), ("  ", "text")]
    changes: list[Segment] = [("   last scans  ", "dim")]
    for count, word in ((sums.fixed, "fixed"), (sums.new, "new"), (sums.regressed, "regressed")):
        changes += [(f"{count} {word}", word if count else "dim"), ("  ", "text")]
    right = sweep_bar(sweep, cells) if sweep else ()
    if line_width(left) + line_width(changes) + line_width(right) <= cells:
        left += changes
    return spread(left, right, cells) if right else fit(left, cells)


def sweep_bar(sweep: Progress, cells: int) -> Line:
    bar = 14 if cells >= 100 else 8
    full = bar * sweep.done // max(1, sweep.total)
    return (
        ("sweep ", "dim"),
        ("▕", "dim"),
        ("█" * full, "running"),
        ("░" * (bar - full), "dim"),
        ("▏", "dim"),
        (f" {sweep.done}/{sweep.total}", "text"),
        (f"  {clock(sweep.seconds)} ", "dim"),
    )


def title_of(path: Path | None) -> str:
    """What to call the fleet of this file: the file's name, or its folder's where that says more."""
    if path is None:
        return "this machine"
    path = path.absolute()
    return path.stem if path.stem != "hosts" else path.parent.name


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
