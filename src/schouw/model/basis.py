"""What a number of vulnerabilities rests on, and by when something has to be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

_Day = date  # where a field is called date


@dataclass(frozen=True, slots=True)
class Basis:
    """By which data a host was judged: small, for it goes with every number that comes of it."""

    release: str
    fingerprint: str
    """Of all that the database was built of; another one may say something else."""
    date: date | None = None
    """Of the oldest feed that was asked; None where none covers the release."""
    fresh_until: _Day | None = None
    """After this day it is old: its publisher writes more often."""

    def old(self, today: _Day) -> bool:
        return self.fresh_until is not None and today > self.fresh_until


@dataclass(frozen=True, slots=True)
class Deadline:
    """By when something has to be done, counted from when it was found or became known, whichever was later."""

    days: int
    since: date | None = None
    """When the world came to know; None: not known."""

    def due(self, found: _Day) -> _Day:
        return max(found, self.since or found) + timedelta(days=self.days)
