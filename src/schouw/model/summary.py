"""What the fleet screen needs of a host: small, so that a thousand of them travel and paint fast."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from schouw.model.basis import Basis
from schouw.model.severity import Area, FindingState, HostState, Severity

INSIDE = "inside"
OWN_SCHEDULE = ("all-ports", "deep", INSIDE)
"""Looks that have a schedule of their own beside that of the normal one."""


@dataclass(frozen=True, slots=True)
class Line:
    """One finding in one line."""

    severity: Severity
    area: Area
    state: FindingState
    title: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The last known state of one host."""

    name: str
    state: HostState = HostState.NEVER
    scanned_at: datetime | None = None
    """End of the last scan that saw something of it; what is shown is as old as this."""
    tried_at: datetime | None = None
    error_class: str = ""
    error: str = ""
    """Why the last scan failed, or what it lacked."""
    os: str = ""
    os_id: str = ""
    """``debian12``, ``almalinux9.4``: what the filter ``os:`` matches."""
    oldest_tls: str = ""
    """``TLSv1.0``: the oldest version that any of its services speaks; "" where none was met."""
    counts: dict[Area, dict[Severity, int]] = field(default_factory=dict)
    """Active findings; an area without entries has none."""
    unchecked: dict[Area, int] = field(default_factory=dict)
    """Checks that could not be made, per area."""
    worst: tuple[Line, ...] = ()
    """Active findings, worst first, at most five."""
    new: int = 0
    fixed: int = 0
    regressed: int = 0
    """How many findings the last scan opened, closed and reopened."""
    trend: tuple[int, ...] = ()
    """Active findings above info at the end of each of the last 30 days known, oldest first."""
    basis: Basis | None = None
    """By which data its vulnerabilities were judged; None: never."""
    lapses_at: datetime | None = None
    """When these counts are no longer true of themselves: an acceptance or a phase-out begins or ends."""

    looked: dict[str, datetime] = field(default_factory=dict)
    """When each look of `OWN_SCHEDULE` was last made; of one that was never made, since when it has been waited for."""

    def total(self, severity: Severity) -> int:
        return sum(area.get(severity, 0) for area in self.counts.values())

    @property
    def worst_severity(self) -> Severity | None:
        present = [severity for area in self.counts.values() for severity, count in area.items() if count]
        return min(present, key=lambda severity: severity.rank, default=None)
