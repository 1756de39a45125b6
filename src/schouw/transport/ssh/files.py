"""Files parsed once and shared by all hosts; parsed again only when they changed on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")

#: No key or known_hosts file is larger; a path such as /dev/zero must not fill the memory.
_MOST = 16 << 20


def stamp(path: Path) -> tuple[int, int, int]:
    """Changes when the file does; `OSError` when it is not there."""
    status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


class Parsed(Generic[T]):
    """Parsing an RSA key or a long known_hosts for every connect would cost 5 to 20 times the connect itself."""

    def __init__(self, parse: Callable[[bytes], T]) -> None:
        self._parse = parse
        self._kept: dict[Path, tuple[tuple[int, int, int], T]] = {}

    def get(self, path: Path) -> T:
        """`OSError` when the file cannot be read; whatever `parse` raises is raised, and not remembered."""
        now = stamp(path)
        kept = self._kept.get(path)
        if kept is not None and kept[0] == now:
            return kept[1]
        with path.open("rb") as file:
            value = self._parse(file.read(_MOST))
        self._kept[path] = now, value
        return value
