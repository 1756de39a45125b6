"""What the engine is busy with: one job a host, one sweep a submit."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from schouw.model.host import Host
from schouw.model.tls import Endpoint
from schouw.scan.events import SweepDone, SweepProgress
from schouw.scan.look import QUICK, Look

FEW = 5
"""A submit of so many hosts by a person is a rescan that somebody waits for: it overtakes sweeps."""


class Sweep:
    """All hosts of one submit, counted down."""

    def __init__(self, name: str, hosts: set[str], started_at: datetime) -> None:
        self.name = name
        self.started_at = started_at
        self._left = set(hosts)
        self._total = len(hosts)
        self._failed: list[str] = []

    def finished(self, host: str, failed: bool) -> None:
        self._left.discard(host)
        if failed:
            self._failed.append(host)

    @property
    def over(self) -> bool:
        return not self._left

    def progress(self) -> SweepProgress:
        return SweepProgress(self.name, self._total - len(self._left), self._total, self.started_at)

    def done(self) -> SweepDone:
        return SweepDone(self.name, tuple(sorted(self._failed)))


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to see of a host."""

    look: Look = Look.NORMAL
    only: tuple[Endpoint, ...] = ()
    """With Look.ENDPOINT and Look.BEFORE_TLS."""

    def covers(self, other: Wish) -> bool:
        """Whether who wants `other` is served by this too, if it has not begun yet."""
        if self.look is other.look:
            return set(other.only) <= set(self.only)
        return other.look in _SEEN_TOO[self.look]

    def together(self, other: Wish) -> Wish | None:
        """One look for both, None where there is none: two that see different things."""
        if self.covers(other):
            return self
        if other.covers(self):
            return other
        return Wish(self.look, tuple(dict.fromkeys(self.only + other.only))) if self.look is other.look else None


_USUAL = QUICK | {Look.NORMAL, Look.INSIDE}
_SEEN_TOO: dict[Look, frozenset[Look]] = {
    **dict.fromkeys((Look.NORMAL, Look.ALL_PORTS, Look.FULL_TLS, Look.DEEP), _USUAL),
    **dict.fromkeys(QUICK, frozenset({Look.INSIDE})),
    Look.INSIDE: frozenset(),
}


@dataclass(slots=True, eq=False)
class Job:
    """One host, wanted by one sweep or more."""

    host: Host
    wish: Wish
    express: bool
    sweeps: list[Sweep] = field(default_factory=list)
    task: asyncio.Task[None] | None = None
    started: bool = False
    """It has left the queue."""
    keeping: bool = False
    """What was seen is being written, which is too late to cancel."""
    again: list[Wish] = field(default_factory=list)
    """What somebody asked for while a look was under way that does not see it."""

    def want(self, wish: Wish) -> None:
        """Have it seen by the look at hand, or by one after that."""
        if not self.started and (both := self.wish.together(wish)):
            self.wish = both
            return
        # A quick look is asked for to see what was changed just now, which the look under way may have passed.
        if self.started and wish.look not in QUICK and self.wish.covers(wish):
            return
        for number, one in enumerate(self.again):
            if both := one.together(wish):
                self.again[number] = both
                return
        self.again.append(wish)
