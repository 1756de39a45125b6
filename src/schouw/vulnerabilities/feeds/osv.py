"""OSV records (ossf.github.io/osv-schema), one JSON file each in a zip or tar: Debian, Ubuntu, AlmaLinux, Rocky.

A second way in for Debian and AlmaLinux, whose own feeds say more, and the only one for Ubuntu and Rocky.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from schouw.errors import ConfigError
from schouw.model.vulnerability import CveFacts
from schouw.vulnerabilities.cvss import base_score
from schouw.vulnerabilities.feeds.base import Feed, Head, day, decoded
from schouw.vulnerabilities.feeds.ubuntu import distro_of, release_and_pocket
from schouw.vulnerabilities.reading import Limits, members
from schouw.vulnerabilities.releases import named
from schouw.vulnerabilities.schema import Status
from schouw.vulnerabilities.streams import told_by
from schouw.vulnerabilities.versions import Kind
from schouw.vulnerabilities.writer import Writer


class _Event(msgspec.Struct):
    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None


class _Range(msgspec.Struct):
    events: list[_Event] = []


class _Package(msgspec.Struct):
    ecosystem: str = ""
    name: str = ""
    purl: str = ""


class _Specific(msgspec.Struct):
    urgency: str = ""


class _Affected(msgspec.Struct):
    package: _Package = msgspec.field(default_factory=_Package)
    ranges: list[_Range] = []
    ecosystem_specific: _Specific | None = None


class _Severity(msgspec.Struct):
    type: str = ""
    score: str = ""


class _Record(msgspec.Struct):
    id: str
    summary: str = ""
    published: str = ""
    modified: str = ""
    withdrawn: str | None = None
    upstream: list[str] = []
    related: list[str] = []
    severity: list[_Severity] = []
    affected: list[_Affected] = []

    @property
    def cves(self) -> list[str]:
        """Newer records name them as upstream, older ones among what is related."""
        return [name for name in self.upstream or self.related if name.startswith("CVE-")]


@dataclass(frozen=True, slots=True)
class _Publisher:
    ecosystem: str
    distribution: str
    kind: Kind
    keyed: str = "source"
    prefix: str = ""
    """Before the name of a CVE."""
    notices: tuple[str, ...] = ()
    """Ids of advisories that only say which version closed which CVEs, beside a record for each CVE."""


DEBIAN = _Publisher("Debian", "debian", "deb", prefix="DEBIAN-", notices=("DSA-", "DLA-", "DTSA-"))
UBUNTU = _Publisher("Ubuntu", "ubuntu", "deb", prefix="UBUNTU-", notices=("USN-", "LSN-"))
ALMALINUX = _Publisher("AlmaLinux", "almalinux", "rpm", keyed="binary")
#: Rocky's records name source packages, though Rocky's own errata name binary ones.
ROCKY = _Publisher("Rocky Linux", "rocky", "rpm")


def _claims(publisher: _Publisher, head: Head) -> bool:
    affected = head.record.get("affected")
    first = affected[0] if isinstance(affected, list) and affected else None
    package = first.get("package") if isinstance(first, dict) else None
    ecosystem = package.get("ecosystem") if isinstance(package, dict) else None
    return isinstance(ecosystem, str) and ecosystem.partition(":")[0] == publisher.ecosystem


def _read(publisher: _Publisher, path: Path, writer: Writer, limits: Limits) -> None:
    for name, content in members(path, limits):
        record = decoded(content, _Record, writer) if name.endswith(".json") else None
        if record is not None and not record.withdrawn:
            writer.saw(record.modified)
            _write(writer, record, publisher)


def _write(writer: Writer, record: _Record, publisher: _Publisher) -> None:
    name = record.id.removeprefix(publisher.prefix)
    is_cve = name.startswith("CVE-")
    ours = [(place, affected) for affected in record.affected if (place := _place(affected.package, publisher))]
    if any(name.startswith(prefix) for prefix in publisher.notices):
        for (release, _), affected in ours:
            for _, fixed, _ in _states(affected):
                if fixed:
                    writer.notice(release, affected.package.name, fixed, name, record.cves)
        return
    if is_cve:
        writer.facts(_facts(name, record))
    elif not record.cves:
        return  # an update without a CVE: nothing to be vulnerable to
    if not ours or not writer.advisory(name, None if is_cve else record.cves, record.published):
        return
    for (release, pocket), affected in ours:
        platform = writer.platform(release, publisher.kind, publisher.keyed, pocket)
        urgency = affected.ecosystem_specific.urgency if affected.ecosystem_specific else ""
        for status, fixed, note in _states(affected):
            module = told_by(record.summary, fixed) if publisher.kind == "rpm" else ""
            writer.fix(platform, affected.package.name, name, status, fixed, module=module, urgency=urgency, note=note)


def _place(package: _Package, publisher: _Publisher) -> tuple[str, str] | None:
    """Release and pocket; None for another publisher's."""
    ecosystem, _, version = package.ecosystem.partition(":")
    if ecosystem != publisher.ecosystem or not version:
        return None
    if publisher is UBUNTU:
        return release_and_pocket(distro_of(package.purl) or version)
    try:
        return str(named(f"{publisher.distribution}:{version}")), ""
    except ConfigError:
        return None


def _states(affected: _Affected) -> Iterator[tuple[Status, str, str]]:
    """(status, fixed in, note) of each range."""
    for range_ in affected.ranges:
        fixed = next((event.fixed for event in range_.events if event.fixed), "")
        since = next((event.introduced for event in range_.events if event.introduced), "0")
        last = next((event.last_affected for event in range_.events if event.last_affected), "")
        if since != "0" or last:
            yield Status.UNDETERMINED, "", f"the feed says that versions from {since} to {fixed or last or 'now'} have it"
        elif fixed:
            yield Status.FIXED, fixed, ""
        else:
            yield Status.OPEN, "", ""


def _facts(name: str, record: _Record) -> CveFacts:
    vector = next((one.score for one in record.severity if one.type.startswith("CVSS_V3")), "")
    return CveFacts(name, cvss=base_score(vector), vector=vector, published=day(record.published))


def _feed(publisher: _Publisher, name: str, url: str, rank: int) -> Feed:
    title = f"OSV records of {publisher.ecosystem}"
    return Feed(name, title, partial(_claims, publisher), partial(_read, publisher), url, rank)


_OSV = "https://osv-vulnerabilities.storage.googleapis.com"
OSV = (
    _feed(DEBIAN, "debian-osv", "", 3),
    _feed(UBUNTU, "ubuntu-osv", "https://security-metadata.canonical.com/osv/osv-all.tar.xz", 1),
    _feed(ALMALINUX, "almalinux-osv", "", 3),
    _feed(ROCKY, "rocky-osv", f"{_OSV}/Rocky%20Linux/all.zip", 2),
)
