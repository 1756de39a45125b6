"""The Debian security tracker's own JSON: package → CVE → release → what the tracker says of it."""

from __future__ import annotations

from pathlib import Path

import ijson  # type: ignore[import-untyped]
import msgspec

from schouw.errors import FeedError
from schouw.text import line
from schouw.vulnerabilities.feeds.base import Feed, Head, converted
from schouw.vulnerabilities.reading import Limits, unpacked
from schouw.vulnerabilities.releases import by_codename
from schouw.vulnerabilities.schema import Status
from schouw.vulnerabilities.versions import deb_key
from schouw.vulnerabilities.writer import Platform, Writer


class _Release(msgspec.Struct):
    status: str = ""
    fixed_version: str | None = None
    urgency: str | None = None
    nodsa: str | None = None
    nodsa_reason: str | None = None
    repositories: dict[str, str] = {}


class _Entry(msgspec.Struct):
    releases: dict[str, _Release] = {}


def _claims(head: Head) -> bool:
    return head.is_json and '"releases"' in head.text and '"status"' in head.text and '"data"' not in head.text[:40]


def _read(path: Path, writer: Writer, limits: Limits) -> None:
    # ijson, because this is 40 to 80 MB in one object: it reads as fast as the standard library in a third of the memory.
    try:
        with unpacked(path, limits) as stream:
            for source, entries in ijson.kvitems(stream, "", use_float=True):
                for name, value in entries.items() if isinstance(entries, dict) else ():
                    entry = converted(value, _Entry, writer)
                    if entry is not None and writer.advisory(name):
                        _write(writer, source, name, entry.releases)
    except ijson.JSONError as error:
        raise FeedError(f"it is not the JSON that was expected: {line(str(error), 120)}") from error


def _write(writer: Writer, source: str, name: str, releases: dict[str, _Release]) -> None:
    sid = releases.get("sid")
    ahead = (sid.fixed_version or "") if sid is not None and sid.status == "resolved" else ""
    for codename, release in releases.items():
        platform = writer.platform(str(by_codename("debian", codename)), "deb")
        _write_one(writer, platform, source, name, release, "" if codename == "sid" else ahead)


def _write_one(writer: Writer, platform: Platform, source: str, name: str, release: _Release, ahead: str) -> None:
    urgency = release.urgency or ""
    fixed = release.fixed_version or ""
    match release.status:
        case "resolved" if fixed == "0":  # DEB-6: never affected
            writer.fix(platform, source, name, Status.NOT_AFFECTED, urgency=urgency)
        case "resolved" if fixed:  # DEB-7
            writer.fix(platform, source, name, Status.FIXED, fixed, urgency=urgency)
        case "open" if ahead == "0":  # sid never had it: nothing to compare with
            writer.fix(platform, source, name, Status.OPEN, urgency=urgency, note=_reason(release))
        case "open" if ahead and _newest(release) >= _key(ahead):  # DEB-14: the archive has caught up, the tracker has not
            writer.fix(platform, source, name, Status.FIXED, ahead, urgency=urgency, note="archive")
        case "open":  # DEB-8, and DEB-10 by what sid has
            writer.fix(platform, source, name, Status.OPEN, ahead, urgency=urgency, note=_reason(release))
        case "undetermined":  # DEB-9
            writer.fix(platform, source, name, Status.UNDETERMINED, urgency=urgency, note="Debian has not yet looked at it")
        case _:
            writer.odd += 1


def _reason(release: _Release) -> str:
    """DEB-13: why there will be no advisory, in the tracker's words."""
    if release.nodsa is None and release.nodsa_reason is None:
        return ""
    return ": ".join(part for part in (release.nodsa_reason or "no-dsa", release.nodsa or "") if part)


def _newest(release: _Release) -> bytes:
    return max((_key(version) for version in release.repositories.values()), default=b"")


def _key(version: str) -> bytes:
    try:
        return deb_key(version)
    except ValueError:
        return b""


TRACKER = Feed(
    "debian-tracker",
    "Debian security tracker",
    _claims,
    _read,
    "https://security-tracker.debian.org/tracker/data/json",
    rank=1,
)
