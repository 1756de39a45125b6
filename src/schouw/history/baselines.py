"""Named moments, and the audits of others. Each function takes part in the caller's transaction.

A moment of our own is a name and a time and nothing else: what was there then follows from the journal (see `comparing`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from schouw.errors import ConfigError
from schouw.history import schema
from schouw.history.encoding import from_json, to_json
from schouw.model.baseline import AuditRow, Baseline, is_baseline_name

table = sa.Table(
    "baseline",
    schema.METADATA,
    sa.Column("id", schema.Id, primary_key=True),
    sa.Column("name", schema.Words, nullable=False, unique=True),
    sa.Column("at", schema.Moment, nullable=False),
    sa.Column("by", schema.Words, nullable=False),
    sa.Column("source", schema.Words, nullable=False),
)

audited = sa.Table(
    "audited",
    schema.METADATA,
    sa.Column("baseline_id", schema.Id, sa.ForeignKey("baseline.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("body", schema.Words, nullable=False),  # AuditRow as JSON
)

_row = table.c


@dataclass(frozen=True, slots=True)
class Kept:
    """One line of the list of baselines."""

    name: str
    at: datetime
    by: str
    source: str
    rows: int


def keep(connection: sa.Connection, baseline: Baseline) -> None:
    """`ConfigError` where there is one of that name, or the name would be taken for something else."""
    if not is_baseline_name(baseline.name):
        raise ConfigError(f"{baseline.name!r}: expected a name such as audit-2026: a letter, then letters, digits, . _ or -")
    if connection.execute(sa.select(_row.id).where(_row.name == baseline.name)).first():
        raise ConfigError(f"there is a baseline {baseline.name} already; delete it, or take another name")
    values = {"name": baseline.name, "at": baseline.at, "by": baseline.by, "source": baseline.source}
    (id,) = connection.execute(sa.insert(table).values(values).returning(_row.id)).one()
    if baseline.rows:
        rows = [{"baseline_id": id, "place": place, "body": to_json(one)} for place, one in enumerate(baseline.rows)]
        connection.execute(sa.insert(audited), rows)


def drop(connection: sa.Connection, name: str) -> None:
    """`ConfigError` where there is none of that name."""
    if not connection.execute(sa.delete(table).where(_row.name == name)).rowcount:
        raise unknown(connection, name)


def every(connection: sa.Connection) -> tuple[Kept, ...]:
    """Oldest first."""
    count = sa.select(sa.func.count()).where(audited.c.baseline_id == _row.id).scalar_subquery()
    rows = connection.execute(sa.select(_row.name, _row.at, _row.by, _row.source, count).order_by(_row.at, _row.id))
    return tuple(Kept(*row) for row in rows)


def load(connection: sa.Connection, name: str) -> Baseline:
    """With all its rows. `ConfigError` where there is none of that name."""
    found = connection.execute(sa.select(table).where(_row.name == name)).first()
    if found is None:
        raise unknown(connection, name)
    bodies = connection.scalars(sa.select(audited.c.body).where(audited.c.baseline_id == found.id).order_by(audited.c.place))
    return Baseline(found.name, found.at, found.by, found.source, tuple(from_json(body, AuditRow) for body in bodies))


def unknown(connection: sa.Connection, name: str) -> ConfigError:
    names = [one.name for one in every(connection)]
    known = f"there are {', '.join(names)}" if names else "none was saved; schouw baseline save NAME"
    return ConfigError(f"there is no baseline {name!r}; {known}")


def scan_end(connection: sa.Connection, id: int) -> datetime | None:
    """When the scan of this number ended; None where the log has none."""
    return connection.execute(sa.select(schema.scan.c.finished_at).where(schema.scan.c.id == id)).scalar()
