"""Looking inside one host, again and again over one kept shell."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from schouw.collect.base import Collector, Rows
from schouw.collect.frames import Frame, FrameReader
from schouw.collect.script import Use, request, script
from schouw.collect.sections import COLLECTORS
from schouw.errors import ErrorClass, HostError
from schouw.model.attempt import Attempt, not_checked
from schouw.model.facts import Identity, Inside
from schouw.recent import Recent
from schouw.text import block, decode
from schouw.transport.base import Connection, Shell

#: Called with a section's name as it arrives, how many have, and how many there are.
OnStep = Callable[[str, int, int], None]

#: Sections as they were read, by what was sent for them. Their objects take some ten times the room of the text.
_READ: Recent[tuple[Collector[Any], str, bytes], Attempt[Any]] = Recent(4 << 20)
_OBJECT = 1000

_NEEDED = tuple(one.name for one in fields(Inside) if one.name != "fingerprints")


class Collection:
    """The inside view of one host over one connection.

    The script goes over once; the shell stays, so that a rescan is one short line there and, where nothing
    changed, one short line a section back. Not for two calls at once.
    """

    def __init__(
        self, connection: Connection, privilege: Use = "sudo", collectors: Sequence[Collector[Any]] = COLLECTORS
    ) -> None:
        """`privilege` is the host's own setting: with "none", sudo is not even asked."""
        self._connection = connection
        self._collectors = tuple(collectors)
        self._privilege: Use = privilege
        self._shell: Shell | None = None
        self._idle = True
        """Whether the shell waits for a request."""
        self.sent = 0
        """Bytes sent by the last `collect`."""
        self.received = 0
        """Bytes received by the last `collect`."""

    async def collect(self, previous: Inside | None, on_step: OnStep, seconds: float) -> Inside:
        """Everything that can be seen within `seconds`; sections that did not change are taken from `previous`.

        A section that fails is an `Attempt` with its reason; `HostError` only where the host as a whole fails.
        """
        self.sent = self.received = 0
        try:
            async with asyncio.timeout(seconds):
                inside = await self._collect(previous, on_step)
        except TimeoutError:
            await self.close()
            raise HostError(ErrorClass.DEADLINE, f"the host did not finish within {seconds:g} seconds") from None
        except BaseException:
            # Cancelled or half-way: what is still to come would be taken for the next answer.
            await self.close()
            raise
        return inside

    async def close(self) -> None:
        """End the shell; never raises."""
        shell, self._shell = self._shell, None
        if shell is not None:
            await shell.close(self._idle)

    async def _collect(self, previous: Inside | None, on_step: OnStep) -> Inside:
        known = previous.fingerprints if previous is not None else {}
        token = secrets.token_hex(8)
        kept = self._shell is not None
        reader = FrameReader(await self._ask(token, known), token)
        try:
            clock = await reader.begin()
        except HostError as error:
            if not kept:
                if error.kind is ErrorClass.DROPPED and self._connection.alive:
                    # /bin/false, or a program that wants something else than a script.
                    message = "its login shell ended without a word"
                    raise HostError(ErrorClass.NO_SHELL, message, "check the account's login shell") from error
                raise
            # The host ends shells by itself after a while; that says nothing about the host.
            await self.close()
            reader = FrameReader(await self._ask(token, known), token)
            clock = await reader.begin()
        frames = await self._frames(reader, on_step)
        self._idle = True
        self.received = reader.received
        return _inside(self._collectors, frames, previous, clock)

    async def _ask(self, token: str, known: Mapping[str, str]) -> Shell:
        words = request(token, self._privilege, known)
        self._idle = False
        if self._shell is None:
            self._shell = await self._connection.shell()
            data = script(self._collectors, words)
        else:
            data = words.encode() + b"\n"
        self.sent += len(data)
        try:
            await self._shell.send(data)
        except HostError:
            # It may have said why before it went: reading tells, and ends at once.
            return self._shell
        return self._shell

    async def _frames(self, reader: FrameReader, on_step: OnStep) -> dict[str, Frame]:
        run = [collector for collector in self._collectors if not collector.reads]
        frames: dict[str, Frame] = {}
        for done, collector in enumerate(run, 1):
            frame = await reader.frame(collector.limit)
            if frame.name != collector.name:
                raise HostError(ErrorClass.OUTPUT_ODD, f"the host sent section {frame.name} instead of {collector.name}")
            frames[frame.name] = frame
            on_step(frame.name, done, len(run))
        if (last := await reader.frame(0)).name != "end":
            raise HostError(ErrorClass.OUTPUT_ODD, f"the host sent a section {last.name} more than asked")
        return frames


def _inside(collectors: Sequence[Collector[Any]], frames: Mapping[str, Frame], previous: Inside | None, clock: float) -> Inside:
    """All sections together; fingerprints only of those that may be reused."""
    sections: dict[str, Attempt[Any]] = {}
    for collector in collectors:
        frame = frames[collector.reads or collector.name]
        sections[collector.name] = _again(collector.name, previous) if frame.status == "same" else _section(collector, frame)
    sections |= {name: not_checked("no collector looks at it") for name in _NEEDED if name not in sections}
    marks = {name: frame.mark for name, frame in frames.items() if frame.mark.isalnum() and sections[name].result is not None}
    before = previous.fingerprints if previous is not None else {}
    marks |= {one.name: _left(frames[one.name], before.get(one.name, "")) for one in collectors if one.resumes}
    sections["identity"] = _at(sections["identity"], clock)
    return Inside(**sections, fingerprints=marks)


def _at(identity: Attempt[Identity], clock: float) -> Attempt[Identity]:
    """The host's clock moves on, whether the rest changed or not."""
    return identity if identity.result is None else replace(identity, result=replace(identity.result, clock=clock))


def _left(frame: Frame, before: str) -> str:
    """Where a section that goes on was left: as it says in its one line tagged ``@``, else as it said before."""
    rows = decode(frame.body, len(frame.body)).split("\n")
    return next((row[2:] for row in reversed(rows) if row.startswith("@\t")), before)


def _again(name: str, previous: Inside | None) -> Attempt[Any]:
    if previous is None:
        return not_checked("the host says that nothing changed, but nothing was known")
    again: Attempt[Any] = getattr(previous, name)
    return again


def _section(collector: Collector[Any], frame: Frame) -> Attempt[Any]:
    """The section that a frame holds. Equal ones are read once and shared: nothing of them can be changed."""
    key = (collector, frame.status, frame.body)
    known = _READ.get(key)
    if known is None:
        known = _parsed(collector, frame)
        _READ.put(key, known, len(frame.body) + _OBJECT)
    return known


def _parsed(collector: Collector[Any], frame: Frame) -> Attempt[Any]:
    text = block(decode(frame.body, len(frame.body)))
    attempt = collector.parse(Rows(text.rpartition("\n")[0] if frame.status == "cut" else text))
    if frame.status == "ok":
        return attempt
    if frame.status == "cut":
        lacking = f"its output was cut at {collector.limit >> 10} KB"
    elif frame.status == "late":
        lacking = f"it took longer than {collector.seconds} seconds"
    else:
        lacking = "the host sent it with an unknown status"
    return replace(attempt, reason=f"{lacking}; {attempt.reason}" if attempt.reason else lacking)
