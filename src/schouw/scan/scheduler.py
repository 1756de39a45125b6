"""Runs the schedule of an engine's fleet, for as long as nobody cancels it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from itertools import groupby

from schouw.scan.engine import Engine
from schouw.scan.keeper import Keeper, now
from schouw.scan.look import Look
from schouw.scan.schedule import due, look_for, next_due

LONGEST = 600.0
"""Seconds: a laptop that slept, or a clock that was set, is noticed this soon."""


async def run_schedule(engine: Engine, keeper: Keeper, clock: Callable[[], datetime] = now) -> None:
    """Submit hosts when they are due; hosts that are being scanned count as done when that ends."""
    while True:
        engine.fleet_changed.clear()
        summaries, failures, at = await keeper.summaries(), await engine.failures(), clock()
        idle = [host for host in engine.scheduled if not engine.scanning(host.name)]
        late = due(idle, summaries, failures, at)
        looks = [(look_for(host, summaries.get(host.name), at), host) for host in late]
        for look, group in groupby(sorted(looks, key=lambda pair: pair[0] is Look.ALL_PORTS), key=lambda pair: pair[0]):
            await engine.submit([host for _, host in group], look, by="schedule")
        later = next_due([host for host in idle if host not in late], summaries, failures, at)
        seconds = LONGEST if later is None else (later - at).total_seconds()
        # A host that is being scanned now is looked at again in a while, and its next moment is further than that.
        await _wait(engine.fleet_changed, min(max(seconds, 1.0), LONGEST))


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
