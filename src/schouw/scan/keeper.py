"""From facts to history: judged and written in a thread of their own, so that the loop is never blocked."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

from schouw.errors import ErrorClass, HostError
from schouw.model.attempt import Attempt
from schouw.model.baseline import Baseline
from schouw.model.basis import Basis
from schouw.model.facts import Facts
from schouw.model.finding import Decision, Verdict
from schouw.model.host import Host
from schouw.model.phaseout import Phaseout
from schouw.model.summary import Summary
from schouw.model.vulnerability import Knowledge
from schouw.scan.assessor import SECTIONS, Assessor
from schouw.scan.look import Look

if TYPE_CHECKING:
    from schouw.history import History
    from schouw.history.values import News

P = ParamSpec("P")
T = TypeVar("T")
Judging = Callable[[Facts, Host, datetime, Attempt[Knowledge]], Verdict]

_log = logging.getLogger(__name__)


def now() -> datetime:
    return datetime.now(UTC)


class Sink(Protocol):
    """What is told of every look that saw something: see `schouw.scan.record`."""

    def add(self, host: Host, facts: Facts) -> None: ...

    def add_failure(self, host: Host, error: HostError) -> None: ...

    def close(self) -> None: ...


class Keeper:
    """The one writer of a history. `HistoryError` as soon as the history cannot be opened or written."""

    def __init__(
        self,
        history: History,
        sink: Sink | None = None,
        database: Path | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        """`database`: of known vulnerabilities, where there may be one."""
        self._history = history
        self._clock = clock
        self._sink = sink
        self._assessor = Assessor(database)
        self._thread = ThreadPoolExecutor(1, "history")
        self._told = ""
        """The fingerprint for which `outdated` has told."""
        self._known: set[str] | None = None
        """Hosts that the history knows; None while nobody has asked."""

    @classmethod
    def open(cls, path: Path, sink: Sink | None = None, database: Path | None = None) -> Keeper:
        """`HistoryError` when the history cannot be used."""
        from schouw.history import History

        history = History.open(path)
        history.expire_accounts()
        return cls(history, sink, database)

    async def summaries(self) -> dict[str, Summary]:
        found = await self._do(self._history.summaries)
        self._known = set(found)
        return found

    async def previous(self, name: str) -> Facts | None:
        """What the last good look saw: a rescan sends fingerprints of it."""
        return await self._do(self._history.facts, name) if self._known is None or name in self._known else None

    async def keep(self, host: Host, facts: Facts, started: datetime, finished: datetime, look: Look = Look.NORMAL) -> Summary:
        summary = await self._do(self._keep, host, facts, started, finished, look)
        if self._known is not None:
            self._known.add(host.name)
        return summary

    async def keep_failure(self, host: Host, error: HostError, started: datetime, finished: datetime) -> Summary:
        return await self._do(self._keep_failure, host, error, started, finished)

    async def decide(self, decisions: Sequence[Decision]) -> tuple[Summary, ...]:
        """`ConfigError`, and nothing is kept, where a host has no such finding."""
        return await self._do(self._history.decide_all, decisions)

    async def keep_baseline(self, baseline: Baseline) -> None:
        await self._do(self._history.keep_baseline, baseline)

    async def keep_phaseout(self, phaseout: Phaseout) -> tuple[Summary, ...]:
        return await self._do(self._history.keep_phaseout, phaseout)

    async def drop_baseline(self, name: str) -> None:
        await self._do(self._history.drop_baseline, name)

    async def outdated(self) -> list[str]:
        """Hosts that were judged by other data than the vulnerability database holds: told once for each change of it."""
        return await self._do(self._outdated)

    async def rejudge(self, host: Host) -> Summary | None:
        """Judge a host's last look by the vulnerability database as it is now; None where that has been done already."""
        return await self._do(self._rejudge, host)

    async def news(self, after: int) -> News:
        """What those who want to be told were not told by the event of that number."""
        return await self._do(self._history.news, after)

    async def close(self) -> None:
        """After what is being written; never raises."""
        await self._do(self._history.close)
        if self._sink is not None:
            self._sink.close()
        self._thread.shutdown()

    def _outdated(self) -> list[str]:
        self._assessor.refresh()
        before, self._told = self._told, self._assessor.fingerprint
        if self._told in ("", before):
            return []
        return [name for name, one in self._history.summaries().items() if one.scanned_at and self._is_outdated(one)]

    def _is_outdated(self, summary: Summary) -> bool:
        return summary.basis is None or summary.basis.fingerprint != self._assessor.fingerprint

    def _rejudge(self, host: Host) -> Summary | None:
        facts, summary = self._history.facts(host.name, SECTIONS), self._history.summary(host.name)
        if facts is None or not self._is_outdated(summary):
            return None
        if (same := self._assessor.unchanged(summary.basis, facts)) is not None:
            return self._history.judged_by(host.name, same)
        at = self._clock()
        return self._history.rejudge(facts, self._judged(facts, host, at, judge_again), at)

    def _retract(self, host: Host, at: datetime) -> None:
        """Ahead of a look judged by new data: what is gone by that is told from what is gone from the host."""
        summary = self._history.summary(host.name) if self._assessor.fingerprint else None
        if summary is None or summary.basis is None or not self._is_outdated(summary):
            return
        facts = self._history.facts(host.name, SECTIONS)
        if facts is not None and self._assessor.unchanged(summary.basis, facts) is None:
            self._history.retract(facts, self._judged(facts, host, at, judge_again), at)

    def _judged(self, facts: Facts, host: Host, at: datetime, judging: Judging) -> Verdict:
        try:
            verdict = judging(facts, host, at, self._assessor.knowledge(facts))
        except Exception as error:
            raise mistake(host, error) from error
        if verdict.basis is None and self._assessor.fingerprint:
            return replace(verdict, basis=Basis("", self._assessor.fingerprint))  # asked, though it could tell nothing
        return verdict

    def _keep(self, host: Host, facts: Facts, started: datetime, finished: datetime, look: Look) -> Summary:
        facts, logins = self._history.count_logins(host.name, facts, finished)
        self._assessor.refresh()
        self._retract(host, finished)
        verdict = self._judged(facts, host, finished, judge)
        if self._sink is not None:
            self._sink.add(host, facts)
        return self._history.record(host, facts, verdict, started, finished, logins, look.value)

    def _keep_failure(self, host: Host, error: HostError, started: datetime, finished: datetime) -> Summary:
        if self._sink is not None:
            self._sink.add_failure(host, error)
        return self._history.record_failure(host, error, started, finished)

    async def _do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args, **kwargs))


def judge(facts: Facts, host: Host, at: datetime, known: Attempt[Knowledge]) -> Verdict:
    """The checks are loaded with the first facts that need them."""
    from schouw import checks

    return checks.judge(facts, host, at, known)


def judge_again(facts: Facts, host: Host, at: datetime, known: Attempt[Knowledge]) -> Verdict:
    """By those checks alone that the vulnerability database bears on."""
    from schouw import checks

    return checks.judge(facts, host, at, known, checks.VULNS)


def mistake(host: Host, error: Exception) -> HostError:
    """For a fault of our own: the traceback goes to the log, the host gets an error that says so."""
    _log.error("scan of %s", host.name, exc_info=error)
    return HostError(
        ErrorClass.INTERNAL, f"{host.name}: schouw made a mistake ({type(error).__name__})", "its log has the details"
    )
