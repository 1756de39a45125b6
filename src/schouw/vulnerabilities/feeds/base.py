"""What a feed is: a name, where it comes from, how its file is known, and the reader that turns it into rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from schouw.errors import FeedError
from schouw.vulnerabilities.reading import LIMITS, Limits, is_tar, is_zip, members, unpacked
from schouw.vulnerabilities.writer import Writer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a file, enough to say what it is."""

    name: str
    text: str = ""
    """First 64 KiB, unpacked; "" for an archive of files."""
    record: Mapping[str, object] = field(default_factory=dict)
    """The first JSON file in an archive that says something, {} otherwise."""

    @property
    def is_json(self) -> bool:
        return self.text.lstrip()[:1] in ("{", "[") and self.text.lstrip()[:1] != ""


@dataclass(frozen=True, slots=True)
class Feed:
    name: str
    title: str
    claims: Callable[[Head], bool]
    """Whether a file that begins so is this feed's."""
    read: Callable[[Path, Writer, Limits], None]
    """`FeedError` for a file that cannot be used. One bad record is counted, not fatal."""
    url: str = ""
    """"" where it only comes by `schouw db import`."""
    rank: int = 5
    """Among feeds that cover the same release, the lowest is asked: what it says is more exact."""
    overlay: bool = False
    """Whether it only adds to what another feed says of the same release."""
    days: int = 2
    """Older than this, its data is called old."""
    columns: tuple[str, ...] = ()
    """What it alone says of CVEs: forgotten before it is read anew."""


def head_of(path: Path) -> Head:
    """`FeedError` for a file that cannot be read at all."""
    if is_zip(path) or is_tar(path):
        for number, (_, content) in enumerate(members(path)):
            record = _json(content)
            # Some of osv.dev's records name no package; a few in a row say nothing of what the archive is.
            if record.get("affected") or record.get("statements") or record.get("dataType") or number > 500:
                return Head(path.name, record=record)
        raise FeedError("it holds no record of a kind that schouw knows")
    with unpacked(path, LIMITS) as stream:
        return Head(path.name, stream.read(1 << 16).decode("utf-8", "replace").lstrip("\ufeff"))


def _json(content: bytes) -> dict[str, object]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def decoded(content: bytes, type_: type[T], writer: Writer) -> T | None:
    """One record; None, and counted, where it does not fit."""
    try:
        return msgspec.json.decode(content, type=type_)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        writer.odd += 1
        return None


def converted(value: object, type_: type[T], writer: Writer) -> T | None:
    """One record already read as JSON; None, and counted, where it does not fit."""
    try:
        return msgspec.convert(value, type_, strict=False)
    except (msgspec.MsgspecError, RecursionError):
        writer.odd += 1
        return None


def day(moment: str) -> date | None:
    """The day of an ISO 8601 moment; None where it is none."""
    try:
        return date.fromisoformat(moment[:10])
    except ValueError:
        return None


def day_of_epoch(seconds: float) -> str:
    """The day of a moment in seconds since 1970, or milliseconds; "" where it is out of range."""
    try:
        return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC).date().isoformat()
    except (OverflowError, OSError, ValueError):
        return ""
