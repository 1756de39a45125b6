"""What the engine says, kept per host until the screen is ready to show it: ten times a second, not a thousand.

Nothing here needs the engine's own modules: the first picture is painted before they are imported (see `schouw.tui.hearing`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schouw.model.summary import Summary
from schouw.views.board import Change
from schouw.views.status import Live

if TYPE_CHECKING:
    from schouw.scan.events import SweepDone, SweepProgress


@dataclass(slots=True)
class Batch:
    """What changed since the last one."""

    changes: dict[str, tuple[Change, ...]] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)
    decided: set[str] = field(default_factory=set)
    """Hosts that count differently though nobody looked again: a person decided, or they were judged by other data."""
    notices: list[str] = field(default_factory=list)
    done: list[SweepDone] = field(default_factory=list)
    hello: bool = False
    """An engine was attached to: the history may hold more than was told."""
    troubled: bool = False
    """`Feed.trouble` is another one."""


@dataclass(slots=True)
class Feed:
    """Only the last step of a host is kept; a finished scan is never dropped."""

    sweep: SweepProgress | None = None
    trouble: str = ""
    """What the engine says is wrong for longer than a moment."""
    running: set[str] = field(default_factory=set)
    batch: Batch = field(default_factory=Batch)

    def step(self, host: str, live: Live) -> None:
        self.running.add(host)
        self.batch.changes[host] = (*self._summary(host), live)

    def queue(self, hosts: Iterable[str]) -> None:
        for host in hosts:
            self.step(host, Live())

    def finish(self, host: str, summary: Summary | None) -> None:
        """`summary` None: cancelled, what was known still holds."""
        self.running.discard(host)
        self.batch.finished.add(host)
        self.batch.changes[host] = (*((summary,) if summary else self._summary(host)), None)

    def decide(self, host: str, summary: Summary) -> None:
        self.batch.decided.add(host)
        live = (change for change in self.batch.changes.get(host, ()) if not isinstance(change, Summary))
        self.batch.changes[host] = (summary, *live)

    def end(self, done: SweepDone) -> None:
        self.batch.done.append(done)
        if self.sweep and self.sweep.sweep == done.sweep:
            self.sweep = None

    def attach(self, queued: Iterable[str]) -> None:
        """An engine said hello: all that is not queued there is not being scanned."""
        self.forget()
        self.queue(queued)
        self.batch.hello = True

    def forget(self) -> None:
        """Nothing is known to be running any more."""
        for host in self.running:
            self.batch.changes[host] = (*self._summary(host), None)
        self.running.clear()
        self.sweep = None

    def drain(self) -> Batch:
        batch, self.batch = self.batch, Batch()
        return batch

    def _summary(self, host: str) -> tuple[Change, ...]:
        return tuple(change for change in self.batch.changes.get(host, ()) if isinstance(change, Summary))
