"""Where the engine of a history lives: its lock, its socket, its log."""

from __future__ import annotations

import errno
import fcntl
import os
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from schouw.errors import EngineError, HistoryError
from schouw.history.fileformat import not_writable

_LONGEST = 104
"""Bytes of a Unix socket's path; 108 with the end mark on Linux."""


_LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class Place:
    """Computed from the history's path alone, so that everybody who opens it finds the same engine."""

    history: Path
    socket: Path
    lock: Path
    log: Path

    @classmethod
    def of(cls, history: Path, state: Path, runtime: Path) -> Place:
        """`runtime` is a folder of ours for sockets, `state` one for logs. `EngineError` when the path gets too long."""
        history = history.resolve()
        digest = blake2b(os.fsencode(history), digest_size=8).hexdigest()
        socket = runtime / f"{digest}.sock"
        if len(os.fsencode(socket)) > _LONGEST:
            raise EngineError(f"{socket}: too long for a socket's path; set XDG_RUNTIME_DIR to a folder with a shorter name")
        return cls(history, socket, history.with_name(history.name + _LOCK), state / f"engine-{digest}.log")

    def prepare(self) -> None:
        """Make the folders, for their owner only. `EngineError` where somebody else could get in between."""
        try:
            self.history.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(self.history, error) from error
        try:
            for folder in (self.log.parent, self.socket.parent):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            owner = self.socket.parent.stat()
            if owner.st_uid == os.getuid() and owner.st_mode & 0o022:
                self.socket.parent.chmod(0o700)
        except OSError as error:
            advice = "set XDG_STATE_HOME and XDG_RUNTIME_DIR to folders of your own"
            raise EngineError(f"{error.filename}: the engine cannot use this folder: {error.strerror}; {advice}") from error
        if owner.st_uid != os.getuid():
            raise EngineError(
                f"{self.socket.parent} belongs to somebody else, and the engine's socket cannot be put there; "
                f"set XDG_RUNTIME_DIR to a folder of your own"
            )


class Lock:
    """Held by the one engine of a history; the kernel lets go of it when its process dies, however that happens."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, path: Path) -> Lock | None:
        """None when another engine holds it; see `holder`. `HistoryError` when the file cannot be made beside the history."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unusable(path.with_name(path.name.removesuffix(_LOCK)), error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return cls(descriptor)

    def release(self) -> None:
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def _unusable(history: Path, error: OSError) -> HistoryError:
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return HistoryError(f"{history}: {not_writable(history)}")
    return HistoryError(f"{history}: the history cannot be opened: {error.strerror}")


def holder(path: Path) -> str:
    """The process id in a lock file, "" when there is none to read."""
    try:
        text = path.read_text("ascii")[:20].strip()
    except (OSError, UnicodeError):
        return ""
    return text if text.isdigit() else ""
