"""Findings as they are read: with their life, and what people said of them. Each takes part in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from schouw.history import claims, decisions, hostrow, looks, phaseouts, schema
from schouw.history.life import shown
from schouw.history.statements import WITH_ACCEPTED
from schouw.history.values import LastKnown, ScanRow
from schouw.model.finding import Claim, Finding, NotChecked, Outcome, TrackedFinding
from schouw.model.phaseout import Phaseout, plan
from schouw.model.severity import FindingState, HostState
from schouw.model.summary import Summary

_host, _finding, _accepted = schema.host.c, schema.finding.c, schema.accepted.c
_assigned, _claim = decisions.assigned.c, claims.table.c
_SCAN = [column for column in schema.scan.c if column.name != "host_id"]
_DECODER = msgspec.json.Decoder(Finding)
not_checked = msgspec.json.Decoder(tuple[NotChecked, ...]).decode

_WITH_LIFE = sa.select(
    _host.name, _finding.body, _finding.state, _finding.first_seen, _finding.last_seen, _finding.fixed_at, _finding.scans,
    _finding.since, _accepted.until, _accepted.reason, _accepted.by, _assigned.owner,
    _claim.by, _claim.at, _claim.note, _claim.outcome, _claim.reason, _claim.judged_at,
).select_from(
    WITH_ACCEPTED.join(schema.host, _host.id == _finding.host_id)
    .outerjoin(decisions.assigned, sa.and_(_assigned.host_id == _finding.host_id, _assigned.key == _finding.key))
    .outerjoin(claims.table, sa.and_(_claim.host_id == _finding.host_id, _claim.key == _finding.key))
)  # fmt: skip

_SINCE = sa.bindparam("since", type_=schema.Moment)
_OF_HOST = _WITH_LIFE.where(_host.name == sa.bindparam("name"))
_NOT_ENDED = _WITH_LIFE.where(_finding.fixed_at.is_(None))
_NOT_ENDED_BEFORE = _WITH_LIFE.where(_finding.fixed_at.is_(None) | (_finding.fixed_at >= _SINCE))
_CLAIMED = _WITH_LIFE.where(_claim.at >= _SINCE)

ByHost = dict[str, tuple[TrackedFinding, ...]]


def of_host(connection: sa.Connection, name: str, now: datetime) -> tuple[TrackedFinding, ...]:
    """Every finding of a host: active first, then worst first."""
    return _of_host(connection, name, phaseouts.every(connection), now)


def _of_host(connection: sa.Connection, name: str, planned: Iterable[Phaseout], now: datetime) -> tuple[TrackedFinding, ...]:
    return _by_host(connection.execute(_OF_HOST, {"name": name}), planned, now).get(name, ())


def everything(connection: sa.Connection, now: datetime, fixed_since: datetime | None = None) -> ByHost:
    """What is not fixed, of all hosts; with what was fixed at `fixed_since` or later."""
    rows = connection.execute(_NOT_ENDED_BEFORE if fixed_since else _NOT_ENDED, {"since": fixed_since} if fixed_since else {})
    return _by_host(rows, phaseouts.every(connection), now)


def claimed(connection: sa.Connection, since: datetime, now: datetime) -> ByHost:
    """Findings about which something was claimed at `since` or later."""
    return _by_host(connection.execute(_CLAIMED, {"since": since}), phaseouts.every(connection), now)


def last_known(connection: sa.Connection, names: Iterable[str], sections: Collection[str], now: datetime) -> Iterator[LastKnown]:
    """All of these hosts; of their inside view only those sections are read."""
    planned = phaseouts.every(connection)
    for name in names:
        row = hostrow.find(connection, name)
        if row is None:
            yield LastKnown(Summary(name))
            continue
        yield LastKnown(
            hostrow.summary(connection, row, now),
            _of_host(connection, name, planned, now),
            not_checked(row.not_checked),
            looks.load_row(connection, row, sections),
        )


def scans(connection: sa.Connection, name: str, limit: int) -> tuple[ScanRow, ...]:
    """The newest scans of a host, newest first."""
    rows = connection.execute(
        sa.select(*_SCAN)
        .join(schema.host, _host.id == schema.scan.c.host_id)
        .where(_host.name == name)
        .order_by(schema.scan.c.id.desc())
        .limit(limit)
    ).mappings()
    return tuple(ScanRow(**{**row, "state": HostState(row["state"])}) for row in rows)


def _by_host(rows: Iterable[sa.Row[*tuple[Any, ...]]], planned: Iterable[Phaseout], now: datetime) -> ByHost:
    found: dict[str, list[TrackedFinding]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(_tracked(row, planned, now))
    return {name: tuple(sorted(some, key=_order)) for name, some in found.items()}


def _tracked(row: sa.Row[*tuple[Any, ...]], planned: Iterable[Phaseout], now: datetime) -> TrackedFinding:
    host, body, stored, first, last, fixed, scans, since, until, why, by, owner, *claimed = row
    finding = _DECODER.decode(body)
    covering = plan(planned, host, finding.check, finding.subject, finding.title)
    state = shown(FindingState(stored), until, covering, now)
    if state not in (FindingState.PLANNED, FindingState.OVERDUE):
        covering = None
    if state is not FindingState.ACCEPTED:
        until, why, by = None, "", ""
    claim = _claimed(*claimed) if claimed[0] is not None else None
    if claim is not None and claim.outcome is Outcome.FIXED and state is not FindingState.FIXED:
        claim = None  # it came back
    return TrackedFinding(
        finding, state, first, last, fixed, scans, until, why, since, owner or "", claim, by,
        covering.until if covering else None, covering.name if covering else "",
    )  # fmt: skip


def _claimed(by: str, at: datetime, note: str, outcome: str, reason: str, judged_at: datetime | None) -> Claim:
    return Claim(by, at, note, Outcome(outcome), reason, judged_at)


def _order(one: TrackedFinding) -> tuple[bool, bool, int, str]:
    return one.state.ended, not one.state.active, one.finding.severity.rank, one.key
