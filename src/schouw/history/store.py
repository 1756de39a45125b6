"""The history of a fleet: one transaction a scan, so that nothing is ever half there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from schouw.errors import ConfigError, HostError
from schouw.history import (
    accounts,
    baselines,
    comparing,
    copies,
    hostrow,
    journal,
    looks,
    news,
    phaseouts,
    reading,
    recording,
    rejudging,
    sightings,
    trends,
)
from schouw.history import decisions as carrying_out
from schouw.history.baselines import Kept
from schouw.history.database import Database, open_database
from schouw.history.life import LookedFor
from schouw.history.phaseouts import Days
from schouw.history.snapshot import utc_now
from schouw.history.values import Change, Compared, LastKnown, Life, News, ScanRow
from schouw.model.baseline import Baseline
from schouw.model.basis import Basis
from schouw.model.facts import Facts
from schouw.model.finding import Decision, NotChecked, TrackedFinding, Verdict
from schouw.model.host import Host
from schouw.model.logins import AccountUse, Logins
from schouw.model.phaseout import Phaseout
from schouw.model.summary import Summary
from schouw.model.trend import DayCount, Trends


class History:
    """Every method blocks for milliseconds: call it in a thread where nothing may block. Threads may share it.

    `HistoryError` from any of them where the file is damaged, full, busy or not writable.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    @classmethod
    def open(cls, path: Path, read_only: bool = False, clock: Callable[[], datetime] = utc_now) -> History:
        """Made where there is none (unless `read_only`), migrated where it is older."""
        return cls(open_database(path, read_only), clock)

    def close(self) -> None:
        self._database.close()

    # What a scan leaves behind

    def count_logins(self, name: str, facts: Facts, now: datetime) -> tuple[Facts, Logins | None]:
        """Facts with numbers in the place of account names, as checks and `record` want them; and those names, to be kept."""
        logins = accounts.named(facts)
        if logins is None:
            return facts, None
        with self._database.read() as connection:
            return accounts.counted(connection, name, facts, logins, now), logins

    def record(
        self,
        host: Host,
        facts: Facts,
        verdict: Verdict,
        started: datetime,
        finished: datetime,
        logins: Logins | None = None,
        look: str = "",
    ) -> Summary:
        """Keep one look at a host, what the checks say of it and who logged in there; the host's new summary.

        `look`: how far it went, where that is one of `schouw.model.summary.OWN_SCHEDULE`. A look at a part of the outside view
        leaves the age of the host, and with it its schedule, as they were; one at the inside alone only that schedule.
        """
        with self._database.write() as connection:
            return recording.look(connection, host, facts, verdict, started, finished, logins, look)

    def record_failure(self, host: Host, error: HostError, started: datetime, finished: datetime) -> Summary:
        """Keep that a host could not be looked at. No finding is touched: nothing was looked for.

        A scan that a person cancelled says nothing about the host, so its last known state stays too.
        """
        with self._database.write() as connection:
            return recording.failure(connection, host, error, started, finished)

    def rejudge(self, facts: Facts, verdict: Verdict, at: datetime) -> Summary:
        """Keep what another vulnerability database says of a look that is stored: a verdict of those checks alone."""
        with self._database.write() as connection:
            row = hostrow.find(connection, facts.host)
            if row is None:
                raise ConfigError(f"{facts.host} was never scanned")
            return rejudging.rejudge(connection, row, verdict, LookedFor(facts, verdict.not_checked), at)

    def retract(self, facts: Facts, verdict: Verdict, at: datetime) -> None:
        """Of the same, only what is said no longer: for a host whose next look is recorded right after."""
        with self._database.write() as connection:
            row = hostrow.find(connection, facts.host)
            if row is not None:
                rejudging.retract(connection, row, verdict, LookedFor(facts, verdict.not_checked), at)

    def judged_by(self, name: str, basis: Basis) -> Summary:
        """Keep that a host was compared with this data, which says of it what was known."""
        with self._database.write() as connection:
            host_id, before = hostrow.known(connection, name)
            return hostrow.keep(connection, host_id, replace(before, basis=basis), self._clock())

    # What is known

    def summaries(self) -> dict[str, Summary]:
        """Of every host ever scanned, by name."""
        now = self._clock()
        with self._database.read() as connection:
            return hostrow.summaries(connection, now)

    def summary(self, name: str) -> Summary:
        """`Summary(name)`, never scanned, for a host that is not known."""
        now = self._clock()
        with self._database.read() as connection:
            row = hostrow.find(connection, name)
            return Summary(name) if row is None else hostrow.summary(connection, row, now)

    def findings(self, name: str) -> tuple[TrackedFinding, ...]:
        """All that was ever found on the host, fixed ones too: active first, worst first."""
        now = self._clock()
        with self._database.read() as connection:
            return reading.of_host(connection, name, now)

    def everything(self) -> dict[str, tuple[TrackedFinding, ...]]:
        """What is not fixed, of every host that has something: active first, worst first."""
        now = self._clock()
        with self._database.read() as connection:
            return reading.everything(connection, now)

    def claimed(self, since: datetime) -> dict[str, tuple[TrackedFinding, ...]]:
        """Findings that somebody did something about at `since` or later, by host."""
        now = self._clock()
        with self._database.read() as connection:
            return reading.claimed(connection, since, now)

    def life(self, name: str, key: str, scans: int = 200) -> Life:
        """What the newest scans saw of one finding, and all that happened to it."""
        with self._database.read() as connection:
            row = hostrow.find(connection, name)
            return Life() if row is None else sightings.life(connection, row.id, key, scans)

    def not_checked(self, name: str) -> tuple[NotChecked, ...]:
        with self._database.read() as connection:
            row = hostrow.find(connection, name)
        return () if row is None else reading.not_checked(row.not_checked)

    def last_known(self, names: Iterable[str], sections: Collection[str]) -> tuple[LastKnown, ...]:
        """Of each of these hosts, all at one moment; of its inside view only those sections are read."""
        now = self._clock()
        with self._database.read() as connection:
            return tuple(reading.last_known(connection, names, sections, now))

    def facts(self, name: str, sections: Collection[str] | None = None) -> Facts | None:
        """The newest look that saw something, None before the first; its outside view may be older (see `looks.load`).

        Of its inside view only `sections`, if given.
        """
        with self._database.read() as connection:
            return looks.load(connection, name, sections)

    def scans(self, name: str, limit: int = 20) -> tuple[ScanRow, ...]:
        """The newest scans, newest first."""
        with self._database.read() as connection:
            return reading.scans(connection, name, limit)

    def changes(self, since: datetime) -> tuple[Change, ...]:
        """What happened to findings at `since` or later, oldest first."""
        with self._database.read() as connection:
            return journal.since(connection, since)

    def compare(self, since: datetime) -> tuple[Compared, ...]:
        """What became of each finding since a moment: hosts by name, worst first."""
        now = self._clock()
        with self._database.read() as connection:
            return comparing.compare(connection, since, now)

    def baselines(self) -> tuple[Kept, ...]:
        """Oldest first."""
        with self._database.read() as connection:
            return baselines.every(connection)

    def baseline(self, name: str) -> Baseline:
        """With the rows of an audit. `ConfigError` where there is none of that name."""
        with self._database.read() as connection:
            return baselines.load(connection, name)

    def scan_end(self, number: int) -> datetime | None:
        """When a scan ended, by its number in the scan log; None where there is none (any more)."""
        with self._database.read() as connection:
            return baselines.scan_end(connection, number)

    def news(self, after: int) -> News:
        """What opened and came back after the event of that number, and what is lapsed or exploited now."""
        now = self._clock()
        with self._database.read() as connection:
            return news.news(connection, after, now)

    def trends(self, since: date) -> Trends:
        """Counts day by day, and what was fixed, of all hosts from a day on."""
        with self._database.read() as connection:
            return trends.trends(connection, since)

    def days(self, name: str, since: date) -> tuple[DayCount, ...]:
        """Counts day by day of one host."""
        with self._database.read() as connection:
            return trends.days(connection, since, name)

    def account_uses(self, since: datetime) -> dict[str, list[AccountUse]]:
        """Accounts seen at `since` or later, by host: personal data, for whoever asked for it."""
        with self._database.read() as connection:
            return accounts.uses(connection, since, self._clock())

    def phaseouts(self) -> tuple[Phaseout, ...]:
        """By name; those that were stopped too."""
        with self._database.read() as connection:
            return phaseouts.every(connection)

    def phaseout_days(self, name: str) -> Days:
        """How many accounts a phase-out left on each host, day by day (UTC)."""
        with self._database.read() as connection:
            return phaseouts.days(connection, name)

    # What people decide

    def forget_accounts(self, host: str = "", names: Iterable[str] = ()) -> int:
        """Remove what is kept of these accounts, on that host or all; "" and none: of every one. How many rows there were."""
        wanted = tuple(names)
        copies.forget(self._database.path, host, wanted)
        with self._database.write(lasting=True) as connection:
            return accounts.forget(connection, host, wanted)

    def expire_accounts(self) -> None:
        """Remove the names of those whose time is over, also where no host is scanned any more."""
        now = self._clock()
        copies.expire(self._database.path, now)
        with self._database.write() as connection:
            accounts.expire(connection, now)

    def keep_baseline(self, baseline: Baseline) -> None:
        """`ConfigError` where its name is taken or makes no name."""
        with self._database.write(lasting=True) as connection:
            baselines.keep(connection, baseline)

    def keep_phaseout(self, phaseout: Phaseout) -> tuple[Summary, ...]:
        """Begin one, or set the one of that name anew; new summaries of the hosts that it was or is about.

        `ConfigError` where it makes no sense.
        """
        phaseouts.check(phaseout)
        now = self._clock()
        with self._database.write(lasting=True) as connection:
            hosts = phaseouts.keep(connection, phaseout, now)
            rows = [row for name in sorted(hosts) if (row := hostrow.find(connection, name))]
            return tuple(hostrow.recount(connection, row, now) for row in rows)

    def drop_baseline(self, name: str) -> None:
        """`ConfigError` where there is none of that name."""
        with self._database.write(lasting=True) as connection:
            baselines.drop(connection, name)

    def decide(self, decision: Decision) -> Summary:
        """Carry out one decision; the host's new summary. `ConfigError` where it makes no sense."""
        return self.decide_all((decision,))[0]

    def decide_all(self, decisions: Sequence[Decision]) -> tuple[Summary, ...]:
        """All of them or, with a `ConfigError`, none; the new summary of each host that they are about."""
        now = self._clock()
        for decision in decisions:
            carrying_out.check(decision, now)
        with self._database.write(lasting=True) as connection:
            hosts: dict[str, sa.Row[*tuple[Any, ...]]] = {}
            for decision in decisions:
                row = hosts.get(decision.host) or hostrow.find(connection, decision.host)
                if row is None:
                    raise carrying_out.unknown(decision.host, repr(decision.key))
                hosts[decision.host] = row
                carrying_out.carry_out(connection, row.id, decision, now)
            return tuple(hostrow.recount(connection, row, now) for row in hosts.values())
