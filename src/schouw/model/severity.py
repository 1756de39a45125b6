"""How bad, where, and in which state."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

LAPSES_SOON = timedelta(days=14)
"""An acceptance that ends within this is announced."""


class Severity(StrEnum):
    """In this order everywhere: the first is the worst."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for critical to 4 for info."""
        return _RANK[self]

    @property
    def letter(self) -> str:
        """C, H, M, L or I: colour never carries meaning alone."""
        return self.value[0].upper()

    def at_least(self, other: Severity) -> bool:
        return self.rank <= other.rank


_RANK = {severity: rank for rank, severity in enumerate(Severity)}


class Area(StrEnum):
    """The six lanes that every host is judged in, in the order of the screen."""

    PORTS = "ports"
    SOFTWARE = "software"
    VULNS = "vulns"
    CRYPTO = "crypto"
    LOGINS = "logins"
    HARDENING = "hardening"


class FindingState(StrEnum):
    """A finding over time."""

    NEW = "new"
    OPEN = "open"
    ACCEPTED = "accepted"
    FIXED = "fixed"
    REGRESSED = "regressed"
    PLANNED = "planned"
    """A phase-out whose day is to come covers it."""
    OVERDUE = "overdue"
    """The day of that is over."""
    RETRACTED = "retracted"
    """What it was judged by says so no longer; nothing on the host was changed, so that it was not fixed either."""

    @property
    def active(self) -> bool:
        """Whether it is (still) wrong and counts."""
        return self not in (FindingState.ACCEPTED, FindingState.PLANNED) and not self.ended

    @property
    def ended(self) -> bool:
        return self in (FindingState.FIXED, FindingState.RETRACTED)


class HostState(StrEnum):
    """What the last finished scan of a host came to."""

    NEVER = "never"
    SCANNED = "scanned"
    PARTIAL = "partial"
    UNREACHABLE = "unreachable"
