"""The vulnerability database, read. One thread at a time may use an open one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, partial
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from schouw.errors import DatabaseError
from schouw.model.vulnerability import CveFacts, FeedAge
from schouw.vulnerabilities.changes import KEPT
from schouw.vulnerabilities.schema import FORMAT

#: A feed that says less is asked instead of a better one when it is newer by more than this.
_MUCH_NEWER = timedelta(days=30)


class Record(NamedTuple):
    """What a feed says of one package: a row of the table `fix` with its advisory. Exactly what the query returns:
    a fleet that is judged anew reads hundreds of thousands."""

    name: str
    advisory: str
    listed: str
    """CVEs, a space between; the advisory's name where that is the CVE itself."""
    status: int
    fixed: str
    key: bytes
    """What an installed version is compared with (see `schouw.vulnerabilities.schema`)."""
    module: str
    arch: str
    urgency: str
    note: str

    @property
    def cves(self) -> tuple[str, ...]:
        return tuple(self.listed.split()) if " " in self.listed else (self.listed,)


#: Without a step of Python's a row.
_record: Callable[[tuple[object, ...]], Record] = partial(tuple.__new__, Record)


class Wanted(NamedTuple):
    """Which records of a package matter."""

    above: bytes
    """Not what every version from this key on has fixed; b"": everything."""
    arch: str = ""
    """Of this architecture and of all; "": of any."""


@dataclass(frozen=True, slots=True)
class Part:
    """A pocket of a release in one feed."""

    platform: int
    pocket: str
    overlay: bool
    """Whether it only adds to what the others say."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Who is asked about a release."""

    release: str
    kind: str
    """"deb" or "rpm": whose order of versions."""
    keyed: str
    """"source" or "binary": whose names the feed uses."""
    parts: tuple[Part, ...]
    feeds: tuple[FeedAge, ...]
    notices: bool
    """Whether advisories are known beside the CVEs."""


# "cross join" keeps SQLite to this order: without statistics of what is wanted it would read all of `fix`.
_RECORDS = """
with wanted (name, above, arch) as (values {values})
select fix.name, adv.name, coalesce(adv.cves, adv.name), fix.status, fix.fixed, fix.fkey, fix.module, fix.arch,
  fix.urgency, fix.note
from wanted cross join fix on fix.platform = ? and fix.name = wanted.name and fix.fkey >= wanted.above
  and (wanted.arch = '' or fix.arch = '' or fix.arch = wanted.arch)
{about} cross join adv on adv.id = fix.adv
"""
#: Of modular packages all that is said is needed: which streams there are is seen only in all of it (RPM-5).
_ABOUT = """
and (fix.module <> '' or fix.adv in (select id from adv where name = ?
  union select adv from adv_cve where cve = (select id from cve where name = ?)))
"""
_AT_ONCE = 500
_PLATFORMS = """
select platform.id, platform.pocket, platform.kind, platform.keyed, feed.name, feed.date, feed.rank, feed.overlay, feed.days
from platform join feed on feed.id = platform.feed where platform.release = :release and not (
  platform.pocket = '' and platform.rows * :remnant < (select max(rows) from platform other where other.feed = platform.feed)
) order by platform.id
"""
#: osv.dev keeps a few hundred rows of releases that the Debian tracker has dropped. Next to releases with a hundred times
#: as many that is no knowledge, and a host judged by it would look well.
_REMNANT = 50
_FACTS = "name, cvss, vector, epss, percentile, exploited, ransomware, automatable, total, published, rejected"
_NAMES = """
select distinct platform.release, fix.name from fix join platform on platform.id = fix.platform
where fix.adv in (select id from adv where name = ?1
  union select adv from adv_cve where cve = (select id from cve where name = ?1))
"""


