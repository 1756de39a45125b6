"""A `Runner` whose engine is another process. Dies the engine, a new one is started and watchers are told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import count

import msgspec

from schouw.errors import EngineError, SchouwError
from schouw.model.baseline import Baseline
from schouw.model.finding import Decision
from schouw.model.host import Host
from schouw.model.notifier import Notifier
from schouw.model.phaseout import Phaseout
from schouw.model.tls import Endpoint
from schouw.scan.events import VERSION, AnyEvent, Finished, Hello, Notice, Queued, SweepDone, SweepProgress, Trouble
from schouw.scan.look import Look
from schouw.scan.messages import (
    Answer,
    AnyCommand,
    Cancel,
    Decide,
    DropBaseline,
    KeepBaseline,
    KeepPhaseout,
    SetFleet,
    Submit,
    read_greeting,
    read_incoming,
    to_line,
)
from schouw.scan.watchers import Watchers

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
TRIES = 3
"""Engines started anew in a row, none of which lived long enough to do anything, before we give up."""


class Client:
    """Made by `attach`. `connect` finds or starts the engine; it is called again whenever that is gone."""

    def __init__(self, connect: Callable[[], Awaitable[Streams]]) -> None:
        self._connect = connect
        self._watchers = Watchers()
        self._numbers = count(1)
        self._answers: dict[int, asyncio.Future[Answer]] = {}
        self._busy: dict[str, None] = {}
        self._asked: dict[int, set[str]] = {}
        """Submits without an answer yet, with their hosts."""
        self._sweeps: dict[str, set[str] | None] = {}
        """Sweeps under way, with the hosts that are not done; None for those that others asked for."""
        self._trouble = ""
        self._fleet: SetFleet | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._up = asyncio.Event()
        self._error: SchouwError | None = None
        self._reading: asyncio.Task[None] | None = None
        self.pid = 0
        """The engine's process."""

    async def open(self) -> None:
        """Connect for the first time. `EngineError` when there is no engine to be had, or it speaks another version."""
        reader = await self._enter()
        self._reading = asyncio.create_task(self._read(reader), name="engine's events")

    async def submit(
        self, hosts: Sequence[Host], look: Look = Look.NORMAL, by: str = "person", only: tuple[Endpoint, ...] = ()
    ) -> str:
        command = Submit(next(self._numbers), tuple(hosts), look, by, only)
        self._asked[command.number] = {host.name for host in hosts}
        try:
            return (await self._ask(command)).sweep
        finally:
            self._asked.pop(command.number, None)

    async def cancel(self, names: Sequence[str] | None = None) -> None:
        await self._ask(Cancel(next(self._numbers), None if names is None else tuple(names)))

    async def fleet(self, hosts: Sequence[Host], schedule: bool = False, notifiers: Sequence[Notifier] = ()) -> None:
        self._fleet = SetFleet(next(self._numbers), tuple(hosts), schedule, tuple(notifiers))
        await self._ask(self._fleet)

    async def decide(self, *decisions: Decision) -> None:
        await self._ask(Decide(next(self._numbers), decisions))

    async def keep_baseline(self, baseline: Baseline) -> None:
        await self._ask(KeepBaseline(next(self._numbers), baseline))

    async def keep_phaseout(self, phaseout: Phaseout) -> None:
        await self._ask(KeepPhaseout(next(self._numbers), phaseout))

    async def drop_baseline(self, name: str) -> None:
        await self._ask(DropBaseline(next(self._numbers), name))

    def watch(self) -> AsyncIterator[AnyEvent]:
        return self._watchers.follow(self._watchers.join(Hello(VERSION, self.pid, tuple(self._busy), self._trouble)))

    async def close(self) -> None:
        """Hang up; the engine goes on. Never raises."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        self._hang_up("this dashboard ended")

    async def _ask(self, command: AnyCommand) -> Answer:
        """`EngineError` when the engine refuses, or is gone before it answered."""
        await self._up.wait()
        if self._error is not None or self._writer is None:
            raise self._error or EngineError("there is no engine")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._answers[command.number] = answer
        try:
            self._writer.write(to_line(command) + b"\n")
            with contextlib.suppress(OSError):  # the reader notices too, and settles the answer
                await self._writer.drain()
            said = await answer
        finally:
            self._answers.pop(command.number, None)
        if said.error:
            raise EngineError(said.error)
        return said

    async def _enter(self) -> asyncio.StreamReader:
        reader, writer = await self._connect()
        try:
            line = await reader.readline()
            greeting = read_greeting(line)
        except (OSError, ValueError, msgspec.MsgspecError) as error:
            writer.close()
            raise EngineError("what answers at the engine's socket is not a schouw engine") from error
        if greeting.version != VERSION:
            writer.close()
            raise EngineError(
                f"the engine that runs (process {greeting.pid}) is of another version of schouw; end it with: kill {greeting.pid}"
            )
        self._writer, self.pid = writer, greeting.pid
        hello = read_incoming(line)
        if isinstance(hello, Hello):
            self._tell(hello)
        if self._fleet is not None:
            writer.write(to_line(self._fleet) + b"\n")
        self._up.set()
        return reader

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """Everything that the engines say, one after another, until `close` or until no engine can be had."""
        while True:
            heard = False
            with contextlib.suppress(OSError, ValueError, msgspec.MsgspecError):
                while line := await reader.readline():
                    heard = True
                    self._tell(read_incoming(line))
            self._hang_up("the engine ended before it was done")
            self._tell(Notice(f"the engine (process {self.pid}) ended and is started anew; its scans were not finished"))
            try:
                reader = await self._again(1 if heard else TRIES)
            except SchouwError as error:
                self._error = error
                self._up.set()
                self._tell(Notice(str(error)))
                return

    async def _again(self, first: int) -> asyncio.StreamReader:
        """A new engine; `first` counts up to `TRIES`."""
        for attempt in range(first, TRIES + 1):
            try:
                return await self._enter()
            except EngineError:
                if attempt == TRIES:
                    raise
        raise EngineError("the engine ends as soon as it is started; its log says why")

    def _hang_up(self, why: str) -> None:
        """Nobody waits for an engine that is gone: every question fails, every sweep is over, no host is running."""
        self._up.clear()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        for number, answer in self._answers.items():
            if not answer.done():
                answer.set_result(Answer(number, error=why))
        lost = tuple(self._busy)
        self._tell(Hello(VERSION, 0))
        for sweep, left in list(self._sweeps.items()):
            self._tell(SweepDone(sweep, lost if left is None else tuple(sorted(left))))

    def _tell(self, event: AnyEvent | Answer) -> None:
        match event:
            case Answer(number):
                # The answer comes before any event of its sweep: an engine that dies between them must not be waited for.
                if event.sweep:
                    self._sweeps[event.sweep] = self._asked.get(number)
                if (answer := self._answers.get(number)) is not None and not answer.done():
                    answer.set_result(event)
                return
            case Hello(queued=queued, trouble=trouble):
                self._busy, self._trouble = dict.fromkeys(queued), trouble
            case Trouble(text):
                self._trouble = text
            case Queued(hosts):
                self._busy.update(dict.fromkeys(hosts))
            case Finished(host):
                self._busy.pop(host, None)
                for left in self._sweeps.values():
                    if left is not None:
                        left.discard(host)
            case SweepProgress(sweep):
                self._sweeps.setdefault(sweep, None)
            case SweepDone(sweep):
                self._sweeps.pop(sweep, None)
        self._watchers.tell(event)
