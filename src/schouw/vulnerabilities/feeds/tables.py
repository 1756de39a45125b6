"""Feeds that are tables: EPSS, release dates, and rows that somebody drew from the other feeds' data.

A table is known by the columns of its first line. Networks without the internet often pass such tables on instead of
the publishers' own files; what they leave out (Debian's sid, reasons, module streams) is then unknown here too.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from schouw.errors import ConfigError, FeedError
from schouw.model.vulnerability import CveFacts
from schouw.text import line
from schouw.vulnerabilities.cvss import base_score
from schouw.vulnerabilities.feeds.base import Feed, Head, day
from schouw.vulnerabilities.feeds.ubuntu import release_and_pocket
from schouw.vulnerabilities.reading import Limits, text_of
from schouw.vulnerabilities.releases import Release, by_codename, named
from schouw.vulnerabilities.schema import Status
from schouw.vulnerabilities.streams import stream_of, told_by
from schouw.vulnerabilities.writer import Platform, Writer

Row = dict[str, str]


@dataclass(slots=True)
class _Told:
    """The platforms and advisories of one table, told to the writer once each."""

    writer: Writer
    distribution: str = ""
    _platforms: dict[str, Platform | None] = field(default_factory=dict)
    _last: tuple[str, bool] = ("", False)

    def platform(self, release: str, keyed: str = "source") -> Platform | None:
        """None, and counted, for a release that is none."""
        if release not in self._platforms:
            try:
                found = named(f"{self.distribution}:{release}")
                self._platforms[release] = self.writer.platform(str(found), "rpm" if keyed == "binary" else "deb", keyed)
            except ConfigError:
                self._platforms[release] = None
        if self._platforms[release] is None:
            self.writer.odd += 1
        return self._platforms[release]

    def advisory(self, name: str, cves: list[str] | None = None, published: str = "", severity: str = "") -> bool:
        """As the writer's; rows of the same advisory follow each other."""
        if self._last[0] != name:
            self._last = name, self.writer.advisory(name, cves, published, severity)
        return self._last[1]


def _epss(row: Row, told: _Told) -> None:
    percentile = row.get("percentile") or row.get("epss_percentile")
    cvss = _number(row.get("cvss3"), 10)
    told.writer.facts(CveFacts(row["cve"], cvss=cvss, epss=_number(row["epss"], 1), percentile=_number(percentile, 1)))


def _ssvc(row: Row, told: _Told) -> None:
    automatable, impact = row["automatable"].lower(), row["technical_impact"].lower()
    told.writer.facts(
        CveFacts(
            row["cve"],
            cvss=_number(row["cvss"], 10),
            vector=row["vector"],
            automatable=automatable == "yes" if automatable else None,
            total=impact == "total" if impact else None,
        )
    )


def _kev(row: Row, told: _Told) -> None:
    told.writer.facts(CveFacts(row["cve"], exploited=day(row["date_added"]), ransomware=row["ransomware"].lower() == "known"))


def _redhat(row: Row, told: _Told) -> None:
    vector = row["vector"]
    cvss = _number(row["cvss3"], 10) if vector else None
    told.writer.facts(CveFacts(row["cve"], cvss=cvss or base_score(vector), vector=vector, published=day(row["public"])))


def _debian(row: Row, told: _Told) -> None:
    platform = told.platform(row["release"])
    told.writer.saw(row.get("published", ""))
    if platform is not None and told.advisory(row["cve"]):
        status = Status.FIXED if row["fixed_version"] else Status.OPEN
        told.writer.fix(platform, row["source"], row["cve"], status, row["fixed_version"], urgency=row["urgency"])


def _debian_advisory(row: Row, told: _Told) -> None:
    if row["fixed_version"]:
        release = str(by_codename("debian", row["release"]))
        told.writer.notice(release, row["source"], row["fixed_version"], row["advisory"], row["cves"].split())


#: Words of Ubuntu's tracker (UBU-1). DNE, the package is not in that release, has no row.
_UBUNTU = {
    "released": Status.FIXED,
    "not-affected": Status.NOT_AFFECTED,
    **dict.fromkeys(("needed", "needs-triage", "pending", "deferred", "active", "in-progress", "ignored"), Status.OPEN),
}


def _ubuntu(row: Row, told: _Told) -> None:
    status = _UBUNTU.get(row["status"])
    if status is None or not told.advisory(row["cve"]):
        told.writer.odd += status is None
        return
    release, pocket = release_and_pocket(row["release_pocket"])
    detail = row["note_or_fixed"]
    fixed = detail if status is Status.FIXED else ""
    if status is Status.FIXED and not fixed:
        status = Status.NOT_AFFECTED  # released before anybody counted
    note = "" if status is Status.FIXED else ": ".join(part for part in (row["status"], detail) if part)
    told.writer.fix(told.writer.platform(release, "deb", pocket=pocket), row["source"], row["cve"], status, fixed, note=note)


