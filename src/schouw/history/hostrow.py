"""The row of a host, its scan log and its trend: what every write ends with. Each takes part in the caller's transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from schouw.history import schema, tracking
from schouw.history.encoding import from_json, to_json
from schouw.history.tally import above_info, active, count, lapses_at
from schouw.model.facts import Facts
from schouw.model.finding import NotChecked
from schouw.model.summary import Summary

_TREND_DAYS = 30

_host, _daily = schema.host.c, schema.daily.c


def find(connection: sa.Connection, name: str) -> sa.Row[*tuple[Any, ...]] | None:
    """(id, summary, not_checked) of a host; None where it was never scanned."""
    return connection.execute(sa.select(_host.id, _host.summary, _host.not_checked).where(_host.name == name)).first()


def known(connection: sa.Connection, name: str) -> tuple[int, Summary]:
    """Id and summary of a host, which gets a row with its first scan."""
    row = find(connection, name)
    if row is not None:
        return row.id, from_json(row.summary, Summary)
    fresh = Summary(name)
    values = {"name": name, "summary": to_json(fresh), "not_checked": "[]"}
    host_id: int = connection.execute(sa.insert(schema.host).values(values).returning(_host.id)).scalar_one()
    return host_id, fresh


def keep(connection: sa.Connection, host_id: int, summary: Summary, now: datetime, in_trend: bool = False) -> Summary:
    """Store `summary` with the findings counted as they are at `now`; `in_trend` makes that the day's figure."""
    findings = tracking.tracked(connection, host_id)
    summary = count(summary, findings, now)
    if in_trend:
        summary = replace(summary, trend=_trend(connection, host_id, now, above_info(summary)))
    values = {"summary": to_json(summary), "lapses_at": lapses_at(findings, now)}
    connection.execute(sa.update(schema.host).where(_host.id == host_id).values(values))
    return summary


def keep_look(connection: sa.Connection, host_id: int, facts: Facts, gaps: tuple[NotChecked, ...]) -> None:
    values = {"taken_at": facts.taken_at, "not_checked": to_json(gaps)}
    connection.execute(sa.update(schema.host).where(_host.id == host_id).values(values))


def log(connection: sa.Connection, host_id: int, scan: Summary, started: datetime, finished: datetime) -> None:
    """One line of the scan log, from the summary that the scan came to."""
    connection.execute(
        sa.insert(schema.scan).values(
            host_id=host_id,
            started_at=started,
            finished_at=finished,
            state=scan.state.value,
            error_class=scan.error_class,
            error=scan.error,
            new=scan.new,
            fixed=scan.fixed,
            regressed=scan.regressed,
            active=active(scan),
        )
    )


def _trend(connection: sa.Connection, host_id: int, now: datetime, figure: int) -> tuple[int, ...]:
    """Today's count replaced; the last 30 days known, oldest first. Older days go."""
    day = now.astimezone(UTC).date()
    mine = _daily.host_id == host_id
    too_old = str(day - timedelta(days=_TREND_DAYS))
    connection.execute(sa.delete(schema.daily).where(mine, (_daily.day == str(day)) | (_daily.day <= too_old)))
    connection.execute(sa.insert(schema.daily).values(host_id=host_id, day=str(day), active=figure))
    return tuple(connection.scalars(sa.select(_daily.active).where(mine).order_by(_daily.day)))
