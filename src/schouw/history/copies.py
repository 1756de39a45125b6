"""The copies of a history that were kept before it was migrated hold account names too: those go there as well.

Through the standard library: a copy has another format than what `schouw.history.schema` describes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from schouw.history.encoding import clean
from schouw.history.fileformat import BUSY_SECONDS, explain, to_microseconds


def forget(history: Path, host: str, accounts: Sequence[str]) -> None:
    """As `accounts.forget`, in every copy. `HistoryError` where one cannot be written."""
    conditions, values = ["1"], list[str | int]()
    if host:
        conditions.append("host_id in (select id from host where name = ?)")
        values.append(host)
    if accounts:
        conditions.append(f"account in ({', '.join('?' * len(accounts))})")
        values += [clean(name.lower()) for name in accounts]
    _delete(history, " and ".join(conditions), values)


def expire(history: Path, now: datetime) -> None:
    """Remove names whose time is over."""
    _delete(history, "expires_at <= ?", [to_microseconds(now)])


def _delete(history: Path, condition: str, values: Sequence[str | int]) -> None:
    for path in _copies(history):
        try:
            with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
                if connection.execute("select 1 from sqlite_master where type = 'table' and name = 'account'").fetchone():
                    connection.execute("pragma secure_delete = on")
                    connection.execute(f"delete from account where {condition}", values)  # noqa: S608 - conditions of ours
        except sqlite3.Error as error:
            raise explain(path, error) from error


def _copies(history: Path) -> Iterator[Path]:
    for path in history.parent.iterdir():
        if path.name.startswith(f"{history.name}.format-") and path.name.rpartition("-")[2].isdigit():
            yield path
