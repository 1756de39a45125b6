"""Real shells for the tests of the inside view: any program on this machine stands in for a host's ``sh``."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from schouw.collect import COLLECTORS, Collection
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

    async def close(self, idle: bool = False) -> None:
        del idle
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


NOW = 1_700_000_000.0
BY_NAME = {collector.name: collector for collector in COLLECTORS}


def parse(name: str, *rows: str) -> Any:
    """The attempt that a section's parser makes of these rows."""
    return BY_NAME[name].parse(Rows("\n".join(rows)))


async def run(
    name: str,
    folder: Path,
    tools: Mapping[str, str],
    hide: str = "",
    paths: Mapping[str, Path | str] | None = None,
    also: tuple[Collector[Any], ...] = (),
    shell: tuple[str, ...] = ("sh", "-s"),
    before: str = "uid=0",
) -> Any:
    """The section `name` of a host that has these tools (their scripts) and lacks those in `hide`.

    As root, so that `as_root` runs the tools, which are ours; unless `before` says otherwise.
    """
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    for tool, text in tools.items():
        (bin_folder / tool).write_text(f"#!/bin/sh\n{text}\n")
        (bin_folder / tool).chmod(0o755)
    hidden = "".join(f'[ "$1" = {tool} ] && return 1; ' for tool in hide.split())
    before = f'{before}; PATH={bin_folder}:$PATH; have() {{ {hidden}command -v "$1" >/dev/null 2>&1; }}\n'
    script = BY_NAME[name].script
    for path, instead in (paths or {}).items():
        script = script.replace(path, str(instead))
    collectors = (replace(BY_NAME[name], script=before + script, stamp="", there=""), *also)
    async with collection(*shell, collectors=collectors) as (found, _):
        inside, _ = await look(found)
    return inside


def recorded(text: str) -> str:
    return f"cat <<'END'\n{text.strip(chr(10))}\nEND"
