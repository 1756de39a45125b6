"""The schedule as the engine runs it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from schouw.scan.events import Finished
from schouw.scan.look import Look
from schouw.scan.scheduler import run_schedule
from tests.unit.scan_support import Scripted, finished, running, some_hosts, until_done


async def test_only_what_is_scheduled_is_scanned_and_only_once(tmp_path: Path) -> None:
    looker = Scripted()
    on_request = [replace(host, rescan=0.0) for host in some_hosts("never")]
    off = [replace(host, enabled=False) for host in some_hosts("off")]
    async with running(tmp_path, looker) as engine:
        events = engine.watch()
        schedule = asyncio.create_task(run_schedule(engine))
        await engine.fleet([*some_hosts("a", "b"), *on_request, *off], schedule=True)
        seen: set[str] = set()
        async for event in events:
            if isinstance(event, Finished):
                seen.add(event.host)
            if seen == {"a", "b"}:
                break
        # What was scanned a moment ago is not due, whatever else changes.
        await engine.fleet(some_hosts("a", "b", "c"), schedule=True)
        async for event in events:
            if isinstance(event, Finished):
                break
        schedule.cancel()
    assert looker.looks == {"a": 1, "b": 1, "c": 1}


async def test_a_fleet_without_a_schedule_is_only_scanned_on_request(tmp_path: Path) -> None:
    looker = Scripted()
    async with running(tmp_path, looker) as engine:
        events = engine.watch()
        schedule = asyncio.create_task(run_schedule(engine))
        await engine.fleet(some_hosts("a", "b"))
        assert finished(await until_done(events, await engine.submit(some_hosts("b")))) == ["b"]
        schedule.cancel()
    assert looker.looks == {"b": 1}


async def test_the_inside_alone_has_a_schedule_of_its_own(tmp_path: Path) -> None:
    looker = Scripted()
    (host,) = (replace(host, rescan=0.0, rescan_inside=900.0) for host in some_hosts("a"))
    async with running(tmp_path, looker) as engine:
        events = engine.watch()
        schedule = asyncio.create_task(run_schedule(engine))
        await engine.fleet([host], schedule=True)
        async for event in events:
            if isinstance(event, Finished):
                break
        schedule.cancel()
    assert looker.wanted == [Look.INSIDE]
