"""Files of feeds, opened so that no file can hurt us: what comes out is bounded, and damage is said in a sentence.

Every compressed form unpacks through `Bounded`, which counts. A zip bomb, a truncated gzip, a page of HTML where data
was expected, brackets nested a million deep: each ends in a `FeedError` before it costs memory.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Protocol

from schouw.errors import FeedError
from schouw.text import line

_DAMAGED = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, tarfile.TarError, zipfile.BadZipFile, NotImplementedError)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, unless said otherwise. Real feeds stay below a quarter of each."""

    total: int = 8 << 30
    """Of everything that one file unpacks to: the largest real one is Canonical's VEX archive, over 1 GiB."""
    member: int = 64 << 20
    members: int = 1_000_000
    """Files in an archive."""
    ratio: int = 300
    """Unpacked to packed, once past 32 MiB: real feeds are below 80."""
    nesting: int = 10_000
    """Brackets open at once. Counted without regard for strings, where they balance nearly always."""


LIMITS = Limits()
_FREE = 32 << 20
#: xz -9 needs 65 MiB.
_XZ_MEMORY = 160 << 20


class _Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


class Bounded(io.RawIOBase):
    """An unpacked stream that ends in a `FeedError` where it goes beyond its limits or is damaged."""

    def __init__(self, stream: _Readable, packed: int, limits: Limits, told: Callable[[int], None] | None = None) -> None:
        self._stream = stream
        self._packed = max(packed, 1)
        self._limits = limits
        self._told = told
        self._read = 0
        self._open = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        with explained():
            chunk = self._stream.read(len(buffer))
        buffer[: len(chunk)] = chunk
        self._read += len(chunk)
        self._open += chunk.count(b"{") + chunk.count(b"[") - chunk.count(b"}") - chunk.count(b"]")
        if self._read > self._limits.total or (self._read > _FREE and self._read > self._packed * self._limits.ratio):
            raise FeedError(f"it unpacks to more than {self._read >> 20} MiB from {self._packed >> 10} KiB: refused as a bomb")
        if self._open > self._limits.nesting:
            raise FeedError(f"it nests brackets more than {self._limits.nesting:,} deep, which no feed does")
        if self._told:
            self._told(len(chunk))
        return len(chunk)


class _Xz:
    """As `lzma.LZMAFile`, which would allocate whatever dictionary the file asks for."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._unpacker = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)

    def read(self, size: int = -1, /) -> bytes:
        while True:
            if self._unpacker.eof:
                rest = self._unpacker.unused_data or self._file.read(1 << 16)
                if not rest.strip(b"\0"):
                    return b""
                self._unpacker = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)  # another stream follows
            else:
                rest = self._file.read(1 << 16) if self._unpacker.needs_input else b""
                if not rest and self._unpacker.needs_input:
                    raise EOFError("the end is missing")
            chunk = self._unpacker.decompress(rest, size)
            if chunk:
                return chunk


@contextmanager
def explained() -> Iterator[None]:
    """Errors of unpacking as one `FeedError`."""
    try:
        yield
    except _DAMAGED as error:
        raise FeedError(f"it is damaged or was cut off: {line(str(error), 120)}") from error
    except RuntimeError as error:  # zipfile: an encrypted member
        raise FeedError(f"it cannot be unpacked: {line(str(error), 120)}") from error


@contextmanager
def unpacked(path: Path, limits: Limits = LIMITS) -> Iterator[io.BufferedReader[Bounded]]:
    """The file as a stream, unpacked where it is gzip, xz or bzip2."""
    with _opened(path) as file:
        magic = file.read(6)
        file.seek(0)
        if magic[:2] == b"\x1f\x8b":
            stream: _Readable = gzip.GzipFile(fileobj=file)
        elif magic == b"\xfd7zXZ\x00":
            stream = _Xz(file)
        elif magic[:3] == b"BZh":
            stream = bz2.BZ2File(file)
        else:
            stream = file
        yield io.BufferedReader(Bounded(stream, path.stat().st_size, limits), 1 << 17)


@contextmanager
def text_of(path: Path, limits: Limits = LIMITS) -> Iterator[io.TextIOWrapper]:
    """As lines of text; bytes that are not UTF-8 become U+FFFD."""
    with unpacked(path, limits) as stream, io.TextIOWrapper(stream, "utf-8-sig", "replace", newline="") as text:
        yield text


def members(path: Path, limits: Limits = LIMITS) -> Iterator[tuple[str, bytes]]:
    """Name and content of every file in a zip or tar archive, in its order, one at a time."""
    for number, (name, size, read) in enumerate(_zip(path, limits) if is_zip(path) else _tar(path, limits)):
        if number >= limits.members:
            raise FeedError(f"it holds more than {limits.members:,} files")
        content = b""
        if size <= limits.member:
            with explained():
                content = read()
        if max(size, len(content)) > limits.member:  # the archive's own index may lie
            raise FeedError(f"{line(name, 80)} in it is larger than {limits.member >> 20} MiB, which no record is")
        yield name, content


def is_zip(path: Path) -> bool:
    with _opened(path) as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def is_tar(path: Path) -> bool:
    with unpacked(path) as stream:
        return stream.read(262)[257:262] == b"ustar"


_Member = tuple[str, int, Callable[[], bytes]]


def _zip(path: Path, limits: Limits) -> Iterator[_Member]:
    with explained(), zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        total = sum(info.file_size for info in infos)
        if total > limits.total or (total > _FREE and total > path.stat().st_size * limits.ratio):
            raise FeedError(f"it would unpack to {total >> 20:,} MiB from {path.stat().st_size >> 10:,} KiB: refused as a bomb")
        for info in infos:
            if not info.is_dir():
                yield info.filename, info.file_size, partial(_some, archive.open(info), limits.member + 1)


def _tar(path: Path, limits: Limits) -> Iterator[_Member]:
    with unpacked(path, limits) as stream, explained(), tarfile.open(fileobj=stream, mode="r|") as archive:
        for info in archive:
            archive.members = []  # type: ignore[attr-defined]  # or it keeps every header of the archive
            file = archive.extractfile(info) if info.isreg() else None
            if file is not None:
                yield info.name, info.size, partial(_some, file, limits.member + 1)


def _some(file: IO[bytes], size: int) -> bytes:
    with file:
        return file.read(size)


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise FeedError(f"{path}: cannot be read: {error.strerror}") from error
