"""A fleet that was scanned: many replayed hosts, and the history that they leave."""

from __future__ import annotations

from pathlib import Path

from schouw.demo.opening import Demo, replay_many
from schouw.scan.events import SweepDone


async def swept(hosts: int, folder: Path) -> Demo:
    """Every host looked at once; the runner is closed."""
    shown = replay_many(hosts, folder)
    watching = shown.runner.watch()
    await anext(watching)
    sweep = await shown.runner.submit(shown.fleet.hosts)
    async for event in watching:
        if isinstance(event, SweepDone) and event.sweep == sweep:
            break
    await shown.runner.close()
    return shown
