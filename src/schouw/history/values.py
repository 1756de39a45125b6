"""What the history hands out besides the nouns of `schouw.model`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schouw.model.facts import Facts
from schouw.model.finding import NotChecked, TrackedFinding
from schouw.model.severity import FindingState, HostState, Severity
from schouw.model.summary import Summary


@dataclass(frozen=True, slots=True)
class LastKnown:
    """All that is known of one host at one moment."""

    summary: Summary
    findings: tuple[TrackedFinding, ...] = ()
    """All that was ever found on it, fixed ones too: active first, worst first."""
    not_checked: tuple[NotChecked, ...] = ()
    facts: Facts | None = None


@dataclass(frozen=True, slots=True)
class ScanRow:
    """One line of a host's scan log."""

    started_at: datetime
    finished_at: datetime
    state: HostState
    error_class: str
    error: str
    """Why it failed, or what it lacked; "" where all was seen."""
    new: int
    fixed: int
    regressed: int
    active: int
    """Findings that counted when it ended."""
    id: int = 0
    """Its number, which grows from scan to scan over the fleet."""


class ChangeKind(StrEnum):
    OPENED = "opened"
    REOPENED = "reopened"
    FIXED = "fixed"
    RETRACTED = "retracted"
    """The vulnerability database says so no longer, and nothing on the host was changed: that is no fix."""
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    CLAIMED = "claimed"
    CONFIRMED = "confirmed"
    """A scan saw that it is fixed, as was claimed."""
    REFUTED = "refuted"
    COMMENTED = "commented"
    ASSIGNED = "assigned"


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to one finding."""

    id: int
    """Grows with every change: the cursor for whoever follows."""
    at: datetime
    host: str
    kind: ChangeKind
    key: str
    severity: Severity
    title: str
    by: str = ""
    """Who did it; "" for what a scan saw."""
    text: str = ""
    """What was said with it."""


class Saw(StrEnum):
    """What one scan saw of one finding."""

    SEEN = "seen"
    GONE = "not seen"
    UNLOOKED = "not checked"
    UNREACHED = "not reached"


@dataclass(frozen=True, slots=True)
class Sight:
    at: datetime
    """End of the scan."""
    saw: Saw
    reason: str = ""
    """Why it was not checked, or the host not reached."""


@dataclass(frozen=True, slots=True)
class Life:
    """All that is known of one finding over time."""

    sights: tuple[Sight, ...] = ()
    """The newest scans, newest first; older ones are thinned."""
    journal: tuple[Change, ...] = ()
    """What happened to it, oldest first."""


class Fate(StrEnum):
    """What became of a finding between a moment and now."""

    FIXED = "fixed"
    NEW = "new"
    REGRESSED = "regressed"
    """It was fixed at that moment or after it, and is back."""
    OPEN = "still open"
    ACCEPTED = "accepted"
    RETRACTED = "retracted"
    """It was there, and what it was judged by says so no longer: no fix."""
    PASSED = "came and went"


@dataclass(frozen=True, slots=True)
class Compared:
    """One finding, then and now."""

    host: str
    fate: Fate
    tracked: TrackedFinding

    @property
    def at(self) -> datetime:
        """Since when it is so."""
        return self.tracked.fixed_at or self.tracked.since or self.tracked.first_seen


@dataclass(frozen=True, slots=True)
class Happened:
    """A finding that opened or came back, and how it is now."""

    id: int
    """Of the event."""
    at: datetime
    host: str
    kind: ChangeKind
    key: str
    severity: Severity
    title: str
    state: FindingState


@dataclass(frozen=True, slots=True)
class Standing:
    """A finding that is there now."""

    host: str
    key: str
    severity: Severity
    title: str
    since: datetime


@dataclass(frozen=True, slots=True)
class News:
    last: int
    """The newest event of all."""
    happened: tuple[Happened, ...] = ()
    """Oldest first."""
    lapsed: tuple[Standing, ...] = ()
    """Accepted until a moment that is over."""
    lapsing: tuple[Standing, ...] = ()
    """Accepted until a moment that is near."""
    late: tuple[Standing, ...] = ()
    """To be fixed by a day that is over."""
    overdue: tuple[Standing, ...] = ()
    """To be gone by a phase-out's day that is over."""
    exploited: tuple[Standing, ...] = ()