class Database:
    """`DatabaseError` from any method where the file is damaged."""

    def __init__(self, path: Path, connection: sqlite3.Connection, mark: tuple[int, int], cve: str = "") -> None:
        """`cve`: `records` tells of this one alone; "": of all."""
        self.path = path
        self._cve = cve
        self._connection = connection
        self._mark = mark
        self._coverage: dict[str, Coverage | None] = {}
        self._unsupported: dict[str, dict[str, tuple[date, str]]] = {}

    @classmethod
    def open(cls, path: Path) -> Database:
        """`DatabaseError`, with what to do, where there is none that can be used."""
        if not path.exists():
            raise DatabaseError(f"{path}: there is no vulnerability database yet; fetch one: schouw db update")
        mark = _mark(path)
        try:
            # Never changed in place: no locks, no log, and a file on a read-only disk will do.
            uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
            connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
            row = connection.execute("select value from meta where key = 'format'").fetchone()
        except sqlite3.Error as error:
            raise DatabaseError(
                f"{path}: this is no vulnerability database ({error}); build it anew: schouw db update"
            ) from error
        if row is None or row[0] != FORMAT:
            raise DatabaseError(f"{path}: the vulnerability database has another format; build it anew: schouw db update")
        return cls(path, connection, mark)

    def only(self, cve: str) -> Database:
        """The same, for as long as it is open, as if it had been told of this CVE alone: a hundredth of the work."""
        return Database(self.path, self._connection, self._mark, cve)

    def close(self) -> None:
        self._connection.close()

    @property
    def replaced(self) -> bool:
        """Whether a newer one was swapped in since this was opened."""
        return self.path.exists() and _mark(self.path) != self._mark

    # For judging

    def coverage(self, release: str) -> Coverage | None:
        """None where no feed covers the release: then its packages are unknown."""
        if release not in self._coverage:
            self._coverage[release] = self._cover(release)
        return self._coverage[release]

    def records(self, platform: int, wanted: Mapping[str, Wanted]) -> dict[str, list[Record]]:
        """All that is said of these packages, as far as it is wanted."""
        found: dict[str, list[Record]] = {name: [] for name in wanted}
        items = list(wanted.items())
        with self._explained():
            for start in range(0, len(items), _AT_ONCE):
                some = items[start : start + _AT_ONCE]
                values = [value for name, (above, arch) in some for value in (name, above, arch)]
                about = (self._cve, self._cve) if self._cve else ()
                sql = _RECORDS.format(values=", ".join(["(?, ?, ?)"] * len(some)), about=_ABOUT if about else "")
                rows = self._connection.execute(sql, (*values, platform, *about))
                for name, records in groupby(map(_record, rows), itemgetter(0)):  # in the order of what is wanted
                    found[name] = list(records)
        return found

    def notices(self, release: str, name: str) -> dict[str, list[tuple[str, frozenset[str]]]]:
        """Fixed version → (advisory, CVEs), where trackers tell apart which advisory brought it."""
        sql = "select fixed, advisory, cves from notice where release = ? and name = ? order by advisory"
        found: dict[str, list[tuple[str, frozenset[str]]]] = {}
        with self._explained():
            for fixed, advisory, cves in self._connection.execute(sql, (release, name)):
                found.setdefault(fixed, []).append((advisory, frozenset(cves.split())))
        return found

    @cached_property
    def rejected(self) -> frozenset[str]:
        with self._explained():
            return frozenset(name for (name,) in self._connection.execute("select name from cve where rejected is not null"))

    @cached_property
    def generation(self) -> int:
        with self._explained():
            return int(self._connection.execute("select value from meta where key = 'generation'").fetchone()[0])

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same data, whenever and wherever it was put together."""
        with self._explained():
            rows = self._connection.execute("select name, sha256 from feed order by name").fetchall()
        return sha256(repr(rows).encode()).hexdigest()[:16]

    def changed(self, since: int) -> frozenset[tuple[str, str]] | None:
        """(release, name) of all that feeds say something else of since that generation; None: too long ago to tell."""
        if not 0 <= self.generation - since <= KEPT:
            return None
        with self._explained():
            return frozenset(self._connection.execute("select release, name from change where generation > ?", (since,)))

    # For people

    def about(self, cves: Collection[str]) -> dict[str, CveFacts]:
        """What is known of each; those of which nothing is are left out."""
        names = list(dict.fromkeys(cves))
        found: dict[str, CveFacts] = {}
        with self._explained():
            for start in range(0, len(names), 500):
                some = names[start : start + 500]
                sql = f"select {_FACTS} from cve where name in ({', '.join('?' * len(some))})"  # noqa: S608
                found |= {row[0]: _facts(row) for row in self._connection.execute(sql, some)}
        return found

    def names(self, cve: str) -> frozenset[tuple[str, str]]:
        """(release, package name) of every package that a feed names with this CVE."""
        with self._explained():
            return frozenset(self._connection.execute(_NAMES, (cve,)))

    def releases(self) -> tuple[str, ...]:
        """Every release that a feed covers."""
        with self._explained():
            return tuple(name for (name,) in self._connection.execute("select distinct release from platform order by release"))

    def unsupported(self, release: str, name: str) -> tuple[date, str] | None:
        """DEB-16: since when a package has no security support, and why; None for one that has."""
        if release not in self._unsupported:
            sql = "select name, ends, note from support where release = ?"
            with self._explained():
                rows = self._connection.execute(sql, (release,)).fetchall()
            self._unsupported[release] = {pattern: (date.fromisoformat(ends), note) for pattern, ends, note in rows}
        known = self._unsupported[release]
        if name in known or not known:
            return known.get(name)
        return next((said for pattern, said in known.items() if pattern[-1] == "*" and name.startswith(pattern[:-1])), None)

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """For what is asked seldom (see `schouw.vulnerabilities.overview`)."""
        with self._explained():
            return self._connection.execute(sql, values).fetchall()

    def ends(self, release: str) -> date | None:
        """Last day of free security updates, where a feed of release dates told one."""
        with self._explained():
            row = self._connection.execute("select free from release where name = ?", (release,)).fetchone()
        return date.fromisoformat(row[0]) if row and row[0] else None

    def _cover(self, release: str) -> Coverage | None:
        with self._explained():
            rows = self._connection.execute(_PLATFORMS, {"release": release, "remnant": _REMNANT}).fetchall()
            noticed = self._connection.execute("select 1 from notice where release = ? limit 1", (release,)).fetchone()
        ages = {name: FeedAge(name, date.fromisoformat(day), days) for *_, name, day, _, _, days in rows}
        ranks = {name: rank for *_, name, _, rank, overlay, _ in rows if not overlay}
        if not ranks:
            return None
        newest = max(ages[name].date for name in ranks)
        best = min(ranks, key=lambda name: (ages[name].date < newest - _MUCH_NEWER, ranks[name], -ages[name].date.toordinal()))
        asked = [best, *(name for name in ages if name not in ranks)]
        parts = tuple(Part(id, pocket, bool(overlay)) for id, pocket, _, _, name, _, _, overlay, _ in rows if name in asked)
        kind, keyed = next((row[2], row[3]) for row in rows if row[4] == best)
        return Coverage(release, kind, keyed, parts, tuple(ages[name] for name in asked), noticed is not None)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise DatabaseError(
                f"{self.path}: the vulnerability database is damaged ({error}); remove it and: schouw db update"
            ) from error


def _mark(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


def _facts(row: tuple[object, ...]) -> CveFacts:
    name, cvss, vector, epss, percentile, exploited, ransomware, automatable, total, published, rejected = row
    return CveFacts(
        name=str(name),
        cvss=cvss if isinstance(cvss, float) else None,
        vector=str(vector or ""),
        epss=epss if isinstance(epss, float) else None,
        percentile=percentile if isinstance(percentile, float) else None,
        exploited=date.fromisoformat(exploited) if isinstance(exploited, str) else None,
        ransomware=bool(ransomware),
        automatable=None if automatable is None else bool(automatable),
        total=None if total is None else bool(total),
        published=date.fromisoformat(published) if isinstance(published, str) else None,
        rejected=bool(rejected),
    )
