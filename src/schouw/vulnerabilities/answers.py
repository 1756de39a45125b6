"""What a fleet is to a CVE or a package: plain values, for the command line and the dashboard alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from schouw.model.vulnerability import CveFacts, CveVerdict, FeedAge, Match


class Standing(StrEnum):
    """What a host is to a CVE: the first that is said of any of its packages."""

    AFFECTED = "affected"
    """And there is a fix."""
    REBOOT = "to reboot"
    """The fix is on the disk."""
    NO_FIX = "no fix"
    UNKNOWN = "cannot be told"
    FINE = "not affected"
    ASIDE = "does not count"
    """A feed lists it, and a rule sets it aside: headers beside a kernel that is fine leave the host fine."""

    @property
    def rank(self) -> int:
        return _RANK[self]

    @property
    def has_it(self) -> bool:
        return self in (Standing.AFFECTED, Standing.REBOOT, Standing.NO_FIX)


_RANK = {standing: rank for rank, standing in enumerate(Standing)}
_STANDING = {
    CveVerdict.FIXABLE: Standing.AFFECTED,
    CveVerdict.NO_FIX: Standing.NO_FIX,
    CveVerdict.UNKNOWN: Standing.UNKNOWN,
    CveVerdict.SUPPRESSED: Standing.ASIDE,
    CveVerdict.NOT_AFFECTED: Standing.FINE,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One package of one host, or a host without any that is concerned (package "")."""

    host: str
    release: str
    package: str
    """Binary packages, a comma between."""
    source: str
    """As the feed calls it."""
    installed: str
    verdict: CveVerdict
    fixed: str
    advisory: str
    rule: str
    note: str
    reboot: bool
    """Whether the fix is on disk and only a reboot is missing."""
    seen: datetime | None
    """When the host was looked at."""

    @property
    def standing(self) -> Standing:
        return Standing.REBOOT if self.reboot else _STANDING[self.verdict]


@dataclass(frozen=True, slots=True)
class Platform:
    """A release that hosts run, and by which data they are judged."""

    release: str
    hosts: int
    feeds: tuple[FeedAge, ...]
    gap: str = ""
    """Why its hosts cannot be judged."""

    @property
    def as_of(self) -> date | None:
        """Of the oldest of its feeds."""
        return min((feed.date for feed in self.feeds), default=None)

    def old(self, today: date) -> bool:
        return any(feed.old(today) for feed in self.feeds)


@dataclass(frozen=True, slots=True)
class CveAnswer:
    cve: str
    about: CveFacts | None
    """None: no feed says anything of it beyond naming it."""
    packages: tuple[str, ...]
    """Those that a feed names with it, of the fleet's releases."""
    rows: tuple[Row, ...]
    """Worst first."""
    platforms: tuple[Platform, ...]

    @property
    def standings(self) -> dict[str, Standing]:
        """Host → the worst that is said of it."""
        return {row.host: row.standing for row in reversed(self.rows)}

    @property
    def counts(self) -> Counter[Standing]:
        """PRI-5: hosts, not pairs of host and package."""
        return Counter(self.standings.values())


@dataclass(frozen=True, slots=True)
class Installed:
    """One version of a package on the hosts of one release."""

    release: str
    source: str
    version: str
    packages: tuple[str, ...]
    hosts: tuple[str, ...]
    open: Mapping[str, Match]
    """CVE → what is said of it, most urgent first; "" of the package as a whole. Without what is not affected or set aside."""
    aside: int
    """How many CVEs a rule sets aside."""
    fixed: str
    """The version that closes all that has a fix; "" for none."""

    @property
    def fixable(self) -> int:
        return sum(match.verdict is CveVerdict.FIXABLE for match in self.open.values())

    @property
    def unfixed(self) -> int:
        return sum(match.verdict is CveVerdict.NO_FIX for match in self.open.values())

    @property
    def unknown(self) -> int:
        return len(self.open) - self.fixable - self.unfixed


@dataclass(frozen=True, slots=True)
class PackageAnswer:
    name: str
    installed: tuple[Installed, ...]
    """Most open CVEs first."""
    about: Mapping[str, CveFacts]
    """Of the open CVEs; those of which nothing is known are left out."""
    without: int
    """Hosts that were seen and do not have it."""
    unseen: Mapping[str, str]
    """Host → why its packages are not known."""
    near: tuple[str, ...]
    """Names like this one that are installed, where it is not."""
    platforms: tuple[Platform, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """ "N known, M matchable on your platforms, K rows, as of …"."""

    known: int
    matchable: int
    rows: int
    as_of: date
    """Of the newest feed."""
    platforms: tuple[Platform, ...]
