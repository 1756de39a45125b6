"""The fleet as it was last seen, ready to be asked about a CVE or a package, again and again.

What hosts have installed is kept in memory once for all hosts that have the same; a host is read anew when it was
looked at again, and the database when another one was swapped in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Lock
from time import perf_counter, sleep

from schouw.model.attempt import Attempt, not_checked
from schouw.model.facts import Facts, Package
from schouw.model.vulnerability import CveFacts
from schouw.vulnerabilities import overview
from schouw.vulnerabilities.answers import CveAnswer, Known, PackageAnswer
from schouw.vulnerabilities.database import Database
from schouw.vulnerabilities.fleet import Also, Stored, about_cve, platform
from schouw.vulnerabilities.inventory import Inventory, inventory_of
from schouw.vulnerabilities.packages import about_package

#: Seconds of work after which other threads have their turn.
_PIECE = 0.002

#: Of the inside view, what `inventory_of` reads.
SECTIONS = ("system", "packages", "origins", "kernel", "updates", "live_patch", "pro", "streams")

#: Distinct packages; a fleet of 1,000 hosts has some 35,000.
_REMEMBERED = 200_000

Hosts = Mapping[str, datetime | None]
"""Host → when it was last looked at; None: never, or not known."""


class Lookup:
    """Blocking: call it in a thread. Threads may share it, and wait for each other.

    `DatabaseError` from any question where there is no database that can be used.
    """

    def __init__(self, path: Path, facts: Callable[[str, Collection[str]], Facts | None], rest: float = 0.0) -> None:
        """`path`: of the vulnerability database; `facts`: what is stored of a host, of its inside view these sections.

        `rest`: seconds to stand back for other threads after each piece of work.
        """
        self._path = path
        self._facts = facts
        self._rest = rest
        self._database: Database | None = None
        self._hosts: dict[str, tuple[datetime | None, Stored]] = {}
        self._packages: dict[Package, Package] = {}
        self._figures: tuple[object, overview.Figures] | None = None
        self._lock = Lock()

    def cve(self, name: str, hosts: Hosts, also: Also = lambda _: ()) -> CveAnswer:
        """`also`: what a second source says of a host, where one was asked."""
        with self._lock:
            return about_cve(self._opened(), self._stored(hosts), name, also)

    def inventories(self, hosts: Hosts) -> list[Inventory]:
        """Of those whose packages are known."""
        with self._lock:
            return [one.inventory.result for one in self._stored(hosts) if one.inventory.result is not None]

    def package(self, name: str, hosts: Hosts) -> PackageAnswer:
        with self._lock:
            return about_package(self._opened(), list(self._stored(hosts)), name)

    def about(self, cves: Collection[str]) -> dict[str, CveFacts]:
        """What is known of each; those of which nothing is are left out."""
        with self._lock:
            return self._opened().about(cves)

    def known(self, releases: Iterable[str]) -> Known:
        """How much is known; `releases`: what each host of the fleet runs."""
        with self._lock:
            database = self._opened()
            counts: dict[str, int] = {}
            for release in releases:
                counts[release] = counts.get(release, 0) + 1
            asked = (database, frozenset(counts))
            if self._figures is None or self._figures[0] != asked:
                self._figures = asked, overview.figures(database, sorted(counts))
            figures = self._figures[1]
            newest = max(feed.date for feed in overview.feeds(database))
            platforms = tuple(platform(database, release, count) for release, count in sorted(counts.items()))
            return Known(figures.known, figures.matchable, figures.rows, newest, platforms)

    def close(self) -> None:
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    def _opened(self) -> Database:
        if self._database is not None and self._database.replaced:
            self._database.close()
            self._database = None
        if self._database is None:
            self._database = Database.open(self._path)
        return self._database

    def _stored(self, hosts: Hosts) -> Iterator[Stored]:
        """Between two of them is time to stand back."""
        rested = perf_counter()
        for name, at in hosts.items():
            yield self._one(name, at)
            if self._rest and perf_counter() - rested > _PIECE:
                sleep(self._rest)
                rested = perf_counter()

    def _one(self, name: str, at: datetime | None) -> Stored:
        known = self._hosts.get(name)
        if known is None or at is None or known[0] != at:
            known = self._hosts[name] = at, self._read(name)
        return known[1]

    def _read(self, name: str) -> Stored:
        facts = self._facts(name, SECTIONS)
        if facts is None:
            return Stored(name, None, not_checked("never scanned"))
        if facts.inside.result is None:
            return Stored(name, facts.taken_at, not_checked(facts.inside.reason or "not looked at from inside"))
        attempt = inventory_of(facts.inside.result)
        if attempt.result is None:
            return Stored(name, facts.taken_at, attempt)
        return Stored(name, facts.taken_at, Attempt(self._shared(attempt.result), attempt.reason))

    def _shared(self, inventory: Inventory) -> Inventory:
        """With the packages that other hosts have, where they are equal."""
        if len(self._packages) > _REMEMBERED:
            self._packages.clear()
        packages = tuple(self._packages.setdefault(one, one) for one in inventory.packages)
        return replace(inventory, packages=packages)
