"""While 200 replayed hosts stream 500 changes a second: from key press to painted screen, the loop, and memory."""

from __future__ import annotations

import asyncio
import gc
import itertools
import resource
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual.screen import Screen

from schouw.model.baseline import Baseline
from schouw.model.finding import Decision
from schouw.model.host import Host
from schouw.model.summary import Summary
from schouw.model.tls import Endpoint
from schouw.scan.events import AnyEvent, Finished, Hello, Step
from schouw.scan.look import Look
from schouw.tui import settings
from schouw.tui.app import SchouwApp
from schouw.tui.history import HistorySource
from schouw.tui.source import Runner
from tests.bench.fleet import swept
from tests.bench.measure import Result

HOSTS = 200
CHANGES = 500
PRESSES = 120


class Stream:
    """An engine that says `CHANGES` things a second, for ever: steps, and every fifth a finished scan."""

    def __init__(self, summaries: dict[str, Summary]) -> None:
        self._summaries = summaries
        self.said = 0

    async def submit(
        self, hosts: Sequence[Host], look: Look = Look.NORMAL, by: str = "person", only: tuple[Endpoint, ...] = ()
    ) -> str:
        return "none"

    async def cancel(self, names: Sequence[str] | None = None) -> None:
        return None

    async def decide(self, *decisions: Decision) -> None:
        return None

    async def keep_baseline(self, baseline: Baseline) -> None:
        return None

    async def watch(self) -> AsyncIterator[AnyEvent]:
        yield Hello(1, 0, tuple(self._summaries))
        names = list(self._summaries)
        began = time.perf_counter()
        while True:
            name = names[self.said * 7 % len(names)]
            if self.said % 5 == 4:
                known = self._summaries[name]
                tried = known.tried_at
                yield Finished(name, replace(known, new=self.said % 9, tried_at=tried))
            else:
                yield Step(name, "packages", self.said % 10, 10)
            self.said += 1
            ahead = self.said / CHANGES - (time.perf_counter() - began)
            await asyncio.sleep(max(0.0, ahead))


class Painted(SchouwApp):
    """Says when a picture with another host under the cursor has gone to the terminal."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.painted = asyncio.Event()
        self.before: str | None = None
        super().__init__(*arguments, **options)

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        super()._display(screen, renderable)
        if self.before is not None and self.fleet.view.cursor != self.before:
            self.painted.set()


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="schouw-bench-") as name:
        folder = Path(name)
        presses, lags, rate = asyncio.run(measure(folder))
    yield answered("key press to painted screen, 95th percentile", presses, f"at {rate:.0f} changes a second")
    yield Result("longest time that the loop was blocked", max(lags) * 1000, 100, " ms")
    yield Result("memory of the screen's process", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 200, " MB")


def answered(promise: str, presses: list[float], detail: str) -> Result:
    presses.sort()
    p95 = presses[int(len(presses) * 0.95)]
    return Result(promise, p95 * 1000, 50, " ms", f"median {statistics.median(presses) * 1000:.1f} ms {detail}")


async def measure(
    folder: Path,
    hosts: int = HOSTS,
    beside: Callable[[Painted], Awaitable[None]] | None = None,
) -> tuple[list[float], list[float], float]:
    """Seconds of each key press, seconds that the loop was late, changes a second; at least while `beside` goes on."""
    shown = await swept(hosts, folder)
    gc.collect()
    gc.freeze()  # what the replaying engine left here is in another process where people use it
    source = HistorySource(shown.history, shown.vulnerabilities)
    stream = Stream(source.summaries())

    async def runner() -> Runner:
        return stream

    app = Painted(shown.fleet, source, runner, settings.load(folder, folder, {}, folder), demo=True)
    presses: list[float] = []
    lags: list[float] = []
    try:
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            began, said = time.perf_counter(), stream.said
            sampler = asyncio.create_task(_lag(lags))
            going = asyncio.ensure_future(beside(app)) if beside else None
            for number in itertools.count():
                if number >= PRESSES and (going is None or going.done()):
                    break
                app.painted.clear()
                app.before = app.fleet.view.cursor
                pressed = time.perf_counter()
                app.simulate_key("down" if number % 40 < 20 else "up")
                await app.painted.wait()
                presses.append(time.perf_counter() - pressed)
                await asyncio.sleep(0.05)
            sampler.cancel()
            if going is not None:
                await going
            rate = (stream.said - said) / (time.perf_counter() - began)
    finally:
        source.close()
    return presses, lags, rate


async def _lag(lags: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.005)
        lags.append(time.perf_counter() - began - 0.005)
