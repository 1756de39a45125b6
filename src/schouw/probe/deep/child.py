"""The runner's process: started, asked, and ended with certainty. What it says is bounded, and believed only where it fits."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import PIPE, SubprocessStreamProtocol
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import cast

import msgspec

from schouw.errors import SchouwError
from schouw.probe.deep.environment import INSTALL, MADE_FOR
from schouw.probe.deep.lines import LONGEST, VERSION, Answer, Done, Request, read_answer, read_greeting, to_line
from schouw.text import decode, line

MISSING = f"sslyze is not installed; run: {INSTALL}"
RUNNER = Path(__file__).with_name("runner.py")
START_SECONDS = 30.0
"""For Python and sslyze to load, on a busy machine."""
_MOST_LINES = 100
_LAST_WORDS = 4096

#: Nothing of ours reaches it: no key, no agent, no path to our own packages.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


class Broken(SchouwError):
    """There is no runner, or none that can be used (any more); the text says why and what to do."""


class Child:
    """Made by `start`. One request at a time; whatever happens, `close` it."""

    def __init__(self, transport: asyncio.SubprocessTransport, protocol: SubprocessStreamProtocol) -> None:
        self._transport, self._pid = transport, transport.get_pid()
        self._input = cast(asyncio.StreamWriter, protocol.stdin)  # all three are pipes, see `start`
        self._output = cast(asyncio.StreamReader, protocol.stdout)
        self._process = asyncio.subprocess.Process(transport, protocol, asyncio.get_running_loop())
        self._words = b""
        self._hearing = asyncio.create_task(self._hear(cast(asyncio.StreamReader, protocol.stderr)), name="runner's errors")
        self.tool = ""

    async def greeted(self) -> None:
        """`Broken` where what answers is not our runner with the sslyze that it is made for."""
        try:
            async with asyncio.timeout(START_SECONDS):
                greeting = read_greeting(await self._line())
        except TimeoutError as error:
            raise Broken(f"sslyze did not start within {START_SECONDS:g} s") from error
        except msgspec.MsgspecError as error:
            raise Broken(f"sslyze's interpreter answers something else than our runner; run: {INSTALL}") from error
        if not greeting.sslyze or greeting.problem:
            problem = line(greeting.problem, 200) or "it has none"
            raise Broken(f"sslyze's environment cannot be used ({problem}); run: {INSTALL}")
        if greeting.version != VERSION or not greeting.sslyze.startswith(f"{MADE_FOR}."):
            raise Broken(f"it has sslyze {line(greeting.sslyze, 40)}, and schouw is made for {MADE_FOR}; run: {INSTALL}")
        self.tool = f"sslyze {line(greeting.sslyze, 40)}"

    async def ask(self, request: Request) -> AsyncGenerator[Answer | Done, None]:
        """Answers as they come; the last one is `Done`. `Broken` when the process ends or speaks out of turn."""
        try:
            self._input.write(to_line(request) + b"\n")
            await self._input.drain()
        except OSError as error:
            raise Broken(await self._ending()) from error
        for _ in range(_MOST_LINES):
            try:
                answer = read_answer(await self._line())
            except msgspec.MsgspecError as error:
                raise Broken("sslyze's process said something that our runner does not say") from error
            yield answer
            if isinstance(answer, Done):
                return
        raise Broken("sslyze's process does not stop answering")

    async def close(self) -> None:
        """End it and all that it started; returns when nothing is left of it."""
        if self._transport.get_returncode() is None:  # else its number may be another's by now
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._pid, signal.SIGKILL)  # it leads a group of its own
        self._transport.close()
        self._hearing.cancel()
        await asyncio.gather(self._hearing, self._process.wait(), return_exceptions=True)

    async def _line(self) -> bytes:
        try:
            said = await self._output.readline()
        except ValueError as error:
            raise Broken(f"sslyze's process sent a line of more than {LONGEST} bytes") from error
        if not said.endswith(b"\n"):
            raise Broken(await self._ending())
        return said

    async def _ending(self) -> str:
        """Why it ended, in its own last words where it had any."""
        try:
            async with asyncio.timeout(1.0):
                await self._hearing
                status = await self._process.wait()
        except TimeoutError:
            return "sslyze's process closed its output"
        how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        said = [text for text in decode(self._words, _LAST_WORDS).splitlines() if text.strip()]
        return f"sslyze's process {how}" + (f": {line(said[-1], 200)}" if said else "")

    async def _hear(self, errors: asyncio.StreamReader) -> None:
        while said := await errors.read(_LAST_WORDS):
            self._words = (self._words + said)[-_LAST_WORDS:]


async def start(interpreter: Path | None) -> Child:
    """A runner that has greeted. `Broken` where there is none to be had."""
    if interpreter is None:
        raise Broken(MISSING)
    loop = asyncio.get_running_loop()
    try:
        transport, protocol = await loop.subprocess_exec(
            lambda: SubprocessStreamProtocol(limit=LONGEST, loop=loop),
            *(str(interpreter), "-I", "-B", "-W", "ignore", str(RUNNER)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=_ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise Broken(MISSING) from error
    except OSError as error:
        raise Broken(f"{interpreter} cannot be started ({error.strerror}); run: {INSTALL}") from error
    child = Child(transport, protocol)
    try:
        await child.greeted()
    except BaseException:
        await child.close()
        raise
    return child
