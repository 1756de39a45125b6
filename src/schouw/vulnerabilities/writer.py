"""What readers of feeds hand their rows to: checked, bounded, and written in batches."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from schouw.errors import FeedError
from schouw.model.vulnerability import CveFacts
from schouw.text import line
from schouw.vulnerabilities.releases import Release
from schouw.vulnerabilities.schema import Status
from schouw.vulnerabilities.versions import Kind, key

_BATCH = 5000
_LONGEST = 200
_PLATFORMS = 500
_ID = re.compile(r"[A-Z][A-Za-z0-9]*-[A-Za-z0-9:._-]{1,60}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")

_ADVISORY = """
insert into adv (name, cves, published, severity) values (?, ?, ?, ?) on conflict (name) do update
set cves = excluded.cves, published = excluded.published, severity = excluded.severity
"""
_CVE = "insert or ignore into cve (name) values (?)"
_ADVISORY_CVE = "insert or ignore into adv_cve select cve.id, adv.id from cve, adv where cve.name = ? and adv.name = ?"
_FIX = "insert or replace into fix values (?, ?, ?, (select id from adv where name = ?), ?, ?, ?, ?, ?, ?)"
_NOTICE = "insert or ignore into notice values (?, ?, ?, ?, ?, ?)"
_FACTS = """
insert into cve (name, cvss, vector, epss, percentile, exploited, ransomware, automatable, total, published, rejected)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (name) do update set
  cvss = coalesce(excluded.cvss, cvss), vector = coalesce(excluded.vector, vector), epss = coalesce(excluded.epss, epss),
  percentile = coalesce(excluded.percentile, percentile), exploited = coalesce(excluded.exploited, exploited),
  ransomware = coalesce(excluded.ransomware, ransomware), automatable = coalesce(excluded.automatable, automatable),
  total = coalesce(excluded.total, total), published = coalesce(published, excluded.published),
  rejected = coalesce(excluded.rejected, rejected)
