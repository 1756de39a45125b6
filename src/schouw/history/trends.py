"""Counts day by day, and times to fix, as they are kept. Takes part in the caller's transaction."""

from __future__ import annotations

from datetime import UTC, date, datetime

import sqlalchemy as sa

from schouw.history import schema
from schouw.history.values import ChangeKind
from schouw.model.severity import Area, Severity
from schouw.model.trend import DayCount, Mend, Trends

_daily, _event, _host = schema.daily.c, schema.event.c, schema.host.c
_COUNTS = [_daily[severity.value] for severity in Severity]


def trends(connection: sa.Connection, since: date) -> Trends:
    """Of all hosts, from a day on."""
    return Trends(days(connection, since), _mends(connection, datetime(since.year, since.month, since.day, tzinfo=UTC)))


def days(connection: sa.Connection, since: date, host: str = "") -> tuple[DayCount, ...]:
    """Of that host or, where it is "", of all."""
    rows = connection.execute(
        sa.select(_host.name, _daily.day, _daily.active, *_COUNTS)
        .join_from(schema.daily, schema.host, _host.id == _daily.host_id)
        .where(_daily.day >= str(since), *([_host.name == host] if host else []))
        .order_by(_host.name, _daily.day)
    )
    return tuple(
        # Format 3 kept no counts by severity: they are nought, and the sum is not.
        DayCount(name, date.fromisoformat(day), active, tuple(counts) if any(counts) or not active else None)
        for name, day, active, *counts in rows
    )


def _mends(connection: sa.Connection, since: datetime) -> tuple[Mend, ...]:
    before = schema.event.alias()
    begun = (
        sa.select(sa.func.max(before.c.at))
        .where(
            before.c.host_id == _event.host_id,
            before.c.key == _event.key,
            before.c.at <= _event.at,
            before.c.kind.in_((ChangeKind.OPENED.value, ChangeKind.REOPENED.value)),
        )
        .scalar_subquery()
    )
    rows = connection.execute(
        sa.select(_host.name, _event.key, _event.severity, _event.at, sa.type_coerce(begun, schema.Moment))
        .join_from(schema.event, schema.host, _host.id == _event.host_id)
        .where(_event.at >= since, _event.kind == ChangeKind.FIXED.value)
        .order_by(_event.at)
    )
    return tuple(
        Mend(name, Area(key.partition(".")[0]), Severity(severity), at, (at - since).total_seconds())
        for name, key, severity, at, since in rows
        if since is not None
    )
