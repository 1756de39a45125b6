"""Counting in files at hand, with the same awk program that hosts get; no host is asked."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from schouw.collect.logins.program import SERVICES, program
from schouw.collect.logins.rows import group, use
from schouw.errors import ConfigError
from schouw.model.logins import AccountUse, before, together
from schouw.text import block, decode, line

_AWKS = (("mawk",), ("awk",), ("gawk",), ("busybox", "awk"))
_UNPACK = {".gz": ("gzip", "-dc"), ".xz": ("xz", "-dc"), ".bz2": ("bzip2", "-dc"), ".zst": ("zstd", "-dcq")}

STDIN = Path("-")

#: A piece of a large file; pieces are read side by side.
_PIECE = 128 << 20
#: How far before a piece its sessions may have begun.
_OVER = 4 << 20
#: So many bytes without the end of a line are a hole in a file, or no log at all.
_HOLE = 16 << 20
_NO_LOG = "has lines that are none of a log"

#: What one piece may cost, in the shell's words: some awks take for ever over a line without end.
_LIMITS = f"ulimit -v {1 << 20}; ulimit -t 60"


@dataclass(slots=True)
class Counted:
    """What the files say."""

    uses: tuple[AccountUse, ...] = ()
    spoke: dict[str, str] = field(default_factory=dict)
    """Services with lines in them, with Dovecot's release ("2.3", "2.4") where that can be told."""
    problems: list[str] = field(default_factory=list)
    """What could not be read, one sentence each."""


@dataclass(frozen=True, slots=True)
class _Piece:
    path: Path
    changed: float
    start: int = 0
    end: int | None = None
    """None: to the end of the file."""


@dataclass(frozen=True, slots=True)
class _Answer:
    rows: str
    problem: str = ""


def find_awk() -> tuple[str, ...]:
    """The quickest awk of this machine; `ConfigError` where it has none."""
    for command in _AWKS:
        if shutil.which(command[0]):
            return command
    raise ConfigError("this machine has no awk; install one, such as mawk")


def count(paths: Sequence[Path], services: Iterable[str], now: float, awk: Sequence[str] = ()) -> Counted:
    """Every login in these files, packed ones too; `services` empty: all that are known."""
    wanted, awk = tuple(services) or SERVICES, tuple(awk) or find_awk()
    counted = Counted()
    pieces = [piece for path in paths for piece in _pieces(path, now, counted.problems)]
    sums: dict[tuple[object, ...], AccountUse] = {}
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for piece, answer in zip(pieces, pool.map(lambda piece: _read(piece, awk, wanted), pieces), strict=True):
            if (problem := f"{piece.path}: {answer.problem}") not in counted.problems and answer.problem:
                counted.problems.append(problem)
            _take(answer.rows, counted, sums)
    counted.uses = tuple(before(use, datetime.fromtimestamp(now, UTC)) for use in sums.values())
    return counted


def _pieces(path: Path, now: float, problems: list[str]) -> Iterator[_Piece]:
    if path == STDIN:
        yield _Piece(path, now)
        return
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
    except OSError as error:
        problems.append(f"{path}: {error.strerror}")
        return
    size = 0 if path.suffix in _UNPACK else status.st_size
    for start in range(0, max(1, size), _PIECE):
        end = start + _PIECE
        yield _Piece(path, status.st_mtime, start, end if end < size else None)


def _read(piece: _Piece, awk: Sequence[str], services: Sequence[str]) -> _Answer:
    seek = max(0, piece.start - _OVER)
    variables = {
        "file": "-",
        "seek": str(seek),
        "from": str(piece.start),
        "end": "" if piece.end is None else str(piece.end),
        "ref": str(int(piece.changed)),
        "zone": datetime.fromtimestamp(piece.changed).astimezone().strftime("%z"),
        "services": " ".join(services),
        "final": "1" if piece.end is None else "",
    }
    settings = [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
    command = ("sh", "-c", f'{_LIMITS}; exec "$@"', "sh", *awk, *settings, program(services))
    try:
        if piece.path == STDIN:
            return _run(command, sys.stdin.buffer)
        if (unpack := _UNPACK.get(piece.path.suffix)) is not None:
            return _unpacked(command, (*unpack, str(piece.path)))
        with piece.path.open("rb", buffering=0) as file:
            if file.seekable():
                beginning = os.pread(file.fileno(), _HOLE, piece.start)
                if len(beginning) == _HOLE and b"\n" not in beginning:
                    return _Answer("", _NO_LOG)
                file.seek(seek)
            return _run(command, file)
    except OSError as error:
        return _Answer("", str(error.strerror))


def _unpacked(command: Sequence[str], unpack: Sequence[str]) -> _Answer:
    if not shutil.which(unpack[0]):
        return _Answer("", f"cannot be unpacked: this machine has no {unpack[0]}")
    with subprocess.Popen(unpack, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as source:
        answer = _run(command, source.stdout)
    if source.returncode and not answer.problem:
        return replace(answer, problem=f"{unpack[0]} says that it is damaged; what came before that was counted")
    return answer


def _run(command: Sequence[str], source: IO[bytes] | io.FileIO | None) -> _Answer:
    done = subprocess.run(command, stdin=source, capture_output=True, env=os.environ | {"LC_ALL": "C"}, check=False)
    if done.returncode:
        return _Answer("", f"{_NO_LOG} ({line(decode(done.stderr, 300), 200)})")
    return _Answer(block(decode(done.stdout, len(done.stdout)), len(done.stdout)))


def _take(rows: str, counted: Counted, sums: dict[tuple[object, ...], AccountUse]) -> None:
    for row in rows.split("\n"):
        tag, *fields = row.split("\t")
        if tag == "spoke" and len(fields) == 2:
            counted.spoke[fields[0]] = fields[1] or counted.spoke.get(fields[0], "")
        elif tag == "lost":
            counted.problems.append(f"{fields[0]} logins of more accounts than can be kept were left out")
        elif tag == "account" and (of := group(fields[:4])) is not None and (one := use(of, fields[4:])) is not None:
            key = (*of, one.account)
            sums[key] = one if key not in sums else together(sums[key], one)
