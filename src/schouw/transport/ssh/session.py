"""What a login is good for: shells, and what the handshake told about the server."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import re
from collections.abc import Callable

import asyncssh

from schouw.errors import ErrorClass, HostError
from schouw.text import line
from schouw.transport.command import START, kill

#: Seconds that a remote process or connection gets to end in peace.
_SOON = 0.5
_PEACE = 2.0

_GROUP = re.compile(rb"^schouw ([1-9][0-9]{1,9})$", re.MULTILINE)

_KEXINIT = 20  # RFC 4253, 12

#: How the kernel says that nobody answers any more.
_SILENCE = (errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH)


class SshShell:
    """See `base.Shell`."""

    def __init__(self, connection: asyncssh.SSHClientConnection, process: asyncssh.SSHClientProcess[bytes], name: str) -> None:
        self._connection = connection
        self._process = process
        self._name = name
        self._group: int | None = None

    async def send(self, data: bytes) -> None:
        try:
            self._process.stdin.write(data)
            await self._process.stdin.drain()
        except (asyncssh.Error, OSError) as error:
            raise _gone(self._name, error) from error

    async def receive(self, limit: int) -> bytes:
        try:
            return await self._process.stdout.read(limit)
        except (asyncssh.Error, OSError) as error:
            raise _gone(self._name, error) from error

    async def close(self, idle: bool = False) -> None:
        """End it and its whole group; a remote process survives its channel.

        An idle shell ends with its input. A busy one needs a signal: asked of sshd first, then, since sshd
        grants that to no one who logs in as root, sent from a second session.
        """
        try:
            if idle:
                return
            with contextlib.suppress(asyncssh.Error, OSError):
                self._process.stdin.write_eof()
                self._process.terminate()
            for signal in ("TERM", "KILL"):
                if await self._ended(_SOON):
                    return
                await self._kill(signal)
            await self._ended(_SOON)
        finally:
            self._process.channel.abort()

    async def _ended(self, seconds: float) -> bool:
        """Whether it ended in time. What it still prints is thrown away, else a full window keeps it from ending."""
        try:
            async with asyncio.timeout(seconds):
                while await self._process.stdout.read(1 << 16):
                    pass
                await self._process.wait_closed()
        except TimeoutError:
            return False
        except (asyncssh.Error, OSError):
            return True
        return True

    async def _kill(self, signal: str) -> None:
        with contextlib.suppress(TimeoutError, asyncssh.Error, OSError):
            async with asyncio.timeout(_PEACE):
                if self._group is None:
                    said = _GROUP.search(await self._process.stderr.read(4096))
                    if said is None:
                        return
                    self._group = int(said[1])
                killer = await self._connection.create_process(
                    kill(signal, self._group),
                    stdin=asyncssh.DEVNULL,
                    stdout=asyncssh.DEVNULL,
                    stderr=asyncssh.DEVNULL,
                    encoding=None,
                    request_pty=False,
                )
                try:
                    await killer.wait_closed()
                finally:
                    killer.channel.abort()


class SshConnection:
    """See `base.Connection`."""

    def __init__(
        self, connection: asyncssh.SSHClientConnection, name: str, on_close: Callable[[], None], jumped: bool = False
    ) -> None:
        self.connection = connection
        self._name = name
        self._on_close: Callable[[], None] | None = on_close
        address, port = (connection.get_extra_info("peername") or ("", 0))[:2]
        self.peer = str(address)
        self.direct = None if jumped or not self.peer else (self.peer, int(port))
        self.server_version = line(str(connection.get_extra_info("server_version") or ""))

    @property
    def kexinit(self) -> bytes | None:
        """asyncssh has no public way to it; without it the SSH offer is read by a connection of its own."""
        payload = getattr(self.connection, "_server_kexinit", None)
        return payload if isinstance(payload, bytes) and payload[:1] == bytes([_KEXINIT]) else None

    @property
    def alive(self) -> bool:
        return not self.connection.is_closed()

    async def shell(self) -> SshShell:
        try:
            process = await self.connection.create_process(START, encoding=None, request_pty=False, env={}, send_env=[])
        except asyncssh.ChannelOpenError as error:
            if not self.alive:
                raise _gone(self._name, None) from error
            message = f"{self._name}: it opens no session: {line(str(error.reason))}"
            raise HostError(ErrorClass.NO_SHELL, message, "see its MaxSessions and ForceCommand") from error
        except (asyncssh.Error, OSError) as error:
            raise _gone(self._name, error) from error
        return SshShell(self.connection, process, self._name)

    async def close(self) -> None:
        try:
            self.connection.close()
            with contextlib.suppress(TimeoutError, asyncssh.Error, OSError):
                async with asyncio.timeout(_PEACE):
                    await self.connection.wait_closed()
        finally:
            self.connection.abort()
            if self._on_close is not None:
                self._on_close()
                self._on_close = None


def _gone(name: str, error: Exception | None) -> HostError:
    if (isinstance(error, OSError) and error.errno in _SILENCE) or "keepalive" in str(error):
        return HostError(ErrorClass.SILENT, f"{name}: it fell silent half-way", "is it up, and on the network?")
    reason = f": {line(str(error))}" if error is not None and str(error) else ""
    return HostError(ErrorClass.DROPPED, f"{name}: the connection ended{reason}", "it may have been restarted")
