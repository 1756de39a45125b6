"""A damaged history, put together anew from what can be read of it. The damaged file is kept."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import msgspec

from schouw.errors import HistoryError
from schouw.history import hostrow, schema
from schouw.history.database import Database, begin_wal, open_database
from schouw.history.encoding import from_json, to_json
from schouw.history.fileformat import BUSY_SECONDS, VERSION, exists, explain, foreign, read_only_uri, refuse_version
from schouw.history.salvage import Salvage
from schouw.model.finding import NotChecked
from schouw.model.summary import Summary


@dataclass(frozen=True, slots=True)
class Rebuilt:
    kept: Path
    """Where the damaged file is now."""
    rows: dict[str, int]
    """Table → rows that are in the new one."""
    lost: dict[str, str]
    """Table → what of it is not, in words; without those of which all could be read."""


def rebuild(path: Path, now: datetime) -> Rebuilt | None:
    """None where nothing is wrong with it. Nobody else may write it meanwhile.

    `HistoryError` where nothing at all can be read, or it is not ours; the file is left as it is then.
    """
    if not exists(path):
        raise HistoryError(f"{path}: there is no history yet")
    try:
        with _reading(path) as source:
            if _sane(source):
                return None
            with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
                fresh = Path(folder) / path.name
                fresh.touch(mode=0o600)
                begin_wal(fresh)
                with closing(sqlite3.connect(fresh)) as target:
                    rows, lost = _copy(path, source, target)
                database = open_database(fresh)
                _count_anew(database, now)
                database.close()
                return Rebuilt(_swap(path, fresh, now), rows, lost)
    except sqlite3.Error as error:
        raise explain(path, error) from error
    except OSError as error:
        raise HistoryError(f"{path}: the history cannot be rebuilt: {error.strerror}") from error


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(read_only_uri(path), uri=True, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        yield connection


def _sane(source: sqlite3.Connection) -> bool:
    try:
        return (
            source.execute("pragma integrity_check(1)").fetchall() == [("ok",)]
            and not source.execute("pragma foreign_key_check").fetchall()
        )
    except sqlite3.DatabaseError:
        return False


def _copy(path: Path, source: sqlite3.Connection, target: sqlite3.Connection) -> tuple[dict[str, int], dict[str, str]]:
    """Everything that is readable, in the format that it has."""
    made = source.execute("select type, name, sql from sqlite_master where sql is not null order by type desc, rowid").fetchall()
    tables = [name for kind, name, _ in made if kind == "table" and not name.startswith("sqlite_")]
    if "schema_version" not in tables:
        raise foreign(path)
    rows: dict[str, int] = {}
    lost: dict[str, str] = {}
    for kind, name, sql in made:
        if kind in ("table", "index") and not name.startswith("sqlite_"):
            target.execute(sql)
    for table in tables:
        salvage = Salvage(source, table)
        names = ", ".join(f'"{name}"' for name in salvage.columns)
        into = f'insert or ignore into "{table}" ({names}) values ({", ".join("?" * len(salvage.columns))})'  # noqa: S608
        rows[table] = target.executemany(into, (tuple(_mended(table, row).values()) for row in salvage.rows())).rowcount
        if words := _words(salvage):
            lost[table] = words
    _settle_version(path, target)
    for table, count in _drop_orphans(target).items():
        rows[table] -= count
        orphans = f"{count} rows about something that is lost"
        lost[table] = f"{lost[table]}, {orphans}" if table in lost else orphans
    target.commit()
    return rows, lost


def _mended(table: str, row: Mapping[str, object]) -> Mapping[str, object]:
    """A host's own words are made anew by its next scan: it is not lost for those."""
    if table != "host":
        return row
    try:
        from_json(str(row["summary"]), Summary)
        from_json(str(row["not_checked"]), tuple[NotChecked, ...])
    except (ValueError, msgspec.MsgspecError):
        return {**row, "summary": to_json(Summary(str(row["name"]))), "not_checked": "[]"}
    return row


def _words(salvage: Salvage) -> str:
    parts = []
    if salvage.places:
        parts.append(f"{salvage.places} unreadable place{'' if salvage.places == 1 else 's'}")
    if salvage.nonsense:
        parts.append(f"{salvage.nonsense} row{'' if salvage.nonsense == 1 else 's'} that made no sense")
    return ", ".join(parts)


def _settle_version(path: Path, target: sqlite3.Connection) -> None:
    found = target.execute("select version from schema_version").fetchone()
    if found is None:
        target.execute("insert into schema_version (version) values (?)", (VERSION,))
    else:
        refuse_version(path, found[0])


def _drop_orphans(target: sqlite3.Connection) -> dict[str, int]:
    """Rows that point at one which is gone, by table."""
    dropped: dict[str, int] = {}
    while orphans := {(table, rowid) for table, rowid, *_ in target.execute("pragma foreign_key_check")}:
        for table, rowid in orphans:
            target.execute(f'delete from "{table}" where rowid = ?', (rowid,))  # noqa: S608
            dropped[table] = dropped.get(table, 0) + 1
    return dropped


def _count_anew(database: Database, now: datetime) -> None:
    """Summaries of what is there now."""
    with database.write() as connection:
        for row in connection.execute(schema.host.select()).all():
            summary = replace(from_json(row.summary, Summary), name=row.name)
            hostrow.keep(connection, row.id, summary, now)


def _swap(path: Path, fresh: Path, now: datetime) -> Path:
    kept = path.with_name(f"{path.name}.damaged-{now:%Y%m%d-%H%M%S}")
    path.rename(kept)
    for ending in ("-wal", "-shm"):  # what is in them belongs to the damaged file, and to no other
        beside = path.with_name(path.name + ending)
        if beside.exists():
            beside.rename(kept.with_name(kept.name + ending))
    fresh.rename(path)
    return kept
