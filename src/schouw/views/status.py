"""What is known of one host right now: its row, and its condition in one word and one line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schouw.model.host import Host
from schouw.model.severity import Area, HostState, Severity
from schouw.model.summary import Summary
from schouw.views.ages import since
from schouw.views.segments import Segment


@dataclass(frozen=True, slots=True)
class Live:
    """What the engine is doing with a host now. `step` is "" while it waits for its turn."""

    step: str = ""
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One host of the fleet with its last known state."""

    host: Host
    summary: Summary
    live: Live | None = None

    @property
    def name(self) -> str:
        return self.host.name

    def older_than(self, summary: Summary) -> bool:
        """Whether `summary` is of a later try than what is shown."""
        shown = self.summary.tried_at
        return summary.tried_at is not None and (shown is None or summary.tried_at > shown)


class Condition(StrEnum):
    """How much the last known state is worth."""

    FRESH = "fresh"
    PARTIAL = "partial"
    STALE = "stale"
    UNREACHABLE = "unreachable"
    NEVER = "never scanned"
    OFF = "off"


def condition(row: Row, now: datetime) -> Condition:
    summary = row.summary
    if not row.host.enabled:
        return Condition.OFF
    if summary.state is HostState.UNREACHABLE:
        return Condition.UNREACHABLE
    if summary.state is HostState.NEVER or summary.scanned_at is None:
        return Condition.NEVER
    if (now - summary.scanned_at).total_seconds() > row.host.stale_after:
        return Condition.STALE
    return Condition.PARTIAL if summary.state is HostState.PARTIAL else Condition.FRESH


def badge(row: Row, now: datetime) -> Segment:
    """One letter for the host: its worst severity, else ✓ (all looked at), ? (not known) or ✗ (not reached)."""
    state = condition(row, now)
    worst = row.summary.worst_severity
    if state is Condition.UNREACHABLE:
        return "✗", "error"
    if state is Condition.OFF:
        return "-", "dim"
    if state is Condition.NEVER:
        return "?", "unknown"
    if worst is not None:
        return worst.letter, worst.value if state is not Condition.STALE else "stale"
    if state is Condition.STALE:
        return "?", "stale"
    # Areas that were not looked at: nothing found is not the same as fine.
    return ("?", "unknown") if any(_unknown(row.summary, area) for area in Area) else ("✓", "ok")


def system(summary: Summary) -> str:
    """Its operating system in as few words as say it: "Debian 12", not "Debian GNU/Linux 12 (bookworm)"."""
    return summary.os.replace(" GNU/Linux", "").partition(" (")[0]


def trouble(row: Row) -> str:
    """Why the last scan failed or saw only a part; without the host's name, which stands beside it."""
    text = row.summary.error or row.summary.error_class
    return text.removeprefix(f"{row.name}: ")


def doing(live: Live) -> str:
    if not live.step:
        return "waiting"
    return f"{live.step} {live.done}/{live.total}" if live.total else live.step


def when(row: Row, now: datetime) -> Segment:
    """What it is doing, else how old what is shown is."""
    summary = row.summary
    if row.live is not None:
        return ("⋯ " if not row.live.step else "⟳ ") + doing(row.live), "running"
    match condition(row, now):
        case Condition.OFF:
            return "switched off", "dim"
        case Condition.NEVER:
            return "never scanned", "unknown"
        case Condition.UNREACHABLE:
            return f"unreachable {since(summary.tried_at, now)}", "error"
        case Condition.STALE:
            return f"stale {since(summary.scanned_at, now)}", "stale"
        case Condition.PARTIAL:
            return f"in part {since(summary.scanned_at, now)}", "unknown"
        case _:
            return f"scanned {since(summary.scanned_at, now)}", "dim"


def lane(summary: Summary, area: Area, now: datetime) -> Segment:
    """One area in a few characters: "H2" (worst severity and how many), "·" looked at and nothing found,
    "?" could not be looked at.

    "H2?": something was found, and not everything could be looked at. "H2~": judged by data that is old.
    """
    counts = summary.counts.get(area, {})
    unknown, old = _unknown(summary, area), area is Area.VULNS and is_old(summary, now)
    mark = "~" if old else "?" if unknown else ""
    for severity in Severity:
        if count := counts.get(severity, 0):
            number = f"{count}{mark}" if count < 100 else "99+"
            return f"{severity.letter}{number}", "stale" if old else severity.value
    return ("?", "unknown") if unknown else ("·~", "stale") if old else ("·", "ok")


def is_old(summary: Summary, now: datetime) -> bool:
    """Whether its vulnerabilities were judged by data that should have been renewed."""
    return summary.basis is not None and summary.basis.old(now.date())


def judged_by(summary: Summary, now: datetime) -> Segment:
    """How old the data is that its vulnerabilities were judged by."""
    basis = summary.basis
    if basis is None:
        return " vulnerabilities not checked", "unknown"
    if basis.date is None:
        return " no vulnerability data covers it", "unknown"
    if is_old(summary, now):
        return f" vulnerability data of {basis.date}, which is old: run `schouw db update`", "stale"
    return f" vulnerability data of {basis.date}", "dim"


def _unknown(summary: Summary, area: Area) -> bool:
    """Whether not all of an area was looked at; a host that no vulnerability database was asked about is not fine."""
    return summary.scanned_at is None or summary.unchecked.get(area, 0) > 0 or (area is Area.VULNS and summary.basis is None)
