"""What goes with age: lines of the scan log, counts of long ago, runs of scans that did not look. Never a finding or what
happened to it, so that when it was first seen, and its life, stay for ever. Takes part in the caller's transaction.

It is done with a host's first scan of a day: nobody has to remember to do it, and no scan waits for more than its own host.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from schouw.history import schema, sightings

EVERY_SCAN = timedelta(days=30)
"""Older ones: the last of each outcome on a day."""
EVERY_DAY = timedelta(days=365)
"""Older ones: the last of each outcome in so many days."""
_MONTH = timedelta(days=30)
COUNTS = timedelta(days=400)
"""Of the trend."""

_scan, _daily, _run = schema.scan.c, schema.daily.c, sightings.table.c
_DAY = timedelta(days=1)

_NEWEST = sa.select(_scan.finished_at).where(_scan.host_id == sa.bindparam("mine")).order_by(_scan.id.desc()).limit(1)


def thin_daily(connection: sa.Connection, host_id: int, now: datetime) -> None:
    """Thin what is kept of a host, unless a scan of it has done so today. Called before a scan's line is added."""
    newest: datetime | None = connection.execute(_NEWEST, {"mine": host_id}).scalar()
    if newest is None or newest.astimezone(UTC).date() == now.astimezone(UTC).date():
        return
    _thin(connection, host_id, now - EVERY_SCAN, _DAY)
    _thin(connection, host_id, now - EVERY_DAY, _MONTH)
    first = str((now - COUNTS).astimezone(UTC).date())
    connection.execute(sa.delete(schema.daily).where(_daily.host_id == host_id, _daily.day < first))
    connection.execute(sa.delete(sightings.table).where(_run.host_id == host_id, _run.last < now - EVERY_DAY))


def _thin(connection: sa.Connection, host_id: int, before: datetime, span: timedelta) -> None:
    """Of scans that ended before a moment, leave the last of each outcome in each span."""
    old = (_scan.host_id == host_id, _scan.finished_at < before)
    number = sa.type_coerce(_scan.finished_at, sa.BigInteger) // (span // timedelta(microseconds=1))
    kept = sa.select(sa.func.max(_scan.id)).where(*old).group_by(number, _scan.state)
    connection.execute(sa.delete(schema.scan).where(*old, _scan.id.not_in(kept)))
