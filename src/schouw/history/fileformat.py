"""The history's file: its format's version, and what can be wrong with it, in words that say what to do.

No SQLAlchemy in here: the first picture needs these words before that is imported.
"""

from __future__ import annotations

import os
import pwd
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from schouw.errors import HistoryError

#: The schema that this code writes; a step in `schouw.history.migrations` leads to each number above 1.
VERSION = 5

#: Seconds that a writer waits for others. SQLite lets waiting writers in by chance, not in turn: on a loaded machine
#: one of four busy writers was passed over for more than 5 s, and a finished scan is worth waiting for.
BUSY_SECONDS = 20.0

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_microseconds(moment: datetime) -> int:
    """How the file keeps a moment: exact, and it sorts."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(value: int) -> datetime:
    return _EPOCH + timedelta(microseconds=value)


def refuse_version(path: Path, version: int, ours: int = VERSION) -> None:
    """`HistoryError` where a newer schouw wrote the file: this one would lose what it does not know."""
    if version > ours:
        raise HistoryError(
            f"{path}: this history has format {version}, written by a newer schouw; this one reads up to {ours}. "
            f"Upgrade schouw, or move the file away to begin a new history"
        )


def foreign(path: Path) -> HistoryError:
    return HistoryError(
        f"{path}: this is an SQLite database, but not a history of schouw; it was left as it is. "
        f"Move it away, or name another file"
    )


def explain(path: Path, error: sqlite3.Error) -> HistoryError:
    """What an error of SQLite means for a person, and how to go on."""
    # Errors of the module itself, not of the library, carry no code.
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            text = (
                f"the history is damaged ({error}); it was left as it is. Put back a copy of it, let schouw rebuild it from "
                f"what can be read (schouw rebuild --history {path}), or move it away and schouw begins a new one: "
                f"mv {path} {path}.damaged"
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            text = not_writable(path)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            text = f"another program has kept the history busy for {BUSY_SECONDS:g} s; end it, or try again"
        case sqlite3.SQLITE_FULL:
            text = "no space is left on the disk; nothing was written. Free some space and scan again"
        case _:
            text = f"the history cannot be used: {error}"
    return HistoryError(f"{path}: {text}")


def not_writable(path: Path) -> str:
    if os.access(path, os.F_OK) and not os.access(path, os.R_OK):
        return f"the history may not be read by {_user()}; run schouw as the user who owns it, or let that one read it"
    return (
        f"the history may not be written by {_user()}; make the file and its folder {path.parent} writable "
        f"for that user, or use another state folder (XDG_STATE_HOME)"
    )


def exists(path: Path) -> bool:
    """`HistoryError` where that cannot be told."""
    try:
        return path.exists()
    except PermissionError as error:
        raise HistoryError(f"{path}: the folder of the history may not be entered by {_user()}") from error


def read_only_uri(path: Path) -> str:
    """How to open the file without ever writing to it."""
    # Readers share memory with writers through a file beside it. Where none can be made and no writer left a log,
    # nobody can be writing: then the file alone is all there is.
    alone = not os.access(path.parent, os.W_OK) and not path.with_name(f"{path.name}-wal").exists()
    return f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if alone else ''}"


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user {os.geteuid()}"
