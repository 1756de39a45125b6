"""This machine, without SSH: the same ``sh`` in a session of its own."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process, SubprocessStreamProtocol
from pathlib import Path
from typing import cast

from schouw.errors import ErrorClass, HostError
from schouw.model.host import Host
from schouw.text import line
from schouw.transport.command import START

#: Nothing of the caller's environment reaches the script, as nothing would over SSH.
_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/"}


class LocalShell:
    """A child process and all that it started, as one session. See `base.Shell`."""

    def __init__(self, transport: asyncio.SubprocessTransport, protocol: SubprocessStreamProtocol) -> None:
        self._transport = transport
        self._process = Process(transport, protocol, asyncio.get_running_loop())
        self._input = cast(asyncio.StreamWriter, protocol.stdin)  # both are pipes, see LocalConnection.shell
        self._output = cast(asyncio.StreamReader, protocol.stdout)

    async def send(self, data: bytes) -> None:
        try:
            self._input.write(data)
            await self._input.drain()
        except OSError as error:
            raise HostError(ErrorClass.DROPPED, "the shell on this machine ended early") from error

    async def receive(self, limit: int) -> bytes:
        return await self._output.read(limit)

    async def close(self, idle: bool = False) -> None:
        del idle  # its end is at hand
        if not self._transport.is_closing():  # once: the process number may be another's afterwards
            _end(self._process.pid)
            self._transport.close()  # our ends of the pipes too: something that left the group may hold the others
        await self._process.wait()


class LocalConnection:
    """See `base.Connection`; there is nothing to log in to."""

    peer = ""
    direct = None
    kexinit = None
    server_version = ""
    alive = True

    def __init__(self) -> None:
        self._shells: list[LocalShell] = []

    async def shell(self) -> LocalShell:
        loop = asyncio.get_running_loop()
        try:
            transport, protocol = await loop.subprocess_exec(
                lambda: SubprocessStreamProtocol(limit=1 << 16, loop=loop),
                *("sh", "-c", START),
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env=_ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            raise HostError(ErrorClass.NO_SHELL, f"sh cannot be started on this machine: {line(str(error))}") from error
        shell = LocalShell(transport, protocol)
        self._shells.append(shell)
        return shell

    async def close(self) -> None:
        self.alive = False
        for shell in self._shells:
            await shell.close()


class LocalTransport:
    """See `base.Transport`."""

    async def connect(self, host: Host) -> LocalConnection:
        del host  # there is only one
        return LocalConnection()

    async def close(self) -> None:
        """Nothing is shared."""


def _end(session: int) -> None:
    """Kill all of the session: its groups outlive their leaders, and ``timeout`` makes groups of its own.

    Again until none is left, for one that was just being started; as often as would be absurd.
    """
    for _ in range(10):
        found = [stat for stat in Path("/proc").glob("[0-9]*/stat") if _kill(stat, session)]
        if not found:
            return


def _kill(stat: Path, session: int) -> bool:
    """Whether this process was one of the session's, and still ran."""
    try:
        state, _, _, its = stat.read_text(errors="replace").rpartition(")")[2].split()[:4]
        if int(its) != session or state in "ZX":
            return False
        os.kill(int(stat.parent.name), signal.SIGKILL)
    except OSError:  # it ended by itself meanwhile, or is another user's
        return False
    return True
