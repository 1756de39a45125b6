"""The engine with all that it needs around it: lock, history, transport, socket. In whichever process it runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from schouw.errors import EngineError
from schouw.inventory.fleet import Limits
from schouw.model.host import Host
from schouw.notify.desk import Desk
from schouw.notify.ledger import path_of
from schouw.notify.sending import send
from schouw.scan.engine import Engine
from schouw.scan.keeper import Keeper, Sink, now
from schouw.scan.notifying import run_notifying, tell_before_the_end
from schouw.scan.place import Lock, Place, holder
from schouw.scan.rejudging import run_rejudging
from schouw.scan.scheduler import run_schedule
from schouw.scan.server import Server, serve
from schouw.transport.surroundings import Surroundings
from schouw.vulnerabilities.schema import DATABASE

COLLECT_AFTER = 50_000
"""New containers before Python looks for cycles, in a process that is an engine. Facts and verdicts come by the hundred
thousand and have none: at Python's own 700 a third of the time of judging a fleet went into looking."""
NICE = 10
"""How far an engine stands back for what people wait for on the same processors: the screen, before all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an engine is started with: it reads nothing of its environment."""

    history: Path
    state: Path
    runtime: Path
    limits: Limits
    around: Surroundings
    record: Path | None = None
    data: Path | None = None
    """The user's data folder, where sslyze's environment and the vulnerability database may be."""

    def to_json(self) -> str:
        return msgspec.json.encode(self, enc_hook=os.fspath).decode()

    @classmethod
    def from_json(cls, text: str) -> Settings:
        return msgspec.json.decode(text, type=cls, dec_hook=lambda kind, value: kind(value))

    @property
    def vulnerabilities(self) -> Path | None:
        return self.data / DATABASE if self.data is not None else None

    @property
    def place(self) -> Place:
        return Place.of(self.history, self.state, self.runtime)


@dataclass(frozen=True, slots=True)
class Service:
    engine: Engine
    server: Server


@asynccontextmanager
async def run_service(settings: Settings, lock: Lock) -> AsyncIterator[Service]:
    """The engine of a history whose lock is held; afterwards nothing of it is left.

    `HistoryError`, `ConfigError` (the recording) or `EngineError` (the socket) when it cannot start.
    """
    from schouw.probe.deep.environment import interpreter_of, location
    from schouw.scan.live import LiveLooker
    from schouw.transport import open_transport

    try:
        keeper = Keeper.open(settings.history, _recorder(settings.record), settings.vulnerabilities)
        hosts: dict[str, Host] = {}
        sslyze = interpreter_of(location(settings.data)) if settings.data is not None else None
        desk = Desk(keeper, path_of(settings.history), send, now)
        looker = LiveLooker(open_transport(hosts, settings.around), sslyze)
        engine = Engine(looker, keeper, settings.limits, hosts=hosts, desk=desk)
        try:
            server = await serve(engine, settings.place.socket)
            rejudging = run_rejudging(keeper, hosts, engine.watchers, lambda: engine.busy)
            beside = [
                asyncio.create_task(run_schedule(engine), name="schedule"),
                asyncio.create_task(run_notifying(engine, desk), name="notifying"),
                asyncio.create_task(rejudging, name="rejudging"),
            ]
            try:
                yield Service(engine, server)
                await tell_before_the_end(desk)
            finally:
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)
                await server.close()
        finally:
            await engine.close()
    finally:
        lock.release()


def _recorder(path: Path | None) -> Sink | None:
    if path is None:
        return None
    from schouw.scan.record import Recorder  # with decoders of all facts

    return Recorder(path)


def take_lock(place: Place) -> Lock:
    """`EngineError`, with the process, when another engine has the history."""
    place.prepare()
    lock = Lock.take(place.lock)
    if lock is None:
        pid = holder(place.lock)
        which = f" (process {pid})" if pid else ""
        raise EngineError(f"another engine{which} works on {place.history}")
    return lock


async def wait_idle(service: Service, seconds: float) -> None:
    """Return once there has been neither work nor a client for so long."""
    quiet = 0.0
    pause = seconds / 10
    while quiet < seconds:
        await asyncio.sleep(pause)
        quiet = 0.0 if service.engine.busy or service.server.clients else quiet + pause
