"""AlmaLinux's own errata (errata.full.json): binary packages with architecture and module stream, one file a release."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import ijson  # type: ignore[import-untyped]
import msgspec

from schouw.errors import FeedError
from schouw.text import line
from schouw.vulnerabilities.feeds.base import Feed, Head, converted, day_of_epoch
from schouw.vulnerabilities.reading import Limits, unpacked
from schouw.vulnerabilities.schema import Status
from schouw.vulnerabilities.streams import is_modular, stream_of, told_by
from schouw.vulnerabilities.writer import Writer

_OURS = re.compile(r'"id"\s*:\s*"AL[SBE]A-\d{4}')
#: By its address, or, where that comes later than the packages of a long first erratum, by the packages' own release.
_RELEASE = re.compile(r"errata\.almalinux\.org/(\d+)/|[._]el(\d+)")


class _Package(msgspec.Struct):
    name: str
    version: str
    release: str
    epoch: str | int | None = None
    arch: str = ""
    module: str | None = None


class _Reference(msgspec.Struct):
    id: str = ""
    type: str = ""
    href: str = ""


class _Erratum(msgspec.Struct):
    id: str
    packages: list[_Package] = []
    references: list[_Reference] = []
    issued_date: int | float = 0
    updated_date: int | float = 0
    severity: str | None = None
    title: str = ""


def _claims(release: str, head: Head) -> bool:
    found = _RELEASE.search(head.text)
    return head.is_json and _OURS.search(head.text) is not None and found is not None and release in found.groups()


def _read(release: str, path: Path, writer: Writer, limits: Limits) -> None:
    try:
        with unpacked(path, limits) as stream:
            for value in ijson.items(stream, "data.item", use_float=True):
                erratum = converted(value, _Erratum, writer)
                if erratum is not None:
                    _write(writer, release, erratum)
    except ijson.JSONError as error:
        raise FeedError(f"it is not the JSON that was expected: {line(str(error), 120)}") from error


def _write(writer: Writer, release: str, erratum: _Erratum) -> None:
    writer.saw(day_of_epoch(erratum.updated_date or erratum.issued_date))
    cves = [reference.id for reference in erratum.references if reference.type == "cve" or reference.id.startswith("CVE-")]
    issued = day_of_epoch(erratum.issued_date)
    if not cves or not writer.advisory(erratum.id, cves, issued, erratum.severity or ""):
        return
    platform = writer.platform(f"almalinux:{release}", "rpm", "binary")
    for package in erratum.packages:
        if package.arch == "src":
            continue
        evr = f"{package.epoch or 0}:{package.version}-{package.release}"
        module = stream_of(package.module or "") or told_by(erratum.title, evr)
        arch = "" if package.arch == "noarch" else package.arch
        writer.fix(platform, package.name, erratum.id, Status.FIXED, evr, module=module if is_modular(evr) else "", arch=arch)


ERRATA = tuple(
    Feed(
        f"almalinux-errata-{release}",
        f"AlmaLinux {release} errata",
        partial(_claims, release),
        partial(_read, release),
        f"https://errata.almalinux.org/{release}/errata.full.json",
        rank=1,
        days=7,
    )
    for release in ("8", "9", "10")
)
