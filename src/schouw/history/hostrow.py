"""The row of a host, its scan log and its trend: what every write ends with. Each takes part in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from schouw.history import retention, schema, tracking
from schouw.history.encoding import to_json
from schouw.history.statements import ADD_DAY, ADD_HOST, ADD_SCAN, DAYS, FORGET_DAY, HOST, KEEP, KEEP_LOOK
from schouw.history.tally import Tracked, above_info, active, count
from schouw.model.finding import NotChecked
from schouw.model.severity import Severity
from schouw.model.summary import Summary

_TREND_DAYS = 30

_host = schema.host.c
_DECODER = msgspec.json.Decoder(Summary)


def find(connection: sa.Connection, name: str) -> sa.Row[*tuple[Any, ...]] | None:
    """All columns of a host; None where it was never scanned."""
    return connection.execute(HOST, {"name": name}).first()


def known(connection: sa.Connection, name: str) -> tuple[int, Summary]:
    """Id and summary of a host, which gets a row with its first scan."""
    row = find(connection, name)
    if row is not None:
        return row.id, _DECODER.decode(row.summary)
    fresh = Summary(name)
    values = {"name": name, "summary": to_json(fresh), "not_checked": "[]"}
    host_id: int = connection.execute(ADD_HOST, values).scalar_one()
    return host_id, fresh


def keep(connection: sa.Connection, host_id: int, summary: Summary, now: datetime) -> Summary:
    """Store `summary` with the findings counted as they are at `now`."""
    findings = tracking.tracked(connection, host_id, summary.name)
    summary = count(summary, findings, now)
    connection.execute(KEEP, _values(host_id, summary))
    return summary


def recount(connection: sa.Connection, row: sa.Row[*tuple[Any, ...]], now: datetime) -> Summary:
    """Store the summary of a host's row again, for people have decided something."""
    return keep(connection, row.id, _DECODER.decode(row.summary), now)


def summary(connection: sa.Connection, row: sa.Row[*tuple[Any, ...]], now: datetime) -> Summary:
    """Of a host's row; counted anew where an acceptance or a phase-out has begun or ended since it was stored."""
    stored = _DECODER.decode(row.summary)
    lapsed = row.lapses_at is not None and row.lapses_at <= now
    return count(stored, tracking.tracked(connection, row.id, row.name), now) if lapsed else stored


def summaries(connection: sa.Connection, now: datetime) -> dict[str, Summary]:
    """Of every host ever scanned, by name."""
    rows = connection.execute(sa.select(_host.id, _host.name, _host.summary, _host.lapses_at)).all()
    return {row.name: summary(connection, row, now) for row in rows}


def keep_look(
    connection: sa.Connection,
    host_id: int,
    summary: Summary,
    findings: Sequence[Tracked],
    taken_at: datetime,
    gaps: tuple[NotChecked, ...],
    now: datetime,
) -> Summary:
    """Store what a look came to: `summary` with `findings` counted, which is also the day's figure in the trend."""
    summary = count(summary, findings, now)
    summary = replace(summary, trend=_trend(connection, host_id, now, summary))
    values = _values(host_id, summary) | {"new_taken_at": taken_at, "new_not_checked": to_json(gaps)}
    connection.execute(KEEP_LOOK, values)
    return summary


def log(connection: sa.Connection, host_id: int, scan: Summary, started: datetime, finished: datetime) -> None:
    """One line of the scan log, from the summary that the scan came to; the first of a day thins what is old."""
    retention.thin_daily(connection, host_id, finished)
    connection.execute(
        ADD_SCAN,
        {
            "host_id": host_id,
            "started_at": started,
            "finished_at": finished,
            "state": scan.state.value,
            "error_class": scan.error_class,
            "error": scan.error,
            "new": scan.new,
            "fixed": scan.fixed,
            "regressed": scan.regressed,
            "active": active(scan),
        },
    )


def _values(host_id: int, summary: Summary) -> dict[str, object]:
    return {"row": host_id, "new_summary": to_json(summary), "new_lapses_at": summary.lapses_at}


def _trend(connection: sa.Connection, host_id: int, now: datetime, summary: Summary) -> tuple[int, ...]:
    """Today's count replaced; the last 30 days known, oldest first."""
    date = now.astimezone(UTC).date()
    today, too_old = str(date), str(date - timedelta(days=_TREND_DAYS))
    figures = (above_info(summary), *(summary.total(severity) for severity in Severity))
    known = {day: tuple(rest) for day, *rest in connection.execute(DAYS, {"mine": host_id, "too_old": too_old})}
    if known.get(today) != figures:
        if today in known:
            connection.execute(FORGET_DAY, {"mine": host_id, "today": today})
        names = ("active", *(severity.value for severity in Severity))
        connection.execute(ADD_DAY, {"host_id": host_id, "day": today} | dict(zip(names, figures, strict=True)))
        known[today] = figures
    # Days that a clock which ran ahead has written count when they come.
    return tuple(known[day][0] for day in sorted(known) if day <= today)
