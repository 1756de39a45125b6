"""``schouw watch``: the engine on its schedule, without a screen."""

from __future__ import annotations

import argparse
import sys

from schouw.cli.places import Places, fleet, places, surroundings
from schouw.cli.progress import Progress


def add(command: argparse.ArgumentParser) -> None:
    command.description = "Until it is ended; dashboards may come and go beside it."


def run(options: argparse.Namespace) -> int:
    import asyncio

    asyncio.run(_watch(places(options)))
    return 0


async def _watch(where: Places) -> None:
    from schouw.scan import open_runner

    chosen = fleet(where)
    around = surroundings(where, chosen.limits.per_jump)
    hosts = tuple(host for host in chosen.hosts if host.enabled)
    async with open_runner(where.history, where.state, where.runtime, chosen.limits, around, data=where.data) as runner:
        await runner.fleet(hosts, schedule=True)
        progress = Progress(sys.stderr, len(hosts), quiet=False)
        async for event in runner.watch():
            progress.show(event, "")
