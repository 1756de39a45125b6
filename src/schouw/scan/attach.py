"""To an engine for this history: the one that runs, one started as a process of its own, or one in this process."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from schouw.errors import EngineError
from schouw.inventory.fleet import Limits
from schouw.scan.client import Client, Streams
from schouw.scan.messages import LONGEST
from schouw.scan.place import Lock, Place
from schouw.scan.runner import Runner
from schouw.scan.service import Settings, run_service
from schouw.transport.surroundings import Surroundings

START_SECONDS = 30.0
"""An engine loads its libraries and migrates its history in this time."""
_LOG_BYTES = 1 << 20
_PATIENCE = 0.1


@asynccontextmanager
async def attach(
    history: Path, state: Path, runtime: Path, limits: Limits, around: Surroundings, data: Path | None = None
) -> AsyncIterator[Client]:
    """A client of the engine that runs for this history; starts one when there is none.

    `EngineError` when none can be started, or it is of another version.
    """
    settings = Settings(history=history, state=state, runtime=runtime, limits=limits, around=around, data=data)
    async with _client(settings) as client:
        yield client


@asynccontextmanager
async def open_runner(
    history: Path,
    state: Path,
    runtime: Path,
    limits: Limits,
    around: Surroundings,
    record: Path | None = None,
    data: Path | None = None,
) -> AsyncIterator[Runner]:
    """The engine that runs, or else one in this process, to which dashboards may attach meanwhile.

    With `record`, everything seen is also written there; `EngineError` when another engine is at work.
    """
    settings = Settings(history=history, state=state, runtime=runtime, limits=limits, around=around, record=record, data=data)
    place = settings.place
    place.prepare()
    lock = Lock.take(place.lock)
    if lock is not None:
        async with run_service(settings, lock) as service:
            yield service.engine
    elif record is not None:
        raise EngineError(f"another engine works on {history}, and only a scan of its own can be recorded; end it first")
    else:
        async with _client(settings) as client:
            yield client


@asynccontextmanager
async def _client(settings: Settings) -> AsyncIterator[Client]:
    client = Client(lambda: connect(settings))
    try:
        await client.open()
        yield client
    finally:
        await client.close()


async def connect(settings: Settings) -> Streams:
    """A connection to the history's engine, started when there is none."""
    place = settings.place
    place.prepare()
    try:
        return await _dial(place)
    except OSError:
        said = await _start(settings, place)
    # Between two who start an engine at once only one gets the lock, and the other's engine says so and ends.
    try:
        async with asyncio.timeout(START_SECONDS):
            while True:
                try:
                    return await _dial(place)
                except OSError:
                    if _lock_free(place):
                        raise
                await asyncio.sleep(_PATIENCE)
    except (OSError, TimeoutError) as error:
        raise EngineError(f"the engine could not be started: {said or _last_line(place.log)}") from error


async def _dial(place: Place) -> Streams:
    return await asyncio.open_unix_connection(str(place.socket), limit=LONGEST)


def _lock_free(place: Place) -> bool:
    """Whether no engine is there that could still begin to listen."""
    lock = Lock.take(place.lock)
    if lock is not None:
        lock.release()
    return lock is not None


async def _start(settings: Settings, place: Place) -> str:
    """Start the engine's process, detached, and wait until it listens or says why it cannot: "" or the reason."""
    hear, tell = os.pipe()
    command = [sys.executable, "-m", "schouw.scan", "--ready", str(tell), "--settings", settings.to_json()]
    try:
        with _log(place.log) as log:
            process = subprocess.Popen(  # noqa: ASYNC220 - returns as soon as the program runs
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[tell], start_new_session=True, cwd="/"
            )
    except OSError as error:
        os.close(hear)
        raise EngineError(f"the engine's process could not be started: {error.strerror}") from error
    finally:
        os.close(tell)
    # It outlives us; while we live, somebody has to take note of its end.
    threading.Thread(target=process.wait, name="engine's end", daemon=True).start()
    return await _hear(hear)


async def _hear(descriptor: int) -> str:
    """What an engine says through its pipe until it closes it: nothing when all is well."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", 0))
    try:
        async with asyncio.timeout(START_SECONDS):
            return (await reader.read(4096)).decode("utf-8", "replace").strip()
    except TimeoutError:
        return f"it was not ready after {START_SECONDS:g} s"
    finally:
        transport.close()


def _log(path: Path) -> BinaryIO:
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.replace(path.with_suffix(".old.log"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "ab")


def _last_line(path: Path) -> str:
    try:
        lines = path.read_bytes()[-2000:].decode("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else f"see {path}"
