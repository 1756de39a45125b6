"""What happened to each finding, line by line: by scans and by people. Kept for ever."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schouw.history import schema
from schouw.history.values import Change, ChangeKind
from schouw.model.severity import Severity

_event, _host = schema.event.c, schema.host.c

_READ = sa.select(
    _event.id, _event.at, _host.name, _event.kind, _event.key, _event.severity, _event.title, _event.by, _event.text
).join(schema.host, _host.id == _event.host_id)


def entry(
    host_id: int, at: datetime, kind: ChangeKind, key: str, severity: str, title: str, by: str = "", text: str = ""
) -> dict[str, object]:
    """A row for `statements.ADD_EVENT`."""
    about = {"host_id": host_id, "key": key, "severity": severity, "title": title}
    return about | {"at": at, "kind": kind.value, "by": by, "text": text}


def since(connection: sa.Connection, moment: datetime) -> tuple[Change, ...]:
    """Everything at `moment` or later, oldest first."""
    return _changes(connection.execute(_READ.where(_event.at >= moment).order_by(_event.at, _event.id)))


def after(connection: sa.Connection, id: int, kinds: Iterable[ChangeKind], limit: int) -> tuple[Change, ...]:
    """What came after the entry with this id, in the order in which it was written."""
    wanted = _event.kind.in_([kind.value for kind in kinds])
    return _changes(connection.execute(_READ.where(_event.id > id, wanted).order_by(_event.id).limit(limit)))


def newest(connection: sa.Connection) -> int:
    """The id of the last entry, 0 where there is none."""
    return connection.execute(sa.select(sa.func.max(_event.id))).scalar() or 0


def of_finding(connection: sa.Connection, host_id: int, key: str, limit: int) -> tuple[Change, ...]:
    """The newest entries about one finding, oldest first."""
    rows = connection.execute(_READ.where(_event.host_id == host_id, _event.key == key).order_by(_event.id.desc()).limit(limit))
    return _changes(rows)[::-1]


def _changes(rows: Iterable[sa.Row[*tuple[Any, ...]]]) -> tuple[Change, ...]:
    return tuple(
        Change(id, at, name, ChangeKind(kind), key, Severity(severity), title, by, text)
        for id, at, name, kind, key, severity, title, by, text in rows
    )
