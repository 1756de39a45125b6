"""What was counted day by day, and how long it took to fix things."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from schouw.model.severity import Area, Severity


@dataclass(frozen=True, slots=True)
class DayCount:
    """The findings of a host that counted after its last scan of a day."""

    host: str
    day: date
    """UTC."""
    active: int
    """Above info."""
    counts: tuple[int, ...] | None
    """By severity, the worst first; None: of that day they were not kept."""


@dataclass(frozen=True, slots=True)
class Mend:
    """One finding that was fixed."""

    host: str
    area: Area
    severity: Severity
    at: datetime
    seconds: float
    """Since it appeared, or came back for the last time."""


@dataclass(frozen=True, slots=True)
class Trends:
    days: tuple[DayCount, ...] = ()
    """By host, oldest first."""
    mends: tuple[Mend, ...] = ()
