"""What those who want to be told have not been told yet. Takes part in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time

import msgspec
import sqlalchemy as sa

from schouw.history import phaseouts, schema
from schouw.history.life import shown
from schouw.history.statements import GOES_ON, WITH_ACCEPTED
from schouw.history.values import ChangeKind, Happened, News, Standing
from schouw.model.finding import Finding, due_day
from schouw.model.phaseout import Phaseout, plan
from schouw.model.severity import LAPSES_SOON, FindingState, Severity

MOST = 5000
"""Events at once: whoever was not reached for a year gets the newest, and the history holds the rest."""

_event, _finding, _accepted, _host = schema.event.c, schema.finding.c, schema.accepted.c, schema.host.c

# In JSON a quotation mark inside a text is escaped: no text of a server's can look like this.
_EXPLOITED = '%"exploited":true%'
_DEADLINE = '%"deadlines":[{%'

_DECODER = msgspec.json.Decoder(Finding)

_TOLD = sa.select(_host.name, _finding.key, _finding.severity, _finding.title)


def news(connection: sa.Connection, after: int, now: datetime) -> News:
    """What opened and came back after the event of that number, and what is lapsed, lapsing, late or exploited now."""
    last: int = connection.execute(sa.select(sa.func.coalesce(sa.func.max(_event.id), 0))).scalar_one()
    planned = phaseouts.every(connection)
    return News(
        last,
        _happened(connection, after, planned, now),
        _accepted_until(connection, _accepted.until <= now),
        _accepted_until(connection, _accepted.until > now, _accepted.until <= now + LAPSES_SOON),
        _late(connection, now),
        tuple(_overdue(connection, planned, now)),
        _exploited(connection, now),
    )


def _happened(connection: sa.Connection, after: int, planned: Sequence[Phaseout], now: datetime) -> tuple[Happened, ...]:
    rows = connection.execute(
        sa.select(
            _event.id, _event.at, _host.name, _event.kind, _event.key, _event.severity, _event.title,
            _finding.state, _finding.check_name, _finding.subject, _accepted.until,
        )
        .select_from(
            schema.event.join(schema.host, _host.id == _event.host_id)
            .join(schema.finding, sa.and_(_finding.host_id == _event.host_id, _finding.key == _event.key))
            .outerjoin(schema.accepted, sa.and_(_accepted.host_id == _event.host_id, _accepted.key == _event.key))
        )
        .where(_event.id > after, _event.kind.in_((ChangeKind.OPENED.value, ChangeKind.REOPENED.value)))
        .order_by(_event.id.desc())
        .limit(MOST)
    )  # fmt: skip
    return tuple(
        Happened(
            row.id, row.at, row.name, ChangeKind(row.kind), row.key, Severity(row.severity), row.title,
            shown(FindingState(row.state), row.until, plan(planned, row.name, row.check_name, row.subject, row.title), now),
        )
        for row in rows
    )[::-1]  # fmt: skip


def _late(connection: sa.Connection, now: datetime) -> tuple[Standing, ...]:
    rows = connection.execute(
        _TOLD.add_columns(_finding.body, _finding.first_seen)
        .select_from(WITH_ACCEPTED.join(schema.host, _host.id == _finding.host_id))
        .where(GOES_ON, _finding.body.like(_DEADLINE), sa.or_(_accepted.until.is_(None), _accepted.until <= now))
        .order_by(_finding.first_seen)
        .limit(MOST)
    )
    found = []
    for row in rows:
        due = due_day(_DECODER.decode(row.body), row.first_seen)
        if due is not None and due < now.astimezone(UTC).date():
            found.append(Standing(row.name, row.key, Severity(row.severity), row.title, datetime.combine(due, time(), UTC)))
    return tuple(found)


def _accepted_until(connection: sa.Connection, *when: sa.ColumnElement[bool]) -> tuple[Standing, ...]:
    rows = connection.execute(
        _TOLD.add_columns(_accepted.until)
        .select_from(WITH_ACCEPTED.join(schema.host, _host.id == _finding.host_id))
        .where(GOES_ON, *when)
        .order_by(_accepted.until)
        .limit(MOST)
    )
    return tuple(Standing(row.name, row.key, Severity(row.severity), row.title, row.until) for row in rows)


def _overdue(connection: sa.Connection, planned: Sequence[Phaseout], now: datetime) -> Iterator[Standing]:
    hosts = {host for one in planned if one.running and one.until <= now for host in one.hosts}
    if not hosts:
        return
    rows = connection.execute(
        _TOLD.add_columns(_finding.check_name, _finding.subject, _finding.state, _accepted.until)
        .select_from(WITH_ACCEPTED.join(schema.host, _host.id == _finding.host_id))
        .where(GOES_ON)
    )
    for row in rows:
        covering = plan(planned, row.name, row.check_name, row.subject, row.title) if row.name in hosts else None
        if covering is not None and shown(FindingState(row.state), row.until, covering, now) is FindingState.OVERDUE:
            yield Standing(row.name, row.key, Severity(row.severity), row.title, covering.until)


def _exploited(connection: sa.Connection, now: datetime) -> tuple[Standing, ...]:
    rows = connection.execute(
        _TOLD.add_columns(_finding.first_seen)
        .select_from(WITH_ACCEPTED.join(schema.host, _host.id == _finding.host_id))
        .where(
            GOES_ON,
            _finding.body.like(_EXPLOITED),
            sa.or_(_accepted.until.is_(None), _accepted.until <= now),
        )
        .limit(MOST)
    )
    return tuple(Standing(row.name, row.key, Severity(row.severity), row.title, row.first_seen) for row in rows)
