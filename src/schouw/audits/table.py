"""A CSV list, as auditors keep them in spreadsheets: a heading, then one row a finding."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import IO

import tomli

from schouw.audits.base import Found, cves, port, severity
from schouw.errors import ConfigError
from schouw.model.baseline import AuditRow
from schouw.text import line

LONGEST = 64 << 20
"""Bytes of a file: it is read as a whole."""
_DELIMITERS = ",;\t|"
_CELL = 1 << 20


@cache
def _headings() -> dict[str, list[str]]:
    """A column → the headings in lower case that mean it, the surest first."""
    data: dict[str, list[str]] = tomli.loads(files(__package__).joinpath("rules.toml").read_text("utf-8"))["columns"]
    return data


def read(file: IO[bytes]) -> Found:
    """`ConfigError` where it has no columns for a host and a title."""
    written = _decode(file.read(LONGEST + 1))
    found = Found()
    try:
        rows = csv.reader(io.StringIO(written, newline=""), delimiter=_delimiter(written), strict=True)
        heading = next(rows, [])
        columns = _columns(heading)
        for number, cells in enumerate(rows, 1):
            row = {column: line(cells[place]) for column, place in columns.items() if place < len(cells)}
            _row(found, row, number)
    except csv.Error as error:
        raise ConfigError(f"it is no whole CSV: {error}") from error
    return found


def _decode(data: bytes) -> str:
    if len(data) > LONGEST:
        raise ConfigError(f"more than {LONGEST >> 20} MB; expected a list of findings")
    if b"\0" in data:
        raise ConfigError("it is neither text nor XML; expected nmap XML, .nessus, Greenbone XML or CSV")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")  # what spreadsheets write where they do not write UTF-8


def _delimiter(written: str) -> str:
    first = written.lstrip().partition("\n")[0]
    return max(_DELIMITERS, key=first.count)


def _columns(heading: list[str]) -> dict[str, int]:
    """Each heading means one column at most: a finding's number, say, where another is its title."""
    places = {" ".join(cell.lower().split()): place for place, cell in reversed(list(enumerate(heading)))}
    columns: dict[str, int] = {}
    for column, headings in _headings().items():
        free = [places[one] for one in headings if one in places and places[one] not in columns.values()]
        if free:
            columns[column] = free[0]
    if missing := [column for column in ("host", "title") if column not in columns]:
        seen = ", ".join(line(cell, 40) for cell in heading[:12] if cell.strip()) or "nothing"
        raise ConfigError(f"its heading has no column for the {' and the '.join(missing)}; it has: {seen}")
    return columns


def _row(found: Found, row: Mapping[str, str], number: int) -> None:
    """Several hosts in one cell are as many rows, of the same number."""
    hosts = row.get("host", "").replace(",", " ").replace(";", " ").split()
    if not hosts or not row.get("title"):
        found.left_out["rows without a host or a title"] += 1
        return
    for host in hosts[:1000]:
        name, colon, inline = host.partition(":") if host.count(":") == 1 else (host, "", "")
        found.add(
            AuditRow(
                row.get("number") or str(number),
                row["title"],
                name,
                (address,) if (address := row.get("address", "")) and address != name and len(hosts) == 1 else (),
                port(row.get("port", ""), row.get("protocol", "")) or (port(inline) if colon else ""),
                severity(row.get("severity", "")),
                cves(row.get("cves", ""), row["title"]),
                row.get("words", ""),
            )
        )
