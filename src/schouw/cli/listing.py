"""A package list made elsewhere: what the collector's own `dpkg-query` or `rpm -qa` line prints, as the collector reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from schouw.collect.base import Rows
from schouw.collect.packages import COLLECTOR
from schouw.errors import ConfigError
from schouw.model.facts import Package
from schouw.text import block
from schouw.vulnerabilities.origin import is_own, marked

_STATUS = re.compile(r"[uihrp][ncHUFWti][R ]?")
_OWN_ARCHIVES = re.compile(r"https?://[\w.-]+\.(debian\.org|ubuntu\.com)(/|$)")


@dataclass(frozen=True, slots=True)
class Listing:
    packages: tuple[Package, ...]
    foreign: dict[str, str] | None
    """As `schouw.vulnerabilities.inventory.Inventory` has it; None where the list has no origins."""
    unparsed: int
    partial: frozenset[str]
    """Packages that are half installed: dpkg has them, debsecan does not count them."""


def read_listing(text: str, distribution: str) -> Listing:
    """`ConfigError` where it is no such list. A row that makes no sense is counted.

    dpkg: package, version, architecture, source, its version, status, and perhaps the archive's Origin (apt's word,
    such as "Debian"; "local" for none). rpm: name, epoch, version-release, architecture, SOURCERPM, vendor, module label.
    """
    rows = [row.split("\t") for row in block(text).splitlines() if row.strip()]
    rpm = sum(row[0] == "rpm" or _is_rpm(row) for row in rows[:20]) * 2 > len(rows[:20])
    framed = _rpm(rows) if rpm else _dpkg(rows)
    origins = {} if rpm else {_name(row): row[6] for row in rows if len(row) == 7 and _STATUS.fullmatch(row[5])}
    attempt = COLLECTOR.parse(Rows("\n".join([f"manager\t{'rpm' if rpm else 'dpkg'}", *framed])))
    if attempt.result is None:
        raise ConfigError(f"it is no package list: {attempt.reason}; expected what `schouw judge --help` says")
    found = attempt.result
    foreign = dict(_foreign(found.packages, origins, distribution)) if origins else None
    return Listing(found.packages, foreign, len(rows) - len(found.packages) - _not_installed(rows), frozenset(found.broken))


def _dpkg(rows: list[list[str]]) -> Iterable[str]:
    """As the collector's awk frames what dpkg-query printed."""
    for row in rows:
        name, version, architecture, source, source_version, status = _columns(row)
        if status[:2] != "ii" or status[2:3] == "R":
            yield f"state\t{status}\t{name}"
        if status[1:2] in "iHUFWt" and status:
            yield f"deb\t{name}\t{version}\t{architecture}\t{source}\t{source_version}"


def _columns(row: list[str]) -> tuple[str, str, str, str, str, str]:
    if row[0] == "deb" and len(row) in (4, 6):  # as the collector sends it
        name, version, architecture, source, source_version = (*row[1:], "", "")[:5]
        return name, version, architecture, source, source_version, "ii "
    if len(row) in (6, 7) and _STATUS.fullmatch(row[5]):
        return row[0], row[1], row[2], row[3], row[4], row[5]
    if len(row) in (6, 7) and _STATUS.fullmatch(row[1]):  # with binary:Package and the status in front
        return row[0].partition(":")[0], row[2], row[5], row[3], row[4], row[1]
    return "", "", "", "", "", "ii "


def _rpm(rows: list[list[str]]) -> Iterable[str]:
    for row in rows:
        row = row[1:] if row[0] == "rpm" else row
        if len(row) == 9:  # version and release apart, and the time of installation
            row = [row[0], row[1], f"{row[2]}-{row[3]}", *row[4:8]]
        yield "rpm\t" + "\t".join([*row, ""][:7])


def _is_rpm(row: list[str]) -> bool:
    return len(row) >= 6 and (row[1].isdigit() or row[1] == "(none)") and any(part.endswith(".rpm") for part in row)


def _name(row: list[str]) -> str:
    return f"{row[0]}:{row[2]}"


def _not_installed(rows: list[list[str]]) -> int:
    return sum(len(row) in (6, 7) and _columns(row)[5][1:2] in ("n", "c") for row in rows)


def _foreign(packages: Iterable[Package], origins: dict[str, str], distribution: str) -> Iterable[tuple[str, str]]:
    for package in packages:
        name = f"{package.name}:{package.architecture}"
        origin = origins.get(name, "").strip()
        if origin and not is_own(origin, distribution) and not _OWN_ARCHIVES.match(origin):
            yield name, "" if origin.lower() in ("local", "now", "none", "-") else origin
        elif not origin and (whose := marked(package.version)):
            yield name, whose
