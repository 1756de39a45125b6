"""The engine's socket: every client is told all events, and may submit, cancel and name the fleet."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Sequence
from pathlib import Path

import msgspec

from schouw.errors import EngineError, SchouwError
from schouw.scan.engine import Engine
from schouw.scan.events import AnyEvent
from schouw.scan.messages import (
    LONGEST,
    Answer,
    AnyCommand,
    Cancel,
    Decide,
    DropBaseline,
    KeepBaseline,
    KeepPhaseout,
    SetFleet,
    Submit,
    read_command,
    to_line,
)
from schouw.scan.watchers import Watcher


class Server:
    """Serves one engine. What a client does wrong ends that client alone."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    @property
    def clients(self) -> int:
        return len(self._clients)

    async def start(self, path: Path) -> None:
        """Listen at `path`, replacing what a dead engine left there: the caller holds the history's lock."""
        self._path = path
        self._server = await asyncio.start_unix_server(self._serve, sock=_bind(path), limit=LONGEST)

    async def close(self) -> None:
        """Say goodbye to all clients; never raises."""
        if self._server is None:
            return
        self._server.close()
        self._path.unlink(missing_ok=True)
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if not _ours(writer) or task is None:
            writer.close()
            return
        self._clients.add(task)
        watcher = self._engine.join()
        telling = asyncio.create_task(self._tell(watcher, writer))
        try:
            # LookupError and ValueError: a line without end, longer than is allowed.
            with contextlib.suppress(OSError, ValueError, msgspec.MsgspecError):
                while line := await reader.readline():
                    answer = await self._do(read_command(line))
                    # Behind all that was told before: whoever has the answer to a submit knows of its sweep, and learns
                    # that it is over even where this engine is killed now.
                    writer.write(_lines([*watcher.waiting(), answer]))
                    await writer.drain()
        except asyncio.CancelledError:
            pass  # the engine ends; streams would log it as an error of this callback
        finally:
            telling.cancel()
            writer.close()
            self._clients.discard(task)

    async def _tell(self, watcher: Watcher, writer: asyncio.StreamWriter) -> None:
        """All events, as fast as this client takes them; it is hung up on when it lags too far behind."""
        try:
            while not watcher.overrun:
                writer.write(_lines(await watcher.take()))
                await writer.drain()
        except OSError:
            return
        finally:
            self._engine.watchers.leave(watcher)
            writer.close()

    async def _do(self, command: AnyCommand) -> Answer:
        try:
            match command:
                case Submit(number, hosts, look, by, only):
                    return Answer(number, await self._engine.submit(hosts, look, by, only))
                case Cancel(number, names):
                    await self._engine.cancel(names)
                case SetFleet(number, hosts, schedule, notifiers):
                    await self._engine.fleet(hosts, schedule, notifiers)
                case Decide(number, decisions):
                    await self._engine.decide(*decisions)
                case KeepPhaseout(number, phaseout):
                    await self._engine.keep_phaseout(phaseout)
                case KeepBaseline(number, baseline):
                    await self._engine.keep_baseline(baseline)
                case DropBaseline(number, name):
                    await self._engine.drop_baseline(name)
        except SchouwError as error:
            return Answer(command.number, error=str(error))
        return Answer(number)


def _lines(said: Sequence[AnyEvent | Answer]) -> bytes:
    return b"".join(to_line(one) + b"\n" for one in said)


def _bind(path: Path) -> socket.socket:
    """A socket that nobody else may connect to, from its first moment on."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    before = os.umask(0o177)
    try:
        path.unlink(missing_ok=True)
        listening.bind(str(path))
    except OSError as error:
        listening.close()
        raise EngineError(f"{path}: {error.strerror}") from error
    finally:
        os.umask(before)
    return listening


def _ours(writer: asyncio.StreamWriter) -> bool:
    """Whether the other side runs as our user: the folder's mode says so already, and may have been changed since."""
    peer = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return bool(struct.unpack("3i", peer)[1] == os.getuid())


async def serve(engine: Engine, path: Path) -> Server:
    server = Server(engine)
    await server.start(path)
    return server
