"""What the engine tells those who watch it. Small, immutable, and the same in process and over the socket."""

from __future__ import annotations

from datetime import datetime

import msgspec

from schouw.model.summary import Summary

VERSION = 5
"""Of events and commands together. A client and an engine of different versions do not talk."""


class Event(msgspec.Struct, frozen=True, tag_field="event"):
    """Root of all events."""


class Hello(Event, frozen=True, tag="hello"):
    """The first event a watcher gets: what is true now. All that is not in `queued` is not being scanned."""

    version: int
    pid: int
    queued: tuple[str, ...] = ()
    trouble: str = ""
    """As in `Trouble`."""


class Queued(Event, frozen=True, tag="queued"):
    """These hosts wait for their turn, or for another try."""

    hosts: tuple[str, ...]


class Step(Event, frozen=True, tag="step"):
    """What is being done with a host; `total` 0: not known. Only the last one of a host matters."""

    host: str
    step: str
    done: int = 0
    total: int = 0


class Finished(Event, frozen=True, tag="finished"):
    """The end of one host's scan, good or bad; the history holds it already. None: cancelled, or nothing could be kept."""

    host: str
    summary: Summary | None


class Decided(Event, frozen=True, tag="decided"):
    """A person decided something of a finding of the host: it may count differently. The history holds it already."""

    host: str
    summary: Summary


class Rejudged(Event, frozen=True, tag="rejudged"):
    """Another vulnerability database was asked about the host's last look. The history holds it already."""

    host: str
    summary: Summary


class SweepProgress(Event, frozen=True, tag="progress"):
    """Hosts done out of all of one submit."""

    sweep: str
    done: int
    total: int
    started_at: datetime


class SweepDone(Event, frozen=True, tag="done"):
    """The end of one submit: always comes, also when it was cancelled."""

    sweep: str
    failed: tuple[str, ...] = ()


class Notice(Event, frozen=True, tag="notice"):
    """Something a person should read, clean text."""

    text: str


class Trouble(Event, frozen=True, tag="trouble"):
    """What is wrong from now on and no scan's business, such as a notifier that does not work; "" when it no longer is."""

    text: str


AnyEvent = Hello | Queued | Step | Finished | Decided | Rejudged | SweepProgress | SweepDone | Notice | Trouble
