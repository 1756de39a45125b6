"""The history as the dashboard reads it: summaries without SQLAlchemy, all else with it, once there is one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from schouw.errors import HistoryError
from schouw.history.snapshot import having, read_summaries
from schouw.model.host import Host
from schouw.model.summary import Summary

if TYPE_CHECKING:
    from schouw.audits.matching import Followed
    from schouw.history import History
    from schouw.history.baselines import Kept
    from schouw.history.values import Compared, Life, ScanRow
    from schouw.model.baseline import Baseline
    from schouw.model.facts import Facts
    from schouw.model.finding import NotChecked, TrackedFinding
    from schouw.model.trend import DayCount, Trends
    from schouw.views.since import Since
    from schouw.views.standing import Customers, Standing
    from schouw.vulnerabilities.lookup import Lookup

#: Seconds for the screen, whenever the database's thread has worked for a moment.
_STAND_BACK = 0.0005


class HistorySource:
    """The history at `path`, which need not exist yet."""

    def __init__(self, path: Path, database: Path) -> None:
        """`database`: of known vulnerabilities, which need not exist yet either."""
        self._path = path
        self._database = database
        self._history: History | None = None
        self._lookup: Lookup | None = None
        self._opening = Lock()

    @property
    def lookup(self) -> Lookup:
        with self._opening:
            if self._lookup is None:
                from schouw.vulnerabilities.lookup import Lookup

                self._lookup = Lookup(self._database, self.facts, _STAND_BACK)
            return self._lookup

    def summaries(self) -> dict[str, Summary]:
        return read_summaries(self._path)

    def having(self, cve: str) -> frozenset[str]:
        return having(self._path, cve)

    def findings(self, name: str) -> Sequence[TrackedFinding]:
        return history.findings(name) if (history := self._opened()) else ()

    def everything(self) -> Mapping[str, Sequence[TrackedFinding]]:
        return history.everything() if (history := self._opened()) else {}

    def claimed(self, since: datetime) -> Mapping[str, Sequence[TrackedFinding]]:
        return history.claimed(since) if (history := self._opened()) else {}

    def not_checked(self, name: str) -> Sequence[NotChecked]:
        return history.not_checked(name) if (history := self._opened()) else ()

    def facts(self, name: str, sections: Collection[str] | None = None) -> Facts | None:
        return history.facts(name, sections) if (history := self._opened()) else None

    def scans(self, name: str) -> Sequence[ScanRow]:
        return history.scans(name) if (history := self._opened()) else ()

    def life(self, name: str, key: str) -> Life:
        return self._there().life(name, key)

    def since(self, text: str, now: datetime) -> Since:
        from schouw.views.since import resolve

        return resolve(text, now, self._there())

    def compare(self, since: datetime) -> Sequence[Compared]:
        return history.compare(since) if (history := self._opened()) else ()

    def follow(self, audit: Baseline, hosts: Sequence[Host]) -> Sequence[Followed]:
        from schouw.report.audits import followed

        return followed(self._there(), audit, hosts)

    def baselines(self) -> Sequence[Kept]:
        return history.baselines() if (history := self._opened()) else ()

    def standings(self, now: datetime, customers: Customers | None) -> Sequence[Standing]:
        from schouw.views.standing import standings

        return standings(history, now, customers) if (history := self._opened()) else ()

    def days(self, name: str, since: date) -> Sequence[DayCount]:
        return history.days(name, since) if (history := self._opened()) else ()

    def trends(self, since: date) -> Trends:
        from schouw.model.trend import Trends

        return history.trends(since) if (history := self._opened()) else Trends()

    def close(self) -> None:
        if self._lookup is not None:
            self._lookup.close()
        if self._history is not None:
            self._history.close()

    def _there(self) -> History:
        if (history := self._opened()) is None:
            raise HistoryError(f"{self._path}: there is no history yet; scan something first")
        return history

    def _opened(self) -> History | None:
        with self._opening:
            if self._history is None and self._path.exists():
                from schouw.history import History

                self._history = History.open(self._path, read_only=True)
            return self._history
