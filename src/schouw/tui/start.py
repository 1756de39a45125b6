"""Starting the dashboard: on a fleet with its history and engine, or on a recording."""

from __future__ import annotations

import asyncio
import os
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from schouw.inventory import Fleet
from schouw.tui import settings
from schouw.tui.app import SchouwApp
from schouw.tui.history import HistorySource
from schouw.tui.source import Runner
from schouw.vulnerabilities.schema import DATABASE

if TYPE_CHECKING:
    from schouw.transport import Surroundings


def live(
    fleet: Fleet,
    history: Path,
    config: Path,
    state: Path,
    runtime: Path,
    around: Surroundings,
    data: Path,
    *,
    mouse: bool = True,
) -> int:
    """The dashboard of a fleet; attaches to the history's engine, or starts one, after the first picture."""
    source = HistorySource(history, data / DATABASE)
    source.summaries()  # a damaged or newer history is said now, in a line, not on a broken screen

    async def run() -> int:
        async with AsyncExitStack() as stack:

            async def attached() -> Runner:
                from schouw.scan.attach import attach

                client = await stack.enter_async_context(attach(history, state, runtime, fleet.limits, around, data))
                hosts = tuple(host for host in fleet.hosts if host.enabled)
                await client.fleet(hosts, schedule=True, notifiers=fleet.notifiers)
                return client

            app = SchouwApp(fleet, source, attached, settings.load(config, state, os.environ, Path.cwd()), user=around.user)
            await app.run_async(mouse=mouse)
            return app.return_code or 0

    try:
        return asyncio.run(run())
    finally:
        source.close()


def demo(config: Path, state: Path, replay: str | None = None, *, mouse: bool = True) -> int:
    """The dashboard on a recorded fleet; nothing is scanned, nothing is kept."""
    from schouw.demo.opening import open_demo, open_replay

    async def run(folder: Path) -> int:
        shown = open_replay(folder, Path(replay)) if replay else open_demo(folder)
        source = HistorySource(shown.history, shown.vulnerabilities)

        async def runner() -> Runner:
            return shown.runner

        try:
            app = SchouwApp(shown.fleet, source, runner, settings.load(config, state, os.environ, Path.cwd()), demo=True)
            await app.run_async(mouse=mouse)
            return app.return_code or 0
        finally:
            await shown.runner.close()
            source.close()

    with tempfile.TemporaryDirectory(prefix="schouw-demo-") as folder:
        return asyncio.run(run(Path(folder)))
