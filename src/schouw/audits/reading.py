"""A file of some format: which one it is, and what is in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from schouw.audits import greenbone, nessus, nmap, table
from schouw.audits.base import Found
from schouw.errors import ConfigError
from schouw.model.baseline import AuditRow
from schouw.text import line

#: Name, the root element by which it is known, and the reader. CSV has no root.
FORMATS: tuple[tuple[str, str, Callable[[IO[bytes]], Found]], ...] = (
    ("nmap", "nmaprun", nmap.read),
    ("nessus", "NessusClientData_v2", nessus.read),
    ("greenbone", "report", greenbone.read),
    ("csv", "", table.read),
)
_ALSO_GREENBONE = "get_reports_response"
LONGEST = 512 << 20
"""Bytes of a file."""
_HEAD = 64 << 10
_ROOT = re.compile(rb"<([A-Za-z_][\w.-]*)")
_COMMENT = re.compile(rb"<!--.*?-->|<\?.*?\?>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Audit:
    format: str
    rows: tuple[AuditRow, ...]
    at: datetime | None
    """When it was made, where the file says so."""
    remarks: tuple[str, ...]
    """What was not kept, a sentence each."""


def read_audit(path: Path, format: str = "auto") -> Audit:
    """`ConfigError`, beginning with the file's name, where it cannot be read or is not what it claims to be."""
    try:
        with path.open("rb") as file:
            if path.stat().st_size > LONGEST:
                raise ConfigError(f"more than {LONGEST >> 20} MB; expected a report of fewer hosts")
            root = _root(file.read(_HEAD))
            file.seek(0)
            name, read = _reader(format, root)
            found = read(file)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error
    if not found.rows:
        left = "".join(f"; left out: {count} {what}" for what, count in found.left_out.items())
        raise ConfigError(f"{path}: it is {name}, and there is nothing in it to follow{left}")
    remarks = tuple(f"{count} {what} left out" for what, count in found.left_out.items())
    return Audit(name, tuple(found.rows), found.at, remarks)


def _root(head: bytes) -> str:
    """The root element's tag, "" for what is no XML."""
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return ""
    match = _ROOT.search(_COMMENT.sub(b"", head))
    return match[1].decode("ascii") if match else "?"


def _reader(format: str, root: str) -> tuple[str, Callable[[IO[bytes]], Found]]:
    root = "report" if root == _ALSO_GREENBONE else root
    for name, tag, read in FORMATS:
        if tag == root and format in ("auto", name):
            return name, read
    what = f"XML of another kind (<{line(root, 60)}>)" if root else "not XML"
    wanted = {name: f"<{tag}>" if tag else "a heading and rows of text" for name, tag, _ in FORMATS}
    if format == "auto":
        raise ConfigError(f"it is {what}; expected nmap XML, .nessus, Greenbone XML or CSV")
    raise ConfigError(f"it is {what}; expected {format}: {wanted[format]}")
