"""Has the desk tell what scans found, for as long as nobody cancels it; no scan waits for that."""

from __future__ import annotations

import asyncio
import contextlib

from schouw.notify.desk import Desk
from schouw.scan.engine import Engine

EVERY = 60.0
"""Seconds: quiet hours that end, a digest's time, another try, what a long sweep has found so far."""
PATIENCE = 15.0
"""That an engine which has nothing else to do stays for."""


async def run_notifying(engine: Engine, desk: Desk) -> None:
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(EVERY):
                await engine.swept.wait()
        engine.swept.clear()
        await desk.tell(busy=engine.busy)
        engine.troubled(desk.problem)


async def tell_before_the_end(desk: Desk) -> None:
    """What a `schouw scan` of cron's found; what cannot be told now is told by the next engine."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await desk.tell(ending=True)
