"""What became of each finding between a moment and now: the proof for the next audit.

What was there at the moment follows from the first thing that happened after it: what was fixed then had been open,
what came back had been fixed, what appeared had not been known.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from schouw.history import reading, schema
from schouw.history.values import ChangeKind, Compared, Fate
from schouw.model.finding import TrackedFinding
from schouw.model.severity import FindingState

_event, _host = schema.event.c, schema.host.c
_SEEN = tuple(kind.value for kind in (ChangeKind.OPENED, ChangeKind.REOPENED, ChangeKind.FIXED, ChangeKind.RETRACTED))


def compare(connection: sa.Connection, since: datetime, now: datetime) -> tuple[Compared, ...]:
    happened = _happened(connection, since)
    return tuple(
        Compared(host, _fate(tracked, happened.get((host, tracked.key), ())), tracked)
        for host, some in sorted(reading.everything(connection, now, since).items())
        for tracked in some
    )


def _happened(connection: sa.Connection, since: datetime) -> dict[tuple[str, str], list[str]]:
    """Host and key → what scans saw happen to it since, in order."""
    rows = connection.execute(
        sa.select(_host.name, _event.key, _event.kind)
        .join(schema.host, _host.id == _event.host_id)
        .where(_event.at >= since, _event.kind.in_(_SEEN))
        .order_by(_event.id)  # as it happened, whatever the clock said
    )
    found: dict[tuple[str, str], list[str]] = {}
    for name, key, kind in rows:
        found.setdefault((name, key), []).append(kind)
    return found


def _fate(tracked: TrackedFinding, happened: list[str] | tuple[()]) -> Fate:
    unknown_then = ChangeKind.OPENED in happened[:1]
    if tracked.state is FindingState.FIXED:
        open_then = ChangeKind.FIXED in happened[:1]
        return Fate.FIXED if open_then else Fate.PASSED
    if tracked.state is FindingState.RETRACTED:
        return Fate.RETRACTED if ChangeKind.RETRACTED in happened[:1] else Fate.PASSED
    if tracked.state is FindingState.ACCEPTED:
        return Fate.ACCEPTED
    if unknown_then:
        return Fate.NEW
    return Fate.REGRESSED if ChangeKind.REOPENED in happened else Fate.OPEN
