"""What engine and clients say to each other: one JSON object a line, told apart by `event` or `command`."""

from __future__ import annotations

import msgspec

from schouw.model.baseline import Baseline
from schouw.model.finding import Decision
from schouw.model.host import Host
from schouw.model.notifier import Notifier
from schouw.model.phaseout import Phaseout
from schouw.model.tls import Endpoint
from schouw.scan.events import (
    AnyEvent,
    Decided,
    Finished,
    Hello,
    Notice,
    Queued,
    Rejudged,
    Step,
    SweepDone,
    SweepProgress,
    Trouble,
)
from schouw.scan.look import Look

LONGEST = 16 << 20
"""Bytes of a line: a submit of 4,096 hosts takes some three million."""


class Command(msgspec.Struct, frozen=True, tag_field="command"):
    """Root of what a client asks. `number` comes back in the answer."""

    number: int


class Submit(Command, frozen=True, tag="submit"):
    hosts: tuple[Host, ...]
    look: Look
    by: str
    only: tuple[Endpoint, ...] = ()


class Cancel(Command, frozen=True, tag="cancel"):
    names: tuple[str, ...] | None


class SetFleet(Command, frozen=True, tag="fleet"):
    hosts: tuple[Host, ...]
    schedule: bool
    notifiers: tuple[Notifier, ...] = ()


class Decide(Command, frozen=True, tag="decide"):
    decisions: tuple[Decision, ...]


class KeepBaseline(Command, frozen=True, tag="keep baseline"):
    baseline: Baseline


class DropBaseline(Command, frozen=True, tag="drop baseline"):
    name: str


class KeepPhaseout(Command, frozen=True, tag="keep phaseout"):
    phaseout: Phaseout


class Answer(msgspec.Struct, frozen=True, tag_field="event", tag="answer"):
    """What was asked is done. `sweep` after a submit; `error` when it could not be done."""

    number: int
    sweep: str = ""
    error: str = ""


class Greeting(msgspec.Struct, frozen=True):
    """As much of the first line as engines of every version agree on."""

    version: int
    pid: int


AnyCommand = Submit | Cancel | SetFleet | Decide | KeepBaseline | DropBaseline | KeepPhaseout

to_line = msgspec.json.Encoder().encode
read_command = msgspec.json.Decoder(AnyCommand).decode
read_greeting = msgspec.json.Decoder(Greeting).decode
_INCOMING = Hello | Queued | Step | Finished | Decided | Rejudged | SweepProgress | SweepDone | Notice | Trouble | Answer
read_incoming = msgspec.json.Decoder(_INCOMING).decode

__all__ = [
    "LONGEST",
    "Answer",
    "AnyCommand",
    "AnyEvent",
    "Cancel",
    "Decide",
    "DropBaseline",
    "KeepBaseline",
    "KeepPhaseout",
    "SetFleet",
    "Submit",
]
