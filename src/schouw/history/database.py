"""The file behind the history: opened, made, checked and migrated; transactions that two processes can share."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa

from schouw.errors import HistoryError
from schouw.history import schema
from schouw.history.fileformat import BUSY_SECONDS, VERSION, exists, explain, foreign, not_writable, read_only_uri, refuse_version
from schouw.history.migrations import STEPS, Step


class Database:
    """One SQLite file. Threads may share it; so may processes on the same machine, but never over NFS."""

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self.path = path
        self._engine = _engine(path, read_only)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One consistent look, untouched by writers that finish meanwhile."""
        with self._explained(), self._engine.begin() as connection:
            connection.exec_driver_sql("BEGIN")
            yield connection

    @contextmanager
    def write(self, lasting: bool = False) -> Iterator[sa.Connection]:
        """One transaction: all of it is kept, or nothing, whoever is killed and when.

        `lasting`: a power cut cannot take it back any more either, as it may the scans of the last moments, which the next
        ones make good. Whatever is written over that connection afterwards lasts too.
        """
        with self._explained(), self._engine.begin() as connection:
            if lasting:
                connection.exec_driver_sql("PRAGMA synchronous = FULL")
            # A transaction that starts by reading and then writes fails at once under a second writer, whatever the
            # time-out; IMMEDIATE takes its turn.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            if not isinstance(error.orig, sqlite3.Error):
                raise
            raise explain(self.path, error.orig) from error


def open_database(path: Path, read_only: bool = False, steps: Mapping[int, Step] = STEPS, version: int = VERSION) -> Database:
    """The database at `path`, made or migrated where needed; `HistoryError` where it cannot be used."""
    if not read_only:
        _prepare(path)
    elif not exists(path):
        raise HistoryError(f"{path}: there is no history yet; scan something first")
    database = Database(path, read_only)
    try:
        _check(database, read_only, steps, version)
    except BaseException:
        database.close()
        raise
    return database


def overwrite_removed(path: Path) -> None:
    """After `secure_delete`: the log beside the file no longer holds what was removed, unless somebody still reads it."""
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise explain(path, error) from error


def _engine(path: Path, read_only: bool) -> sa.Engine:
    uri = read_only_uri(path) if read_only else f"{path.absolute().as_uri()}?mode=rw"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        # What is removed, account names for one, is gone from the disk too.
        connection.execute("PRAGMA secure_delete = ON")
        return connection

    # No event listeners: with any, SQLAlchemy asks around before and after every statement.
    return sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.QueuePool)


def _prepare(path: Path) -> None:
    """The folder and a file of ours; what is there is never replaced."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not exists(path):
            _make(path)
        elif path.stat().st_mode & 0o077 and path.stat().st_uid == os.geteuid():
            path.chmod(0o600)
        if path.is_file() and path.stat().st_size == 0:
            begin_wal(path)
    except sqlite3.Error as error:
        raise explain(path, error) from error
    except PermissionError as error:
        raise HistoryError(f"{path}: {not_writable(path)}") from error
    except OSError as error:
        raise HistoryError(f"{path}: the history cannot be opened: {error.strerror}") from error
    if not path.is_file():
        raise HistoryError(f"{path}: the history cannot be opened: it is not a file")
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        raise HistoryError(f"{path}: {not_writable(path)}")


def _make(path: Path) -> None:
    """A whole new file under a name of its own, then linked into place: nobody ever sees half of one, and of
    two processes that begin at once one wins and the other uses what it made."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        fresh = Path(folder) / path.name
        fresh.touch(mode=0o600)
        begin_wal(fresh)
        database = Database(fresh)
        with database.write() as connection:
            _create(connection, VERSION)
        database.close()
        try:
            os.link(fresh, path)
        except FileExistsError:
            return


def begin_wal(path: Path) -> None:
    """Readers and the writer do not wait for each other; the file remembers."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


def _create(connection: sa.Connection, version: int) -> None:
    schema.METADATA.create_all(connection, checkfirst=False)
    connection.execute(sa.insert(schema.schema_version).values(version=version))


def _check(database: Database, read_only: bool, steps: Mapping[int, Step], version: int) -> None:
    with database.read() as connection:
        found = _version(connection, database.path)
    refuse_version(database.path, found, version)
    if found == version:
        return
    if read_only:
        raise HistoryError(f"{database.path}: this history has the older format {found}; open it once for writing, any scan does")
    _copy(database.path, found)
    with database.write() as connection:
        found = _version(connection, database.path)  # another process may have done it while we waited
        if found == 0:
            _create(connection, version)
        for number in range(found + 1, version + 1) if found else ():
            steps[number](connection)
        connection.execute(sa.update(schema.schema_version).values(version=version))


def _version(connection: sa.Connection, path: Path) -> int:
    """0 for a file without tables, as a full disk may leave it."""
    tables = sa.inspect(connection).get_table_names()
    if not tables:
        return 0
    if "schema_version" not in tables:
        raise foreign(path)
    found: int | None = connection.execute(sa.select(schema.schema_version.c.version)).scalar()
    if found is None:
        raise foreign(path)
    return found


def _copy(path: Path, version: int) -> None:
    """``history.db.format-1``: what to go back to. An older copy of the same format is replaced."""
    if version == 0:
        return
    target = path.with_name(f"{path.name}.format-{version}")
    try:
        target.touch(mode=0o600)
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
    except sqlite3.Error as error:
        raise explain(target, error) from error
    except OSError as error:
        raise HistoryError(f"{target}: no copy can be kept before the history is migrated: {error.strerror}") from error