def _rpm(row: Row, told: _Told) -> None:
    cves, published = row["cves"].split(), row.get("published") or row.get("issued") or ""
    told.writer.saw(published)
    platform = told.platform(row["release"], "binary") if cves else None
    if platform is None or not told.advisory(row["advisory"], cves, published, row["severity"]):
        return
    evr = row["fixed_evr"]
    module = stream_of(row.get("module", "")) or told_by(row.get("module_from_summary", ""), evr)
    arch = row.get("arch", "")
    arch = "" if arch == "noarch" else arch
    told.writer.fix(platform, row["package"], row["advisory"], Status.FIXED, evr, module=module, arch=arch)


def _release(row: Row, told: _Told) -> None:
    version = row["version"].removesuffix(" LTS")
    ends = [day(row.get(column) or "") for column in ("eol", "eol-server", "eol-lts")]
    paid = [day(row.get(column) or "") for column in ("eol-esm", "eol-legacy", "eol-elts")]
    free = max((end for end in ends if end), default=None)
    if version and free:
        last = max((end for end in paid if end), default=None)
        told.writer.release(Release(told.distribution, version, row["series"], free, paid=last))


def _number(text: str | None, most: float) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value <= most else None


@dataclass(frozen=True, slots=True)
class _Table:
    columns: tuple[str, ...]
    """That it must have; it may have more."""
    write: Callable[[Row, _Told], None]
    distribution: str = ""


def _claims(table: _Table, head: Head) -> bool:
    first = next((row for row in head.text.splitlines() if not row.startswith("#")), "")
    return not head.is_json and set(table.columns) <= set(first.strip().split(","))


def _read(table: _Table, path: Path, writer: Writer, limits: Limits) -> None:
    told = _Told(writer, table.distribution)
    try:
        with text_of(path, limits) as text:
            # Dates that are not known yet are left out at the end of a row of release dates, and only there.
            rows = csv.DictReader(_remarks(text, writer), restval="" if table.write is _release else None)
            missing = [column for column in table.columns if column not in (rows.fieldnames or ())]
            if missing:
                raise FeedError(f"it is not the table that was expected: it has no column {', '.join(missing)}")
            for row in rows:
                if None in row or None in row.values():
                    writer.odd += 1  # more or fewer fields than the first line promised
                else:
                    table.write(row, told)
    except csv.Error as error:
        raise FeedError(f"it is not the table that was expected: {line(str(error), 120)}") from error


def _remarks(rows: Iterator[str], writer: Writer) -> Iterator[str]:
    """Without EPSS's first line, which tells the date: ``#model_version:…,score_date:2026-11-24T00:00:00+0000``."""
    for row in rows:
        if not row.startswith("#"):
            yield row
        elif "score_date:" in row:
            writer.saw(row.partition("score_date:")[2])


def _feed(name: str, title: str, table: _Table, url: str = "", rank: int = 4, columns: tuple[str, ...] = ()) -> Feed:
    return Feed(name, title, partial(_claims, table), partial(_read, table), url, rank, columns=columns)


def _table(columns: str, write: Callable[[Row, _Told], None], distribution: str = "") -> _Table:
    return _Table(tuple(columns.split()), write, distribution)


_ERRATA = "advisory cves severity release package arch fixed_evr"

# The most telling columns first: what claims a file earlier has it.
TABLES = (
    _feed("kev-scores", "EPSS and CVSS of exploited CVEs", _table("cve cvss3 epss epss_percentile", _epss)),
    _feed("cisa-ssvc", "CISA SSVC decisions", _table("cve automatable technical_impact cvss vector", _ssvc)),
    _feed("kev-rows", "Known exploited vulnerabilities, a table", _table("cve date_added ransomware", _kev)),
    _feed("redhat-cvss", "Red Hat's CVSS scores", _table("cve cvss3 vector public", _redhat)),
    _feed("debian-rows", "Debian CVEs, a table", _table("cve release source fixed_version urgency", _debian, "debian")),
    _feed("debian-advisories", "Debian's advisories", _table("advisory cves release source fixed_version", _debian_advisory)),
    _feed("ubuntu-tracker", "Ubuntu CVE tracker, a table", _table("cve release_pocket source status note_or_fixed", _ubuntu)),
    _feed("almalinux-errata", "AlmaLinux errata, a table", _table(f"{_ERRATA} module", _rpm, "almalinux"), rank=2),
    _feed(
        "almalinux-rows",
        "AlmaLinux OSV, a table",
        _table("advisory cves severity release package fixed_evr module_from_summary", _rpm, "almalinux"),
    ),
    _feed("rocky-rows", "Rocky errata, a table", _table(_ERRATA, _rpm, "rocky"), rank=1),
    _feed("ubuntu-releases", "Ubuntu releases", _table("version series eol eol-esm", _release, "ubuntu")),
    _feed("debian-releases", "Debian releases", _table("version series eol eol-lts", _release, "debian")),
    _feed(
        "epss",
        "EPSS scores",
        _table("cve epss", _epss),
        "https://epss.cyentia.com/epss_scores-current.csv.gz",
        columns=("epss", "percentile"),
    ),
)
