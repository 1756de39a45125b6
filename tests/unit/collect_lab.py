"""Real shells for the tests of the inside view: any program on this machine stands in for a host's ``sh``."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from schouw.collect import Collection
from schouw.collect.base import Collector, Rows
from schouw.errors import ErrorClass, HostError
from schouw.model.attempt import Attempt, seen
from schouw.model.facts import Inside


class ProgramShell:
    def __init__(self, process: Process) -> None:
        self.process = process

    async def send(self, data: bytes) -> None:
        assert self.process.stdin
        try:
            self.process.stdin.write(data)
            await self.process.stdin.drain()
        except OSError as error:
            raise HostError(ErrorClass.DROPPED, "gone") from error

    async def receive(self, limit: int) -> bytes:
        assert self.process.stdout
        return await self.process.stdout.read(limit)

    async def close(self) -> None:
        if self.process.returncode is None:
            with suppress(ProcessLookupError):  # it may have ended a moment ago
                os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()


class Program:
    """A `Connection` whose shells are this program."""

    peer = ""
    kexinit = None
    direct = None
    server_version = ""
    alive = True

    def __init__(self, *argv: str) -> None:
        self._argv = argv
        self.shells: list[ProgramShell] = []

    async def shell(self) -> ProgramShell:
        process = await asyncio.create_subprocess_exec(
            *self._argv, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, start_new_session=True
        )
        self.shells.append(ProgramShell(process))
        return self.shells[-1]

    async def close(self) -> None:
        for shell in self.shells:
            await shell.close()


def lines(rows: Rows) -> Attempt[tuple[str, ...]]:
    """A parser that keeps every line tagged ``x``."""
    return seen(tuple(rows.all("x")), rows.lacking())


def section(name: str, script: str, **more: Any) -> Collector[Any]:
    return Collector(name, script, lines, **more)


def said(attempt: Attempt[Any]) -> object:
    """What such a section saw, whatever its field in the model holds otherwise."""
    return attempt.result


@asynccontextmanager
async def collection(*argv: str, collectors: Sequence[Collector[Any]] | None = None) -> AsyncIterator[tuple[Collection, Program]]:
    """A collection over a program, `sh` where none is named, closed at the end."""
    host = Program(*(argv or ("sh", "-s")))
    found = Collection(host) if collectors is None else Collection(host, collectors=collectors)
    try:
        yield found, host
    finally:
        await found.close()
        await host.close()


async def look(found: Collection, previous: Inside | None = None, seconds: float = 30) -> tuple[Inside, list[str]]:
    """What was seen, and the sections in the order of their coming."""
    steps: list[str] = []
    inside = await found.collect(previous, lambda name, done, total: steps.append(f"{name} {done}/{total}"), seconds)
    return inside, steps