"""


class Platform(NamedTuple):
    """A release (and pocket) as one feed speaks of it."""

    id: int
    kind: Kind


class _Fix(NamedTuple):
    fkey: bytes
    status: Status
    fixed: str
    urgency: str
    note: str


class Writer:
    """Takes the rows of one feed. What cannot be used is counted in `odd` and left out, never guessed at."""

    def __init__(self, connection: sqlite3.Connection, feed: int) -> None:
        self._connection = connection
        self._feed = feed
        self._platforms: dict[tuple[str, str], Platform] = {}
        self._advisories: dict[str, tuple[str, str | None, str, str]] = {}
        self._fixes: dict[tuple[int, str, str, str, str], _Fix] = {}
        self._notices: list[tuple[object, ...]] = []
        self._facts: list[tuple[object, ...]] = []
        self.rows = 0
        self.odd = 0
        self.newest = ""
        """The latest day that the feed says something of, ISO 8601: the date of a feed that has none of its own."""

    def platform(self, release: str, kind: Kind, keyed: str = "source", pocket: str = "") -> Platform:
        """Made when it is first asked for. `FeedError` for a feed of more releases than the world has."""
        known = self._platforms.get((release, pocket))
        if known is None:
            if len(self._platforms) >= _PLATFORMS:
                raise FeedError(f"it speaks of more than {_PLATFORMS} releases")
            values = (self._feed, line(release, 80), line(pocket, 40), kind, keyed)
            sql = "insert into platform (feed, release, pocket, kind, keyed) values (?, ?, ?, ?, ?) returning id"
            known = self._platforms[release, pocket] = Platform(self._connection.execute(sql, values).fetchone()[0], kind)
        return known

    def advisory(self, name: str, cves: Iterable[str] | None = None, published: str = "", severity: str = "") -> bool:
        """To be told before its fixes; whether it can be used.

        `cves` None: the name is a CVE itself, or the tracker's own stand-in for one.
        """
        listed = None if cves is None else " ".join(dict.fromkeys(filter(is_id, cves)))
        if not is_id(name) or listed == "":
            self.odd += 1
            return False
        if len(self._fixes) >= _BATCH:
            self.flush()
        self._advisories[name] = (name, listed, published[:10] if _DAY.match(published) else "", line(severity, 40))
        return True

    def fix(
        self,
        platform: Platform,
        name: str,
        advisory: str,
        status: Status,
        fixed: str = "",
        *,
        module: str = "",
        arch: str = "",
        urgency: str = "",
        note: str = "",
    ) -> None:
        """One package and an advisory told before. A version that is none makes the row `UNDETERMINED`, with the reason."""
        if not (_is_word(name) and _is_word(module) and _is_word(arch)):
            self.odd += 1
            return
        fkey = b"" if status is Status.NOT_AFFECTED else b"\xff"
        if fixed:
            try:
                compared = key(platform.kind, fixed)
            except ValueError as error:
                self.odd += 1
                status, fixed, note = Status.UNDETERMINED, "", f"the feed names a version that makes no sense: {error}"
            else:
                fkey = compared if status is Status.FIXED else fkey + compared
        self.rows += 1
        fresh = _Fix(fkey, status, fixed, line(urgency, 40), line(note, 300))
        known = (platform.id, name, advisory, module, arch)
        other = self._fixes.setdefault(known, fresh)
        # Of an advisory's builds for one RPM stream the oldest is enough; a tracker that contradicts itself is taken at
        # its worst.
        if fresh is not other and (fresh.fkey < other.fkey) == (platform.kind == "rpm"):
            self._fixes[known] = fresh

    def notice(self, release: str, name: str, fixed: str, advisory: str, cves: Iterable[str]) -> None:
        """The advisory that brought a fix, for trackers that speak of CVEs."""
        listed = " ".join(dict.fromkeys(filter(is_id, cves)))
        if not (is_id(advisory) and _is_word(name) and _is_word(fixed)):
            self.odd += 1
            return
        self._notices.append((release, name, fixed, advisory, self._feed, listed))
        self.rows += 1
        if len(self._notices) >= _BATCH:
            self.flush()

    def facts(self, about: CveFacts) -> None:
        """What is known of a CVE; None and "" leave what others said."""
        if not is_id(about.name):
            self.odd += 1
            return
        self._facts.append(
            (
                about.name,
                about.cvss,
                line(about.vector, 200) or None,
                about.epss,
                about.percentile,
                about.exploited.isoformat() if about.exploited else None,
                about.ransomware or None,
                about.automatable,
                about.total,
                about.published.isoformat() if about.published else None,
                about.rejected or None,
            )
        )
        self.rows += 1
        if len(self._facts) >= _BATCH:
            self.flush()

    def release(self, release: Release) -> None:
        """When a release ends, newer than what schouw came with."""
        days = [day.isoformat() if day else None for day in (release.free, release.paid)]
        self._connection.execute(
            "insert or replace into release values (?, ?, ?, ?, ?)", (str(release), release.codename, *days, self._feed)
        )
        self.rows += 1

    def support(self, release: str, name: str, ends: date, note: str) -> None:
        """A package whose security support ends before its release's; a name may end in "*"."""
        if not name or not _is_word(name):
            self.odd += 1
            return
        values = (release, name, self._feed, ends.isoformat(), line(note, 300))
        self._connection.execute("insert or replace into support values (?, ?, ?, ?, ?)", values)
        self.rows += 1

    def saw(self, moment: str) -> None:
        """A moment (ISO 8601) that the feed gives for something of its own."""
        if _DAY.match(moment):
            self.newest = max(self.newest, moment[:10])

    def flush(self) -> None:
        run = self._connection.executemany
        advisories = list(self._advisories.values())
        names = [(name,) for name, cves, _, _ in advisories for name in ([name] if cves is None else cves.split())]
        run(_CVE, names)
        run(_ADVISORY, advisories)
        run(_ADVISORY_CVE, [(cve, name) for name, cves, _, _ in advisories for cve in (cves or "").split()])
        run(_FIX, [(known[0], known[1], fix[0], *known[2:], *fix[1:]) for known, fix in self._fixes.items()])
        run(_CVE, [(cve,) for notice in self._notices for cve in str(notice[5]).split()])
        run(_NOTICE, self._notices)
        run(_FACTS, self._facts)
        for batch in (self._advisories, self._fixes, self._notices, self._facts):
            batch.clear()


def is_id(name: str) -> bool:
    """A CVE, a tracker's stand-in (TEMP-…) or an advisory's name."""
    return _ID.fullmatch(name) is not None


def _is_word(text: str) -> bool:
    return len(text) <= _LONGEST and text.isascii() and text.isprintable() and " " not in text
