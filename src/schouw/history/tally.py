"""From findings and facts to the `Summary` that the fleet screen paints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from schouw.history.life import shown
from schouw.model.severity import Area, FindingState, Severity
from schouw.model.summary import Line, Summary

if TYPE_CHECKING:  # the first picture needs none of them
    from schouw.model.facts import Facts
    from schouw.model.finding import NotChecked
    from schouw.model.phaseout import Plan

_WORST = 5
_AREAS = tuple(Area)
_URGENCY = (FindingState.REGRESSED, FindingState.OVERDUE, FindingState.NEW, FindingState.OPEN)


@dataclass(frozen=True, slots=True)
class Tracked:
    """As much of a stored finding as counting needs."""

    area: Area
    severity: Severity
    state: FindingState
    title: str
    accepted_until: datetime | None
    plan: Plan | None = None
    """The phase-out that covers it."""


def count(summary: Summary, findings: Iterable[Tracked], now: datetime) -> Summary:
    """`summary` with the findings that count at `now`."""
    counts: dict[Area, dict[Severity, int]] = {}
    lines = []
    findings = list(findings)
    for one in findings:
        state = shown(one.state, one.accepted_until, one.plan, now)
        if not state.active:
            continue
        in_area = counts.setdefault(one.area, {})
        in_area[one.severity] = in_area.get(one.severity, 0) + 1
        lines.append(Line(one.severity, one.area, state, one.title))
    worst = tuple(sorted(lines, key=_worst_first)[:_WORST])
    return replace(summary, counts=counts, worst=worst, lapses_at=_lapses_at(findings, now))


def active(summary: Summary) -> int:
    return sum(sum(in_area.values()) for in_area in summary.counts.values())


def above_info(summary: Summary) -> int:
    return active(summary) - summary.total(Severity.INFO)


def unchecked(gaps: Iterable[NotChecked]) -> dict[Area, int]:
    """How many checks could not be made though they were asked for, by the area that a check's name begins with."""
    counted = Counter(gap.check.partition(".")[0] for gap in gaps if not gap.unasked)
    return {area: counted[area.value] for area in Area if counted[area.value]}


def system(summary: Summary, facts: Facts) -> Summary:
    """`summary` with the operating system, where it was seen; else with the one known before."""
    seen = facts.inside.result.system.result if facts.inside.result is not None else None
    return summary if seen is None else replace(summary, os=seen.pretty, os_id=f"{seen.id}{seen.version}")


def traffic(summary: Summary, facts: Facts) -> Summary:
    """`summary` with the oldest TLS that was met, where somebody looked from outside; else with the one known before."""
    if facts.outside.result is None:
        return summary
    from schouw.model.tls import TlsVersion

    offers = [look.attempt.result for look in facts.outside.result.tls if look.attempt.result is not None]
    met = {version for offer in offers for version, spoken in offer.versions.items() if spoken.result}
    return replace(summary, oldest_tls=next((version.value for version in TlsVersion if version in met), ""))


def _worst_first(line: Line) -> tuple[int, int, int, str]:
    return line.severity.rank, _URGENCY.index(line.state), _AREAS.index(line.area), line.title


def _lapses_at(findings: Iterable[Tracked], now: datetime) -> datetime | None:
    """When the first acceptance or phase-out begins or ends to bear on something."""
    active = [one for one in findings if one.state.active]
    moments = [one.accepted_until for one in active] + [at for one in active if one.plan for at in one.plan.moments]
    return min((at for at in moments if at is not None and now < at), default=None)
