"""Hosts that behave as a test says, behind the engine's own seam."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from schouw.demo.build import Server, facts
from schouw.demo.stock import DEBIAN_13
from schouw.errors import HostError
from schouw.inventory.fleet import Limits
from schouw.model.facts import Facts
from schouw.model.host import Host
from schouw.model.tls import Endpoint
from schouw.scan.engine import Engine
from schouw.scan.events import AnyEvent, Finished, SweepDone
from schouw.scan.keeper import Keeper
from schouw.scan.look import Look, OnStep

UNPACED = Limits(start_rate=1e6)
SERVER = Server(release=DEBIAN_13, addresses=("192.0.2.1",))


def some_hosts(*names: str) -> list[Host]:
    return [Host(name=name, ssh_config="") for name in names]


class Scripted:
    """`fails`: errors to raise, in order, before a host answers. `hold`: hosts that answer only once released."""

    def __init__(self) -> None:
        self.fails: dict[str, list[HostError]] = {}
        self.hold: dict[str, asyncio.Event] = {}
        self.looks: Counter[str] = Counter()
        self.wanted: list[Look] = []
        self.only: list[tuple[Endpoint, ...]] = []
        self.order: list[str] = []
        self.running: set[str] = set()
        self.most = 0
        self.entered = asyncio.Event()
        self.closed = False
        self.previous: dict[str, Facts | None] = {}
        self.server = SERVER

    async def look(
        self, host: Host, look: Look, previous: Facts | None, on_step: OnStep, only: tuple[Endpoint, ...] = ()
    ) -> Facts:
        self.looks[host.name] += 1
        self.wanted.append(look)
        self.only.append(only)
        self.order.append(host.name)
        self.previous[host.name] = previous
        self.running.add(host.name)
        self.most = max(self.most, len(self.running))
        self.entered.set()
        try:
            on_step("looking", 1, 1)
            if host.name in self.hold:
                await self.hold[host.name].wait()
            if self.fails.get(host.name):
                raise self.fails[host.name].pop(0)
            return facts(host.name, self.server)
        finally:
            self.running.discard(host.name)

    async def keep(self, host: Host) -> None:
        pass

    async def close(self) -> None:
        self.closed = True


@asynccontextmanager
async def running(
    folder: Path, looker: Scripted, limits: Limits = UNPACED, slept: Callable[[float], None] = lambda _: None
) -> AsyncIterator[Engine]:
    async def sleep(seconds: float) -> None:
        slept(seconds)
        await asyncio.sleep(0)

    engine = Engine(looker, Keeper.open(folder / "history.db"), limits, sleep=sleep)
    try:
        yield engine
    finally:
        await engine.close()


@asynccontextmanager
async def closing(engine: Engine) -> AsyncIterator[Engine]:
    try:
        yield engine
    finally:
        await engine.close()


async def until_done(events: AsyncIterator[AnyEvent], sweep: str) -> list[AnyEvent]:
    """All events up to the end of a sweep."""
    seen: list[AnyEvent] = []
    async for event in events:
        seen.append(event)
        if isinstance(event, SweepDone) and event.sweep == sweep:
            return seen
    raise AssertionError("the events ended before the sweep")


def finished(events: list[AnyEvent]) -> list[str]:
    return [event.host for event in events if isinstance(event, Finished)]
