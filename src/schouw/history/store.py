"""The history of a fleet: one transaction a scan, so that nothing is ever half there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from schouw.errors import ConfigError, ErrorClass, HostError
from schouw.history import accounts, hostrow, looks, rejudging, schema, tracking
from schouw.history.completeness import lack
from schouw.history.database import Database, open_database
from schouw.history.encoding import from_json
from schouw.history.life import LookedFor
from schouw.history.snapshot import utc_now
from schouw.history.tally import count, system, unchecked
from schouw.history.values import Change, ChangeKind, LastKnown, ScanRow
from schouw.model.facts import Facts
from schouw.model.finding import Decision, NotChecked, TrackedFinding, Verdict
from schouw.model.host import Host
from schouw.model.logins import AccountUse, Logins
from schouw.model.severity import HostState, Severity
from schouw.model.summary import Summary
from schouw.model.vulnerability import Basis


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
        with self._database.read() as connection:
            row = hostrow.find(connection, name)
            return accounts.counted(connection, None if row is None else row.id, facts, now)

    def record(
        self, host: Host, facts: Facts, verdict: Verdict, started: datetime, finished: datetime, logins: Logins | None = None
    ) -> Summary:
        """Keep one look at a host, what the checks say of it and who logged in there; the host's new summary."""
        lacking = lack(host, facts)
        with self._database.write() as connection:
            host_id, before = hostrow.known(connection, host.name)
            moved, left = tracking.update(connection, host_id, verdict, LookedFor(facts, verdict.not_checked), finished)
            looks.save(connection, host_id, facts)
            if logins is not None:
                accounts.keep(connection, host_id, logins, host.keep_accounts, finished)
            summary = replace(
                system(before, facts),
                state=HostState.PARTIAL if lacking.reasons else HostState.SCANNED,
                scanned_at=finished,
                tried_at=finished,
                error_class=lacking.kind,
                error=lacking.text,
                unchecked=unchecked(verdict.not_checked),
                new=moved[ChangeKind.OPENED],
                fixed=moved[ChangeKind.FIXED],
                regressed=moved[ChangeKind.REOPENED],
                basis=verdict.basis or before.basis,
            )
            summary = hostrow.keep_look(connection, host_id, summary, left, facts.taken_at, verdict.not_checked, finished)
            hostrow.log(connection, host_id, summary, started, finished)
        return summary

    def record_failure(self, host: Host, error: HostError, started: datetime, finished: datetime) -> Summary:
        """Keep that a host could not be looked at. No finding is touched: nothing was looked for.

        A scan that a person cancelled says nothing about the host, so its last known state stays too.
        """
        with self._database.write() as connection:
            host_id, before = hostrow.known(connection, host.name)
            failed = replace(
                before,
                state=HostState.UNREACHABLE,
                tried_at=finished,
                error_class=error.kind.value,
                error=str(error),
                new=0,
                fixed=0,
                regressed=0,
            )
            summary = replace(before, tried_at=finished) if error.kind is ErrorClass.CANCELLED else failed
            summary = hostrow.keep(connection, host_id, summary, finished)
            hostrow.log(connection, host_id, failed, started, finished)
        return summary

    def rejudge(self, facts: Facts, verdict: Verdict, at: datetime) -> Summary:
        """Keep what another vulnerability database says of a look that is stored: a verdict of those checks alone."""
        with self._database.write() as connection:
            row = hostrow.find(connection, facts.host)
            if row is None:
                raise ConfigError(f"{facts.host} was never scanned")
            return rejudging.rejudge(connection, row, verdict, LookedFor(facts, verdict.not_checked), at)

    def judged_by(self, name: str, basis: Basis) -> Summary:
        """Keep that a host was compared with this data, which says of it what was known."""
        with self._database.write() as connection:
            host_id, before = hostrow.known(connection, name)
            return hostrow.keep(connection, host_id, replace(before, basis=basis), self._clock())

    # What is known

    def summaries(self) -> dict[str, Summary]:
        """Of every host ever scanned, by name."""
        now = self._clock()
        columns = schema.host.c
        with self._database.read() as connection:
            rows = connection.execute(sa.select(columns.id, columns.name, columns.summary, columns.lapses_at)).all()
            return {row.name: _summary(connection, row, now) for row in rows}

    def summary(self, name: str) -> Summary:
        """`Summary(name)`, never scanned, for a host that is not known."""
        now = self._clock()
        with self._database.read() as connection:
            row = hostrow.find(connection, name)
            return Summary(name) if row is None else _summary(connection, row, now)

    def findings(self, name: str) -> tuple[TrackedFinding, ...]:
        """All that was ever found on the host, fixed ones too: active first, worst first."""
        now = self._clock()
        with self._database.read() as connection:
            return tracking.findings(connection, name, now)

    def everything(self) -> dict[str, tuple[TrackedFinding, ...]]:
        """What is not fixed, of every host that has something: active first, worst first."""
        now = self._clock()
        with self._database.read() as connection:
            return tracking.everything(connection, now)

    def not_checked(self, name: str) -> tuple[NotChecked, ...]:
        with self._database.read() as connection:
            row = hostrow.find(connection, name)
        return () if row is None else from_json(row.not_checked, tuple[NotChecked, ...])

    def last_known(self, names: Iterable[str], sections: Collection[str]) -> tuple[LastKnown, ...]:
        """Of each of these hosts, all at one moment; of its inside view only those sections are read."""
        now = self._clock()
        with self._database.read() as connection:
            return tuple(self._last_known(connection, name, sections, now) for name in names)

    def _last_known(self, connection: sa.Connection, name: str, sections: Collection[str], now: datetime) -> LastKnown:
        row = hostrow.find(connection, name)
        if row is None:
            return LastKnown(Summary(name))
        return LastKnown(
            _summary(connection, row, now),
            tracking.findings(connection, name, now),
            from_json(row.not_checked, tuple[NotChecked, ...]),
            looks.load_row(connection, row, sections),
        )

    def facts(self, name: str, sections: Collection[str] | None = None) -> Facts | None:
        """The newest look that saw something, as it was; None before the first. Of its inside view only `sections`, if given."""
        with self._database.read() as connection:
            return looks.load(connection, name, sections)

    def scans(self, name: str, limit: int = 20) -> tuple[ScanRow, ...]:
        """The newest scans, newest first."""
        columns = [column for column in schema.scan.c if column.name not in ("id", "host_id")]
        with self._database.read() as connection:
            rows = connection.execute(
                sa.select(*columns)
                .join(schema.host, schema.host.c.id == schema.scan.c.host_id)
                .where(schema.host.c.name == name)
                .order_by(schema.scan.c.id.desc())
                .limit(limit)
            ).mappings()
            return tuple(ScanRow(**{**row, "state": HostState(row["state"])}) for row in rows)

    def changes(self, since: datetime) -> tuple[Change, ...]:
        """What opened, came back, was fixed or accepted at `since` or later, oldest first."""
        event = schema.event.c
        with self._database.read() as connection:
            rows = connection.execute(
                sa.select(event.id, event.at, schema.host.c.name, event.kind, event.key, event.severity, event.title, event.by)
                .join(schema.host, schema.host.c.id == event.host_id)
                .where(event.at >= since)
                .order_by(event.at, event.id)
            )
            return tuple(
                Change(row.id, row.at, row.name, ChangeKind(row.kind), row.key, Severity(row.severity), row.title, row.by)
                for row in rows
            )

    def account_uses(self, since: datetime) -> dict[str, list[AccountUse]]:
        """Accounts seen at `since` or later, by host: personal data, for whoever asked for it."""
        with self._database.read() as connection:
            return accounts.uses(connection, since, self._clock())

    # What people decide

    def forget_accounts(self, host: str = "", names: Iterable[str] = ()) -> int:
        """Remove what is kept of these accounts, on that host or all; "" and none: of every one. How many rows there were."""
        with self._database.write() as connection:
            return accounts.forget(connection, host, names)

    def decide(self, decision: Decision) -> Summary:
        """Let a finding not count until a moment, once more for another moment; or end that now.

        `ConfigError` where it makes no sense.
        """
        name, key, until, now = decision.host, decision.key, decision.until, self._clock()
        if until is not None and not decision.reason.strip():
            raise ConfigError(f"{name}: {key} cannot be accepted without a reason")
        if until is not None and until <= now:
            raise ConfigError(f"{name}: {key} cannot be accepted until {until:%Y-%m-%d %H:%M}, which is over")
        with self._database.write() as connection:
            row = hostrow.find(connection, name)
            if row is None or not tracking.decide(connection, row.id, decision, now):
                what = f"{key!r} that is accepted" if until is None else repr(key)
                raise ConfigError(f"{name} has no finding {what}; its findings: schouw report {name} --format json")
            return hostrow.keep(connection, row.id, from_json(row.summary, Summary), now)


def _summary(connection: sa.Connection, row: sa.Row[*tuple[Any, ...]], now: datetime) -> Summary:
    """Of a host's row; counted anew where an acceptance has ended since it was stored."""
    summary = from_json(row.summary, Summary)
    lapsed = row.lapses_at is not None and row.lapses_at <= now
    return count(summary, tracking.tracked(connection, row.id), now) if lapsed else summary
