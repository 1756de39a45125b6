"""Starting the dashboard: on a fleet with its history and engine, or on a recording."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from schouw.history.snapshot import read_summaries
from schouw.inventory import Fleet
from schouw.model.summary import Summary
from schouw.tui import settings
from schouw.tui.app import SchouwApp
from schouw.tui.source import Runner
from schouw.vulnerabilities.schema import DATABASE

if TYPE_CHECKING:
    from schouw.history import History
    from schouw.history.values import ScanRow
    from schouw.model.facts import Facts
    from schouw.model.finding import NotChecked, TrackedFinding
    from schouw.transport import Surroundings
    from schouw.vulnerabilities.lookup import Lookup


#: Seconds for the screen, whenever the database's thread has worked for a moment.
_STAND_BACK = 0.002


class HistorySource:
    """The history at `path`, which need not exist yet. Summaries are read without SQLAlchemy, all else with it."""

    def __init__(self, path: Path, database: Path) -> None:
        """`database`: of known vulnerabilities, which need not exist yet either."""
        self._path = path
        self._database = database
        self._history: History | None = None
        self._lookup: Lookup | None = None
        self._lock = Lock()

    @property
    def lookup(self) -> Lookup:
        with self._lock:
            if self._lookup is None:
                from schouw.vulnerabilities.lookup import Lookup

                self._lookup = Lookup(self._database, self.facts, _STAND_BACK)
            return self._lookup

    def summaries(self) -> dict[str, Summary]:
        return read_summaries(self._path)

    def findings(self, name: str) -> Sequence[TrackedFinding]:
        return history.findings(name) if (history := self._opened()) else ()

    def everything(self) -> Mapping[str, Sequence[TrackedFinding]]:
        return history.everything() if (history := self._opened()) else {}

    def not_checked(self, name: str) -> Sequence[NotChecked]:
        return history.not_checked(name) if (history := self._opened()) else ()

    def facts(self, name: str, sections: Collection[str] | None = None) -> Facts | None:
        return history.facts(name, sections) if (history := self._opened()) else None

    def scans(self, name: str) -> Sequence[ScanRow]:
        return history.scans(name) if (history := self._opened()) else ()

    def close(self) -> None:
        if self._lookup is not None:
            self._lookup.close()
        if self._history is not None:
            self._history.close()

    def _opened(self) -> History | None:
        if self._history is None and self._path.exists():
            from schouw.history import History

            self._history = History.open(self._path, read_only=True)
        return self._history


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
                await client.fleet(tuple(host for host in fleet.hosts if host.enabled), schedule=True)
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
