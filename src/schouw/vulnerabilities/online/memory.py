"""What Vulners answered, for a day; how often it was asked today; whether its user was told what it is sent."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from schouw.errors import DatabaseError

#: Candidates change as slowly as advisories come.
_FRESH = timedelta(days=1)
_TABLES = """
create table if not exists answer (digest text primary key, at text not null, body text not null);
create table if not exists asked (day text primary key, requests integer not null);
create table if not exists told (place text primary key, at text not null);
"""


class Memory:
    """A small file in the state folder. `DatabaseError` where it cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=20)
            self._connection.executescript(_TABLES)
            path.chmod(0o600)
        except (OSError, sqlite3.Error) as error:
            raise DatabaseError(
                f"{path}: what Vulners answered cannot be kept ({error}); remove it, or make its folder writable"
            ) from error

    def close(self) -> None:
        self._connection.close()

    def answer(self, digest: str, now: datetime) -> Mapping[str, object] | None:
        with closing(self._connection.cursor()) as cursor:
            row = cursor.execute("select at, body from answer where digest = ?", (digest,)).fetchone()
        if row is None or datetime.fromisoformat(row[0]) + _FRESH < now:
            return None
        found = json.loads(row[1])
        return found if isinstance(found, dict) else None

    def keep(self, digest: str, answer: Mapping[str, object], now: datetime) -> None:
        with self._connection:
            self._connection.execute("delete from answer where at < ?", ((now - _FRESH).isoformat(),))
            self._connection.execute(
                "insert or replace into answer values (?, ?, ?)", (digest, now.isoformat(), json.dumps(answer))
            )

    def spend(self, now: datetime, requests: int, budget: int) -> bool:
        """Count requests of today (UTC), before they are made; False, and nothing counted, beyond the budget."""
        day = now.date().isoformat()
        with self._connection:
            self._connection.execute("begin immediate")
            self._connection.execute("delete from asked where day <> ?", (day,))
            row = self._connection.execute("select requests from asked where day = ?", (day,)).fetchone()
            spent = (row[0] if row else 0) + requests
            if spent > budget:
                return False
            self._connection.execute("insert or replace into asked values (?, ?)", (day, spent))
        return True

    def first_time(self, place: str, now: datetime) -> bool:
        """Whether its user has not been told yet what that place is sent; from now on he has."""
        with self._connection:
            return self._connection.execute("insert or ignore into told values (?, ?)", (place, now.isoformat())).rowcount == 1
