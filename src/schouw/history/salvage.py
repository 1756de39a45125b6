"""Rows of a damaged SQLite file: all that can still be read, around the places that cannot.

A page that is damaged takes its rows with it and stops whoever reads through the table. So a table is read by ranges of
row numbers, and a range that fails is halved until what is left of it is read or a single row. Pages carry no checksums:
what can be read may still be nonsense, which `sound` tells apart.
"""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from schouw.history.encoding import from_json
from schouw.history.values import ChangeKind
from schouw.model.baseline import AuditRow
from schouw.model.finding import Finding, Outcome
from schouw.model.severity import Area, FindingState, HostState, Severity

Row = Mapping[str, object]

_END = 2**32
"""A row number beyond all of ours, where the highest cannot be read."""
_TRIES = 20_000
"""Ranges of one table that may fail, before the rest of it is given up: a second or so."""


@dataclass
class Salvage:
    """What is read of one table; the counts are complete when the rows have been gone through."""

    source: sqlite3.Connection
    table: str
    places: int = 0
    """How many places could not be read, each of one row or more."""
    nonsense: int = 0
    """Rows that could be read, but mean nothing."""
    columns: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        about = self.source.execute(f'pragma table_info("{self.table}")').fetchall()
        self.columns = tuple(name for _, name, *_ in about)
        self._integers = {name for _, name, kind, *_ in about if "INT" in kind.upper()}

    def rows(self) -> Iterator[Row]:
        for values in self._readable():
            row = dict(zip(self.columns, values, strict=True))
            if self._whole_numbers(row) and sound(self.table, row):
                yield row
            else:
                self.nonsense += 1

    def _readable(self) -> Iterator[tuple[object, ...]]:
        todo, tries, bad = [(0, self._last())], 0, -1
        while todo and tries < _TRIES:
            low, high = todo.pop()
            try:
                query = f'select rowid, * from "{self.table}" where rowid between ? and ? order by rowid'  # noqa: S608
                for number, *values in self.source.execute(query, (low, high)):
                    low = number + 1
                    yield tuple(values)
            except sqlite3.DatabaseError:
                tries += 1
                if low >= high:
                    self.places += low != bad + 1 or bad < 0
                    bad = high
                    continue
                middle = (low + high) // 2
                todo += [(middle + 1, high), (low, middle)]
        self.places += bool(todo) and todo[-1][0] != bad + 1

    def _last(self) -> int:
        try:
            (last,) = self.source.execute(f'select max(rowid) from "{self.table}"').fetchone()  # noqa: S608
        except sqlite3.DatabaseError:
            return _END
        return int(last or 0)

    def _whole_numbers(self, row: Row) -> bool:
        return all(row[name] is None or isinstance(row[name], int) for name in self._integers)


def sound(table: str, row: Row) -> bool:
    """Whether a row of ours means something."""
    try:
        _CHECKS.get(table, _anything)(row)
    except (ValueError, TypeError, msgspec.MsgspecError, zlib.error):
        return False
    return True


def _anything(row: Row) -> None:
    """Rows without a meaning beyond their types."""


def _finding(row: Row) -> None:
    from_json(str(row["body"]), Finding)
    Area(str(row["area"])), Severity(str(row["severity"])), FindingState(str(row["state"]))


def _event(row: Row) -> None:
    ChangeKind(str(row["kind"])), Severity(str(row["severity"]))


def _scan(row: Row) -> None:
    HostState(str(row["state"]))


def _claim(row: Row) -> None:
    Outcome(str(row["outcome"]))


def _audited(row: Row) -> None:
    from_json(str(row["body"]), AuditRow)


def _blob(row: Row) -> None:
    data = row["data"]
    if not isinstance(data, bytes) or hashlib.sha256(zlib.decompress(data)).hexdigest() != row["sha256"]:
        raise ValueError("not what it was")


_CHECKS: Mapping[str, Callable[[Row], None]] = {
    "finding": _finding,
    "event": _event,
    "scan": _scan,
    "claim": _claim,
    "audited": _audited,
    "blob": _blob,
}
