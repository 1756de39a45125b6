"""What the engine is busy with: one job a host, one sweep a submit."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from schouw.model.host import Host
from schouw.model.tls import Endpoint
from schouw.scan.events import SweepDone, SweepProgress
from schouw.scan.look import Look

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
    only: Endpoint | None = None
    """With Look.ENDPOINT."""

    def covers(self, other: Wish) -> bool:
        """Whether who wanted `other` is served by this too."""
        if other.look in (Look.ALL_PORTS, Look.FULL_TLS):
            return self.look is other.look
        return other.look is not Look.ENDPOINT or self.look not in (Look.ENDPOINT, Look.INSIDE) or self == other


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
    again: Wish | None = None
    """What somebody asked for while a look was under way that does not see it."""
