"""What people decide of findings: accepted, claimed, commented on, assigned. Takes part in the caller's transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schouw.errors import ConfigError
from schouw.history import claims, schema
from schouw.history.journal import entry
from schouw.history.statements import ADD_EVENT
from schouw.history.values import ChangeKind
from schouw.model.finding import Decision, What
from schouw.model.severity import FindingState

assigned = sa.Table(
    "assigned",
    schema.METADATA,
    schema.host_column(primary=True),
    sa.Column("key", schema.Words, primary_key=True),
    sa.Column("owner", schema.Words, nullable=False),
)

_finding, _accepted = schema.finding.c, schema.accepted.c


def check(decision: Decision, now: datetime) -> None:
    """`ConfigError` where it makes no sense, whatever there is on the host."""
    name, key, until, words = decision.host, decision.key, decision.until, decision.reason.strip()
    match decision.what:
        case What.ACCEPT if until is not None and not words:
            raise ConfigError(f"{name}: {key} cannot be accepted without a reason")
        case What.ACCEPT if until is not None and until <= now:
            raise ConfigError(f"{name}: {key} cannot be accepted until {until:%Y-%m-%d %H:%M}, which is over")
        case What.COMMENT if not words:
            raise ConfigError(f"{name}: a comment on {key} without words")


def carry_out(connection: sa.Connection, host_id: int, decision: Decision, now: datetime) -> None:
    """`ConfigError` where the host has no such finding, or it is in no state for it."""
    key, name = decision.key, decision.host
    columns = (_finding.severity, _finding.title, _finding.state)
    row = connection.execute(sa.select(*columns).where(_finding.host_id == host_id, _finding.key == key)).first()
    if row is None:
        raise unknown(name, repr(key))
    if decision.what is What.CLAIM and FindingState(row.state).ended:
        raise ConfigError(f"{name}: {key} is {row.state} already; the last scan that looked for it did not see it")
    match decision.what:
        case What.ACCEPT:
            kind = _accept(connection, host_id, decision, now)
        case What.CLAIM:
            claims.make(connection, host_id, key, decision.by, decision.reason, now)
            kind = ChangeKind.CLAIMED
        case What.COMMENT:
            kind = ChangeKind.COMMENTED
        case What.ASSIGN:
            _assign(connection, host_id, key, decision.reason.strip())
            kind = ChangeKind.ASSIGNED
    _write(connection, host_id, decision, kind, row, now)


def unknown(name: str, what: str) -> ConfigError:
    return ConfigError(f"{name} has no finding {what}; its findings: schouw report {name} --format json")


def _accept(connection: sa.Connection, host_id: int, decision: Decision, now: datetime) -> ChangeKind:
    key, until = decision.key, decision.until
    before = connection.execute(sa.delete(schema.accepted).where(_accepted.host_id == host_id, _accepted.key == key)).rowcount
    if until is None and not before:
        raise unknown(decision.host, f"{key!r} that is accepted")
    if until is None:
        return ChangeKind.WITHDRAWN
    values = {"host_id": host_id, "key": key, "until": until, "reason": decision.reason, "by": decision.by, "created_at": now}
    connection.execute(sa.insert(schema.accepted).values(values))
    return ChangeKind.ACCEPTED


def _assign(connection: sa.Connection, host_id: int, key: str, owner: str) -> None:
    connection.execute(sa.delete(assigned).where(assigned.c.host_id == host_id, assigned.c.key == key))
    if owner:
        connection.execute(sa.insert(assigned).values(host_id=host_id, key=key, owner=owner))


def _write(
    connection: sa.Connection, host_id: int, decision: Decision, kind: ChangeKind, row: sa.Row[*tuple[Any, ...]], now: datetime
) -> None:
    line = entry(host_id, now, kind, decision.key, row.severity, row.title, decision.by, decision.reason.strip())
    connection.execute(ADD_EVENT, [line])
