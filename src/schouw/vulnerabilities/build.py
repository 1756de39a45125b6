"""A new database beside the old one: fed, checked, swapped in by one rename.

Whatever is wrong with a feed's file, the rows that this feed left before stay, and the other feeds go on. Nobody ever
sees half of a database, and a reader keeps the one that it opened until it looks again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from schouw.errors import DatabaseError, FeedError
from schouw.vulnerabilities.changes import note_changes
from schouw.vulnerabilities.feeds.base import Feed
from schouw.vulnerabilities.reading import LIMITS, Limits
from schouw.vulnerabilities.schema import FORMAT, TABLES
from schouw.vulnerabilities.writer import Writer

#: A feed may lose this share of its rows from one day to the next; more is a fault somewhere until a person says otherwise.
MAY_SHRINK = 0.05
#: Records that make no sense, as a share of all.
MAY_BE_ODD = 0.05
_FEW = 20


@dataclass(frozen=True, slots=True)
class Source:
    """A feed's file on this machine."""

    feed: Feed
    path: Path
    origin: str
    """Where it came from: an address or a path."""
    date: date
    """What to call its date where it does not say so itself."""
    etag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one source. `problem` "": it is in."""

    feed: str
    origin: str
    rows: int = 0
    before: int = 0
    odd: int = 0
    problem: str = ""


def build(
    target: Path,
    sources: Iterable[Source],
    *,
    allow_fewer: bool = False,
    limits: Limits = LIMITS,
    now: datetime | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> tuple[Outcome, ...]:
    """One outcome a source. `DatabaseError` where no database can be written at all."""
    now = now or datetime.now(UTC)
    work = target.with_name(f".{target.name}.new")
    with _alone(target), _explained(target):
        outcomes: list[Outcome] = []
        taken: set[str] = set()
        try:
            with ExitStack() as opened:
                connection: sqlite3.Connection | None = None
                for source in sources:
                    if connection is None:  # where nothing is new, nothing is copied
                        connection = opened.enter_context(closing(_begun(target, work)))
                    told(f"reading {source.feed.title}")
                    outcomes.append(_take(connection, source, allow_fewer, limits, now))
                taken = {outcome.feed for outcome in outcomes if not outcome.problem}
                if connection is not None and taken:
                    told("checking the new database")
                    _finish(connection, target, taken)
            if taken:
                _swap(work, target)
        finally:
            for leftover in (work, work.with_name(f"{work.name}-journal")):
                leftover.unlink(missing_ok=True)
    return tuple(outcomes)


def is_ours(path: Path) -> bool:
    """Whether it is a database of the format that this schouw reads."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            row = connection.execute("select value from meta where key = 'format'").fetchone()
            return row is not None and row[0] == FORMAT
    except sqlite3.Error:
        return False


def _begun(target: Path, work: Path) -> sqlite3.Connection:
    work.unlink(missing_ok=True)
    fresh = not target.exists() or not is_ours(target)
    if not fresh:
        shutil.copyfile(target, work)
    connection = sqlite3.connect(work.absolute().as_uri(), uri=True, isolation_level=None)
    # Nobody reads this file before it is whole: what a crash leaves is thrown away, so nothing waits for the disk.
    connection.executescript("pragma synchronous = off; pragma journal_mode = truncate; pragma cache_size = -65536")
    if fresh:
        connection.executescript(TABLES)
        connection.executemany("insert into meta values (?, ?)", [("format", FORMAT), ("generation", "0")])
    return connection


