"""Claims that something was done about a finding, and what the next scan that looked for it says of them.

One claim a finding: a new one takes the place of the one before, which stays in the finding's journal. Each function
takes part in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from schouw.history import schema
from schouw.history.journal import entry
from schouw.history.statements import ADD_EVENT
from schouw.history.values import ChangeKind
from schouw.model.finding import Outcome

table = sa.Table(
    "claim",
    schema.METADATA,
    schema.host_column(primary=True),
    sa.Column("key", schema.Words, primary_key=True),
    sa.Column("at", schema.Moment, nullable=False),
    sa.Column("by", schema.Words, nullable=False),
    sa.Column("note", schema.Words, nullable=False),
    sa.Column("outcome", schema.Words, nullable=False),
    sa.Column("reason", schema.Words, nullable=False),
    sa.Column("judged_at", schema.Moment),
)

_row, _finding = table.c, schema.finding.c
_KINDS = {Outcome.FIXED: ChangeKind.CONFIRMED, Outcome.NOT_FIXED: ChangeKind.REFUTED}

#: Claims of a host that no scan has settled, made before a look began. Bound: host_id, started, ended.
_OPEN = (
    sa.select(_row.key, _finding.severity, _finding.title)
    .join(schema.finding, sa.and_(_finding.host_id == _row.host_id, _finding.key == _row.key))
    .where(
        _row.host_id == sa.bindparam("host_id"),
        # One made later than a scan that has ended was dated by a clock that has been set back since.
        (_row.at <= sa.bindparam("started", type_=schema.Moment)) | (_row.at > sa.bindparam("ended", type_=schema.Moment)),
        # No IN: its text would be made anew for every host.
        (_row.outcome == Outcome.WAITING.value) | (_row.outcome == Outcome.CANNOT_TELL.value),
    )
)

_SETTLE = (
    sa.update(table)
    .where(_row.host_id == sa.bindparam("mine"), _row.key == sa.bindparam("about"))
    .values(
        outcome=sa.bindparam("new_outcome"),
        reason=sa.bindparam("new_reason"),
        judged_at=sa.bindparam("new_judged_at", type_=schema.Moment),
    )
)


#: A claim may be made between the end of a look and now.
_DRIFT = timedelta(minutes=1)


class Ruling(NamedTuple):
    outcome: Outcome
    reason: str = ""


def make(connection: sa.Connection, host_id: int, key: str, by: str, note: str, now: datetime) -> None:
    connection.execute(sa.delete(table).where(_row.host_id == host_id, _row.key == key))
    values = {"host_id": host_id, "key": key, "by": by, "note": note, "at": now, "outcome": Outcome.WAITING.value, "reason": ""}
    connection.execute(sa.insert(table).values(values))


def settle(
    connection: sa.Connection, host_id: int, started: datetime, at: datetime, rule: Callable[[str], Ruling | None]
) -> None:
    """Let a look that began at `started` speak: `rule` says what it saw of a key, None where it did not go there.

    A look that was under way when the claim was made may have passed the place before anything was done there.
    """
    settled, events = [], []
    for key, severity, title in connection.execute(_OPEN, {"host_id": host_id, "started": started, "ended": at + _DRIFT}):
        if (ruling := rule(key)) is None:
            continue
        outcome, reason = ruling
        settled.append({"mine": host_id, "about": key, "new_outcome": outcome.value, "new_reason": reason, "new_judged_at": at})
        if kind := _KINDS.get(outcome):
            events.append(entry(host_id, at, kind, key, severity, title))
    if settled:
        connection.execute(_SETTLE, settled)
    if events:
        connection.execute(ADD_EVENT, events)
