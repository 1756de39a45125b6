"""``schouw watch``: the engine on its schedule, without a screen."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from schouw.cli.places import Places, fleet, places, surroundings
from schouw.cli.progress import Progress

if TYPE_CHECKING:
    import asyncio

    from schouw.inventory import Fleet
    from schouw.model.host import Host
    from schouw.scan import Runner


def add(command: argparse.ArgumentParser) -> None:
    command.description = (
        "Until it is ended; dashboards may come and go beside it. A fleet file that changes is read anew, at once on SIGHUP. "
        "What is scanned when, and a systemd unit: docs/running.md."
    )


def run(options: argparse.Namespace) -> int:
    import asyncio

    from schouw.scan.service import COLLECT_AFTER

    gc.set_threshold(COLLECT_AFTER)
    return asyncio.run(_until_ended(places(options)))


async def _until_ended(where: Places) -> int:
    """A service manager's SIGTERM ends it as an interrupt does: what is being written is written, the rest is let go."""
    import asyncio
    import signal

    asked = asyncio.Event()
    watching = asyncio.create_task(_watch(where, asked))
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, watching.cancel)
    # On a terminal it is the terminal's end, which is ours.
    if not any(map(os.isatty, range(3))):
        loop.add_signal_handler(signal.SIGHUP, asked.set)
    try:
        await watching
    except asyncio.CancelledError:
        if not watching.cancelled():
            raise
    return 0


async def _watch(where: Places, asked: asyncio.Event) -> None:
    """`asked`: to read the fleet file anew, whether or not it changed."""
    import asyncio

    from schouw.scan import open_runner

    chosen = fleet(where)
    around = surroundings(where, chosen.limits.per_jump)
    async with open_runner(where.history, where.state, where.runtime, chosen.limits, around, data=where.data) as runner:
        await _name(runner, chosen)
        progress = Progress(sys.stderr, None, quiet=False)
        tasks = [
            asyncio.create_task(_show(runner, progress)),
            asyncio.create_task(_follow(where, chosen, runner, progress, asked)),
        ]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _show(runner: Runner, progress: Progress) -> None:
    async for event in runner.watch():
        progress.show(event, "")


async def _follow(where: Places, chosen: Fleet, runner: Runner, progress: Progress, asked: asyncio.Event) -> None:
    from schouw.cli.following import changed, read_anew
    from schouw.scan import Notice

    # The same file again: one that went must not be replaced by another that is found elsewhere.
    here = replace(where, config_file=chosen.path)
    async for _ in changed(chosen.path, asked):
        before, (chosen, said) = chosen, read_anew(chosen, lambda: fleet(here))
        if chosen is not before:
            await _name(runner, chosen)
        progress.show(Notice(said), "")


async def _name(runner: Runner, chosen: Fleet) -> None:
    await runner.fleet(_watched(chosen), schedule=True, notifiers=chosen.notifiers)


def _watched(chosen: Fleet) -> tuple[Host, ...]:
    return tuple(host for host in chosen.hosts if host.enabled)