def _take(connection: sqlite3.Connection, source: Source, allow_fewer: bool, limits: Limits, now: datetime) -> Outcome:
    feed = source.feed
    row = connection.execute("select id, rows, date from feed where name = ?", (feed.name,)).fetchone()
    before = row[1] if row else 0
    connection.execute("begin")
    try:
        if row:
            _forget(connection, row[0], feed)
        number = connection.execute(_FEED, (feed.name, feed.rank, feed.overlay, feed.days)).fetchone()[0]
        writer = Writer(connection, number)
        feed.read(source.path, writer, limits)
        writer.flush()
        _refuse(writer, before, row[2] if row else "", allow_fewer)
        dates = (writer.newest or source.date.isoformat(), now.isoformat(timespec="seconds"))
        file = (source.path.stat().st_size, _sha256(source.path))
        connection.execute(_DONE, (*dates, *file, writer.rows, writer.odd, source.origin, source.etag, source.modified, number))
    except FeedError as error:
        connection.execute("rollback")
        return Outcome(feed.name, source.origin, 0, before, 0, str(error))
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")
    return Outcome(feed.name, source.origin, writer.rows, before, writer.odd)


_FEED = """
insert into feed values (null, ?, '', '', 0, '', 0, 0, '', '', '', ?, ?, ?) on conflict (name) do update
set rank = excluded.rank, overlay = excluded.overlay, days = excluded.days returning id
"""
_DONE = """
update feed set date = ?, fetched = ?, size = ?, sha256 = ?, rows = ?, odd = ?, source = ?, etag = ?, modified = ? where id = ?
"""


def _forget(connection: sqlite3.Connection, feed: int, kind: Feed) -> None:
    connection.execute("delete from fix where platform in (select id from platform where feed = ?)", (feed,))
    for table in ("platform", "notice", "release", "support"):
        connection.execute(f"delete from {table} where feed = ?", (feed,))  # noqa: S608 (names of ours)
    if kind.columns:
        connection.execute(f"update cve set {', '.join(f'{column} = null' for column in kind.columns)}")  # noqa: S608


def _refuse(writer: Writer, before: int, since: str, allow_fewer: bool) -> None:
    if not writer.rows:
        raise FeedError(f"it has no row that can be used ({writer.odd:,} make no sense)" if writer.odd else "it is empty")
    if writer.odd > _FEW and writer.odd > MAY_BE_ODD * (writer.rows + writer.odd):
        raise FeedError(f"{writer.odd:,} of its {writer.rows + writer.odd:,} records make no sense")
    if writer.rows < before * (1 - MAY_SHRINK) and not allow_fewer:
        raise FeedError(
            f"it has {writer.rows:,} rows, {1 - writer.rows / before:.0%} fewer than the {before:,} of {since}; "
            "where that is right, say --allow-fewer"
        )


def _finish(connection: sqlite3.Connection, target: Path, taken: set[str]) -> None:
    note_changes(connection, target if target.exists() and is_ours(target) else None, taken)
    connection.executescript(
        """
        delete from adv where id not in (select adv from fix);
        delete from adv_cve where adv not in (select id from adv);
        update platform set rows = (select count(*) from fix where fix.platform = platform.id);
        insert or replace into meta select 'rows', count(*) from fix;
        insert or replace into meta select 'known', count(*) from cve where name like 'CVE-%' and rejected is null;
        """
    )
    free, pages = (connection.execute(f"pragma {name}").fetchone()[0] for name in ("freelist_count", "page_count"))
    if free * 4 > pages:
        connection.execute("vacuum")
    problem = connection.execute("pragma quick_check").fetchone()[0]
    if problem != "ok":
        raise DatabaseError(f"{target}: the new database came out damaged ({problem}); the old one stays. Is the disk sound?")


def _swap(work: Path, target: Path) -> None:
    with work.open("rb") as file:
        os.fsync(file.fileno())
    work.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with target.with_name(f".{target.name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DatabaseError(f"{target}: another schouw is changing it; try again when that is done") from None
            yield
    except OSError as error:
        raise DatabaseError(f"{target}: cannot be written: {error.strerror or error}") from error


@contextmanager
def _explained(target: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        full = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
        what = "no space is left on the disk" if full else f"the new database could not be written ({error})"
        raise DatabaseError(f"{target}: {what}; the old one stays") from error
