"""The engine: who is looked at when, how often again, and what happens when it goes wrong.

Rules and figures: `fleet.md` F. Fifty hosts at once, starts paced, a deadline a host; hosts that failed last time and
second tries go through a small pool of their own, so that the sick delay nobody; a rescan that a person waits for
overtakes the sweep. A host that is being scanned is not scanned twice: whoever asks meanwhile gets the same result.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from itertools import count

from schouw.errors import WORTH_RETRYING, ErrorClass, HistoryError, HostError
from schouw.inventory.fleet import Limits
from schouw.model.baseline import Baseline
from schouw.model.facts import Facts
from schouw.model.finding import Decision
from schouw.model.host import Host, Reach
from schouw.model.notifier import Notifier
from schouw.model.phaseout import Phaseout
from schouw.model.severity import HostState
from schouw.model.summary import Summary
from schouw.model.tls import Endpoint
from schouw.notify.desk import Desk
from schouw.scan.events import VERSION, AnyEvent, Decided, Finished, Hello, Notice, Queued, Step, Trouble
from schouw.scan.jobs import FEW, Job, Sweep, Wish
from schouw.scan.keeper import Keeper, mistake, now
from schouw.scan.look import QUICK, Look, Looker
from schouw.scan.pace import RETRIES, Pace, back_off
from schouw.scan.refusals import Refusals
from schouw.scan.watchers import Watcher, Watchers

SICK = 5
"""Hosts at once that failed last time, or are tried again."""
OUTSIDE_SECONDS = {
    Look.NORMAL: 240.0,
    Look.ALL_PORTS: 1800.0,
    Look.FULL_TLS: 1800.0,
    Look.DEEP: 2400.0,
    **dict.fromkeys(QUICK, 60.0),
    Look.INSIDE: 5.0,
}
DEEP = 4
"""Hosts at once that are looked at deeply: each has a process with all of sslyze in it."""


def deadline(host: Host, look: Look) -> float:
    """Seconds that one try may take, whatever its parts do."""
    times = host.timeouts
    return times.connect + times.login + times.collect + OUTSIDE_SECONDS[look]


class Engine:
    """A `Runner` in this process. Close it, and everything that it started has ended.

    `hosts` is filled with every host that the engine hears of: the transport looks jump hosts up in it.
    """

    def __init__(
        self,
        looker: Looker,
        keeper: Keeper,
        limits: Limits,
        *,
        hosts: dict[str, Host] | None = None,
        desk: Desk | None = None,
        clock: Callable[[], datetime] = now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._looker, self._keeper = looker, keeper
        self._clock, self._sleep, self._chance = clock, sleep, chance
        self._pool = asyncio.Semaphore(limits.concurrent)
        self._sick = asyncio.Semaphore(SICK)
        self._deep = asyncio.Semaphore(DEEP)
        self._express = asyncio.Semaphore(FEW)
        self._pace = Pace(limits.start_rate)
        self._refusals = Refusals()
        self._hosts = hosts if hosts is not None else {}
        self._failures: Counter[str] | None = None
        self._jobs: dict[str, Job] = {}
        self._numbers = count(1)
        self._desk = desk
        self.watchers = Watchers()
        self.trouble = ""
        """What is wrong for longer than a moment, such as a notifier that does not work."""
        self.swept = asyncio.Event()
        """Set at the end of each sweep."""
        self.scheduled: tuple[Host, ...] = ()
        """What a schedule runs (see `scheduler`); set by `fleet`."""
        self.fleet_changed = asyncio.Event()

    @property
    def busy(self) -> bool:
        return bool(self._jobs)

    def scanning(self, name: str) -> bool:
        return name in self._jobs

    async def submit(
        self, hosts: Sequence[Host], look: Look = Look.NORMAL, by: str = "person", only: tuple[Endpoint, ...] = ()
    ) -> str:
        await self.failures()
        self._hosts.update({host.name: host for host in hosts})
        person = by != "schedule"
        names = dict.fromkeys(host.name for host in hosts)
        sweep = Sweep(f"{os.getpid()}-{next(self._numbers)}", set(names), self._clock())
        self.watchers.tell(Queued(tuple(names)))
        for host in hosts:
            if person:
                self._refusals.forgive(host)
            self._add(host, Wish(look, only), sweep, express=person and len(names) <= FEW)
        self._progress(sweep)
        return sweep.name

    async def cancel(self, names: Sequence[str] | None = None) -> None:
        jobs = [job for name, job in self._jobs.items() if names is None or name in names]
        tasks = [job.task for job in jobs if job.task is not None]
        for job in jobs:
            job.again.clear()
            if job.task is not None and not job.keeping:
                job.task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def watch(self) -> AsyncIterator[AnyEvent]:
        return self.watchers.follow(self.join())

    def join(self) -> Watcher:
        """A watcher that misses nothing from this moment on."""
        return self.watchers.join(Hello(VERSION, os.getpid(), tuple(self._jobs), self.trouble))

    def troubled(self, text: str) -> None:
        """Say what is wrong for longer than a moment, "" when it no longer is."""
        if text != self.trouble:
            self.trouble = text
            self.watchers.tell(Trouble(text))

    async def fleet(self, hosts: Sequence[Host], schedule: bool = False, notifiers: Sequence[Notifier] = ()) -> None:
        self._hosts.update({host.name: host for host in hosts})
        if self._desk is not None:
            await self._desk.begin(notifiers, hosts)
            self.swept.set()
        if schedule:  # without it nothing changes: a dashboard must not end the schedule that `schouw watch` asked for
            self.scheduled = tuple(hosts)
            self.fleet_changed.set()

    async def decide(self, *decisions: Decision) -> None:
        for summary in await self._keeper.decide(decisions):
            self.watchers.tell(Decided(summary.name, summary))

    async def keep_baseline(self, baseline: Baseline) -> None:
        await self._keeper.keep_baseline(baseline)

    async def keep_phaseout(self, phaseout: Phaseout) -> None:
        for summary in await self._keeper.keep_phaseout(phaseout):
            self.watchers.tell(Decided(summary.name, summary))

    async def drop_baseline(self, name: str) -> None:
        await self._keeper.drop_baseline(name)

    async def summaries(self) -> dict[str, Summary]:
        return await self._keeper.summaries()

    async def failures(self) -> Counter[str]:
        """Hosts that could not be scanned last time, with how many times in a row as far as known."""
        if self._failures is None:
            summaries = await self.summaries()
            failing = Counter(name for name, last in summaries.items() if last.state is HostState.UNREACHABLE)
            self._failures = self._failures or failing
        return self._failures

    async def close(self) -> None:
        """Cancel everything, close connections and history; never raises."""
        await self.cancel()
        await self._looker.close()
        await self._keeper.close()

    def _add(self, host: Host, wish: Wish, sweep: Sweep, express: bool) -> None:
        job = self._jobs.get(host.name)
        if job is None:
            job = self._jobs[host.name] = Job(host, wish, express)
            job.task = asyncio.create_task(self._run(job), name=f"scan {host.name}")
        else:
            job.want(wish)
        if sweep not in job.sweeps:
            job.sweeps.append(sweep)
        if express and not job.express and not job.started and job.task is not None:
            job.express = True
            overtaken, job.task = job.task, asyncio.create_task(self._run(job), name=f"scan {host.name}")
            overtaken.cancel()

    async def _run(self, job: Job) -> None:
        """One host from queue to history; every way out but being overtaken ends in `_finish`."""
        summary: Summary | None = None
        try:
            if job.express:
                await self._looker.keep(job.host)
            summary = await self._scan(job)
            while job.again:
                job.wish = job.again.pop(0)
                summary = await self._scan(job)
        except HistoryError as error:
            self.watchers.tell(Notice(str(error)))
        finally:
            if job.task is asyncio.current_task():
                self._finish(job, summary)

    async def _scan(self, job: Job) -> Summary:
        host, started = job.host, self._clock()
        try:
            facts = await self._look(job)
            self._refusals.accepted(host)
            self.watchers.tell(Step(host.name, "judging"))
            job.keeping = True
            summary = await self._keeper.keep(host, facts, started, self._clock(), job.wish.look)
            (await self.failures()).pop(host.name, None)
        except HostError as error:
            job.keeping = True
            (await self.failures())[host.name] += 1
            if error.kind is ErrorClass.LOGIN_REFUSED:
                self._refusals.refused(host)
            summary = await self._keeper.keep_failure(host, error, started, self._clock())
        job.keeping = False
        return summary

    async def _look(self, job: Job) -> Facts:
        """Try, and try again what is worth it: waiting for that happens outside every pool."""
        failed = ""
        for attempt in range(RETRIES + 1):
            if attempt:
                self.watchers.tell(Step(job.host.name, f"{failed}, again soon", attempt, RETRIES))
                await self._sleep(back_off(attempt, self._chance()))
            try:
                async with self._lane(job, attempt):
                    return await self._once(job)
            except HostError as error:
                if error.kind not in WORTH_RETRYING or attempt == RETRIES:
                    raise
                failed = error.kind.value
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, job: Job) -> Facts:
        host, seconds = job.host, deadline(job.host, job.wish.look)
        job.started = True
        if host.reach is not Reach.LOCAL:
            self._refusals.check(host)
            await self._pace.turn()
        self.watchers.tell(Step(host.name, "connecting"))
        previous = await self._keeper.previous(host.name)

        def on_step(step: str, done: int, total: int) -> None:
            self.watchers.tell(Step(host.name, step, done, total))

        try:
            async with asyncio.timeout(seconds):
                return await self._looker.look(host, job.wish.look, previous, on_step, job.wish.only)
        except TimeoutError:
            raise HostError(ErrorClass.DEADLINE, f"{host.name}: not done after {seconds:g} s, given up") from None
        except HostError as error:
            raise error.of(host.name) from error
        except HistoryError:
            raise
        except Exception as error:
            raise mistake(host, error) from error

    def _lane(self, job: Job, attempt: int) -> asyncio.Semaphore:
        if job.wish.look is Look.DEEP:
            return self._deep
        if attempt or (self._failures is not None and self._failures[job.host.name]):
            return self._sick if not job.express else self._express
        return self._express if job.express else self._pool

    def _finish(self, job: Job, summary: Summary | None) -> None:
        del self._jobs[job.host.name]
        self.watchers.tell(Finished(job.host.name, summary))
        failed = summary is None or summary.state is HostState.UNREACHABLE
        for sweep in job.sweeps:
            sweep.finished(job.host.name, failed)
            self._progress(sweep)

    def _progress(self, sweep: Sweep) -> None:
        self.watchers.tell(sweep.progress())
        if sweep.over:
            self.watchers.tell(sweep.done())
            self.swept.set()
