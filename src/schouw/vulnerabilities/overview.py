"""What is in the database, for people: how much, how old, which feed is asked about which release."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from schouw.vulnerabilities.database import Database


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One feed as `schouw db status` shows it."""

    name: str
    date: date
    fetched: str
    size: int
    sha256: str
    rows: int
    odd: int
    source: str
    etag: str
    modified: str
    days: int
    """Older than this it is called old."""
    releases: tuple[str, ...]
    used: tuple[str, ...]
    """The releases for which it is the one that is asked."""


@dataclass(frozen=True, slots=True)
class Figures:
    known: int
    """CVEs of which anything is known."""
    matchable: int
    """CVEs that a package of the given releases can be found to have."""
    rows: int


_MATCHABLE = """
with asked as (select distinct adv from fix where platform in ({marks}))
select count(*) from (
  select adv.name as cve from adv join asked on asked.adv = adv.id where adv.cves is null and adv.name like 'CVE-%'
  union select cve.name from adv_cve join asked on asked.adv = adv_cve.adv join cve on cve.id = adv_cve.cve
)
"""
_FEEDS = """
select id, name, date, fetched, size, sha256, rows, odd, source, etag, modified, days from feed order by name
"""
_RELEASES = "select distinct release from platform where feed = ? order by release"


def feeds(database: Database) -> tuple[FeedRow, ...]:
    return tuple(_feed(database, row[0], row[1:]) for row in database.rows(_FEEDS))


def known(database: Database) -> int:
    """CVEs of which anything is known."""
    return int(dict(database.rows("select key, value from meta"))["known"])


def figures(database: Database, releases: Collection[str] | None = None) -> Figures:
    """ "N known, M matchable, K rows"; None: matchable on any release. Takes a part of a second."""
    releases = database.releases() if releases is None else releases
    coverages = [coverage for release in releases if (coverage := database.coverage(release)) is not None]
    platforms = [part.platform for coverage in coverages for part in coverage.parts]
    counted = dict(database.rows("select key, value from meta"))
    matchable = database.rows(_MATCHABLE.format(marks=", ".join("?" * len(platforms))), platforms)[0][0]
    return Figures(int(counted["known"]), matchable, int(counted["rows"]))


def _feed(database: Database, id: int, row: tuple[Any, ...]) -> FeedRow:
    name, day, fetched, size, sha256, rows, odd, source, etag, modified, days = row
    releases = tuple(release for (release,) in database.rows(_RELEASES, (id,)))
    covers = (database.coverage(release) for release in releases)
    used = tuple(one.release for one in covers if one and any(age.name == name for age in one.feeds))
    when = date.fromisoformat(day)
    return FeedRow(name, when, fetched, size, sha256, rows, odd, source, etag, modified, days, releases, used)
