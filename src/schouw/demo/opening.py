"""The demo, ready to be shown: a fleet, a history of the last days, and a runner that plays what comes next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from schouw.demo.build import Server, facts
from schouw.demo.known import build_known
from schouw.demo.past import write_past
from schouw.demo.servers import Played, played
from schouw.errors import HostError
from schouw.inventory.fleet import Fleet, Limits
from schouw.model.host import Host
from schouw.scan.engine import Engine
from schouw.scan.keeper import Keeper, now
from schouw.scan.record import Recorded, ReplayLooker, read_recording
from schouw.vulnerabilities.schema import DATABASE

TITLE = "demo"
_STEP_SECONDS = 0.15
_LIMITS = Limits(concurrent=6, start_rate=8.0)


class Demo(NamedTuple):
    fleet: Fleet
    history: Path
    vulnerabilities: Path
    """The database that its hosts were judged by; a recording has none."""
    runner: Engine
    """The caller closes it."""


async def watchable() -> None:
    """A step takes long enough to be seen."""
    await asyncio.sleep(_STEP_SECONDS)


def open_demo(folder: Path, at: datetime | None = None, pause: Callable[[], Awaitable[None]] | None = watchable) -> Demo:
    """The recorded dozen, with its past written to a new history in `folder`. `at`: when "now" is.

    The fleet's `path` is ``demo``, which no file has.
    """
    servers = played()
    history = folder / "demo.db"
    write_past(history, build_known(folder, at or now()), servers, at or now())
    return _demo(history, [one.host for one in servers], _to_come(servers), _LIMITS, pause)


def open_replay(folder: Path, recording: Path, pause: Callable[[], Awaitable[None]] | None = watchable) -> Demo:
    """What ``schouw scan --record`` wrote. `ConfigError` when the file is not a recording."""
    recorded = read_recording(recording)
    return _demo(folder / "replay.db", list(ReplayLooker(recorded).hosts()), recorded, _LIMITS, pause)


def replay_many(count: int, folder: Path, pause: Callable[[], Awaitable[None]] | None = None) -> Demo:
    """Many hosts that look like the demo's, never scanned: for benchmarks and screen tests."""
    servers = played()
    recorded = [
        _renamed(one, f"{one.host.name}-{number:04}", number)
        for number in range(count)
        for one in _to_come([servers[number % len(servers)]])
    ]
    hosts = list(ReplayLooker(recorded).hosts())
    return _demo(folder / "many.db", hosts, recorded, Limits(concurrent=count, start_rate=1e6), pause)


def _renamed(one: Recorded, name: str, number: int) -> Recorded:
    host = replace(one.host, name=name, address=f"2001:db8::{number:x}")
    return Recorded(host, replace(one.facts, host=name) if one.facts else None, one.error, one.message)


def _demo(
    history: Path, hosts: list[Host], recorded: list[Recorded], limits: Limits, pause: Callable[[], Awaitable[None]] | None
) -> Demo:
    fleet = Fleet(tuple(hosts), limits, Path(TITLE), tuple(dict.fromkeys(group for host in hosts for group in host.groups)))
    known = history.with_name(DATABASE)
    runner = Engine(ReplayLooker(recorded, pause), Keeper.open(history, database=known), limits, sleep=_at_once)
    return Demo(fleet, history, known, runner)


async def _at_once(_seconds: float) -> None:
    """A recording is not better the second time: nobody waits for it."""
    await asyncio.sleep(0)


def _to_come(servers: Iterable[Played]) -> list[Recorded]:
    return [_recorded(one, moment) for one in servers for moment in one.after]


def _recorded(one: Played, moment: Server | HostError) -> Recorded:
    if isinstance(moment, HostError):
        return Recorded(one.host, None, moment.kind, str(moment))
    return Recorded(one.host, facts(one.host.name, moment))
