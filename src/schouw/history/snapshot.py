"""The summaries, read-only, for the first picture; and which hosts have a CVE, for filters.

Through the standard library, because importing SQLAlchemy takes longer than all the rest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from schouw.errors import HistoryError
from schouw.history.fileformat import (
    BUSY_SECONDS,
    VERSION,
    exists,
    explain,
    foreign,
    from_microseconds,
    read_only_uri,
    refuse_version,
    to_microseconds,
)
from schouw.history.tally import Tracked, count
from schouw.model.severity import Area, FindingState, Severity
from schouw.model.summary import Summary

_FINDINGS = """
select f.check_name, f.subject, f.area, f.severity, f.state, f.title, a.until
from finding f join host h on h.id = f.host_id left join accepted a on a.host_id = f.host_id and a.key = f.key
where h.name = ? and f.fixed_at is null
"""

_HAVING = """
select distinct h.name from finding f join host h on h.id = f.host_id
where f.fixed_at is null and f.area = 'vulns' and instr(f.body, ?) > 0
"""


def utc_now() -> datetime:
    return datetime.now(UTC)


def read_summaries(path: Path, now: datetime | None = None) -> dict[str, Summary]:
    """The last known state of every host, also while an engine writes; empty where there is no history yet.

    `HistoryError` where the file is damaged, of a newer schouw, or not a history. A file of an older format is
    read as empty: the engine, which opens it next, migrates it.
    """
    if not exists(path):
        return {}
    now = now or utc_now()
    try:
        with _reading(path) as connection:
            if not _ours(connection, path):
                return {}
            rows = connection.execute("select name, summary, lapses_at from host").fetchall()
            decoder = msgspec.json.Decoder(Summary)
            found = {name: decoder.decode(text) for name, text, _ in rows}
            for name, _, lapses in rows:
                if lapses is not None and lapses <= to_microseconds(now):
                    found[name] = count(found[name], _findings(connection, name), now)
            return found
    except sqlite3.Error as error:
        raise explain(path, error) from error
    except msgspec.MsgspecError as error:
        raise HistoryError(f"{path}: a summary in the history makes no sense ({error}); scanning again replaces it") from error


def having(path: Path, cve: str) -> frozenset[str]:
    """The names of the hosts with an open finding, accepted ones too, that names this CVE. Errors as in `read_summaries`."""
    if not exists(path):
        return frozenset()
    try:
        with _reading(path) as connection:
            rows = connection.execute(_HAVING, (f'"{cve}"',)) if _ours(connection, path) else ()
            return frozenset(name for (name,) in rows)
    except sqlite3.Error as error:
        raise explain(path, error) from error


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(read_only_uri(path), uri=True, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        connection.execute("begin")  # one moment for both queries
        yield connection


def _ours(connection: sqlite3.Connection, path: Path) -> bool:
    tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
    if tables and "schema_version" not in tables:
        raise foreign(path)
    version = connection.execute("select version from schema_version").fetchone() if tables else (0,)
    if version is None:
        raise foreign(path)
    refuse_version(path, version[0])
    return bool(version[0] == VERSION)


def _findings(connection: sqlite3.Connection, name: str) -> Iterator[Tracked]:
    from schouw.model.phaseout import Phaseout, plan  # seldom: only where something lapsed since it was counted

    bodies = connection.execute("select body from phaseout").fetchall()
    planned = [msgspec.json.decode(body, type=Phaseout) for (body,) in bodies]
    for check, subject, area, severity, state, title, until in connection.execute(_FINDINGS, (name,)):
        ends = None if until is None else from_microseconds(until)
        covering = plan(planned, name, check, subject, title)
        yield Tracked(Area(area), Severity(severity), FindingState(state), title, ends, covering)
