"""Runs the schedule that an engine was asked to keep, for as long as nobody cancels it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from schouw.errors import HistoryError
from schouw.scan.engine import Engine
from schouw.scan.events import Notice
from schouw.scan.keeper import now
from schouw.scan.look import Look
from schouw.scan.schedule import due, look_for, next_due

LONGEST = 600.0
"""Seconds: a laptop that slept, or a clock that was set, is noticed this soon."""


async def run_schedule(engine: Engine, clock: Callable[[], datetime] = now) -> None:
    """Submit hosts when they are due; a history that cannot be read now may be readable later."""
    while True:
        engine.fleet_changed.clear()
        try:
            seconds = await _submit_due(engine, clock())
        except HistoryError as error:
            engine.watchers.tell(Notice(f"the schedule waits: {error}"))
            seconds = LONGEST
        await _wait(engine.fleet_changed, min(max(seconds, 1.0), LONGEST))


async def _submit_due(engine: Engine, at: datetime) -> float:
    """Seconds until the next host is due. One that is being scanned has its next moment far ahead."""
    summaries, failures = await engine.summaries(), await engine.failures()
    idle = [host for host in engine.scheduled if not engine.scanning(host.name)]
    late = due(idle, summaries, failures, at)
    for look in Look:
        hosts = [host for host in late if look_for(host, summaries.get(host.name), at) is look]
        if hosts:
            await engine.submit(hosts, look, by="schedule")
    later = next_due([host for host in idle if host not in late], summaries, failures, at)
    return LONGEST if later is None else (later - at).total_seconds()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
