"""``schouw watch``: the engine on its schedule, without a screen."""

from __future__ import annotations

import argparse
import sys

from schouw.cli.places import Places, fleet, places, surroundings
from schouw.cli.progress import Progress


def add(command: argparse.ArgumentParser) -> None:
    command.description = (
        "Until it is ended; dashboards may come and go beside it. What is scanned when, and a systemd unit: docs/running.md."
    )


def run(options: argparse.Namespace) -> int:
    import asyncio

    return asyncio.run(_until_ended(places(options)))


async def _until_ended(where: Places) -> int:
    """A service manager's SIGTERM ends it as an interrupt does: what is being written is written, the rest is let go."""
    import asyncio
    import signal

    watching = asyncio.create_task(_watch(where))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, watching.cancel)
    try:
        await watching
    except asyncio.CancelledError:
        if not watching.cancelled():
            raise
    return 0


async def _watch(where: Places) -> None:
    from schouw.scan import open_runner

    chosen = fleet(where)
    around = surroundings(where, chosen.limits.per_jump)
    hosts = tuple(host for host in chosen.hosts if host.enabled)
    async with open_runner(where.history, where.state, where.runtime, chosen.limits, around, data=where.data) as runner:
        await runner.fleet(hosts, schedule=True, notifiers=chosen.notifiers)
        progress = Progress(sys.stderr, len(hosts), quiet=False)
        async for event in runner.watch():
            progress.show(event, "")
