"""What the engine says, kept per host until the screen is ready to show it: ten times a second, not a thousand."""

from __future__ import annotations

from dataclasses import dataclass, field

from schouw.model.summary import Summary
from schouw.scan.events import AnyEvent, Finished, Hello, Notice, Queued, Step, SweepDone, SweepProgress
from schouw.views.board import Change
from schouw.views.status import Live


@dataclass(slots=True)
class Batch:
    """What changed since the last one."""

    changes: dict[str, tuple[Change, ...]] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)
    notices: list[str] = field(default_factory=list)
    hello: bool = False
    """An engine was attached to: the history may hold more than was told."""
    done: list[SweepDone] = field(default_factory=list)


@dataclass(slots=True)
class Feed:
    """Only the last step of a host is kept; a finished scan is never dropped."""

    sweep: SweepProgress | None = None
    running: set[str] = field(default_factory=set)
    _batch: Batch = field(default_factory=Batch)

    def take(self, event: AnyEvent) -> None:
        batch = self._batch
        match event:
            case Step(host=host):
                self.running.add(host)
                batch.changes[host] = (*self._summary(host), Live(event.step, event.done, event.total))
            case Queued(hosts=hosts):
                self._queue(hosts)
            case Finished(host=host, summary=summary):
                self.running.discard(host)
                batch.finished.add(host)
                batch.changes[host] = (*((summary,) if summary else self._summary(host)), None)
            case SweepProgress():
                self.sweep = event
            case SweepDone():
                batch.done.append(event)
                if self.sweep and self.sweep.sweep == event.sweep:
                    self.sweep = None
            case Notice(text=text):
                batch.notices.append(text)
            case Hello(queued=queued):
                self.forget()
                self._queue(queued)
                batch.hello = True

    def forget(self) -> None:
        """Nothing is known to be running any more."""
        for host in self.running:
            self._batch.changes[host] = (*self._summary(host), None)
        self.running.clear()
        self.sweep = None

    def drain(self) -> Batch:
        batch, self._batch = self._batch, Batch()
        return batch

    def _queue(self, hosts: tuple[str, ...]) -> None:
        for host in hosts:
            self.running.add(host)
            self._batch.changes[host] = (*self._summary(host), Live())

    def _summary(self, host: str) -> tuple[Change, ...]:
        return tuple(change for change in self._batch.changes.get(host, ()) if isinstance(change, Summary))
