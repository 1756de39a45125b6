"""A fleet's stored facts, asked about one CVE or one package. No host is asked anything.

Of a host only the packages in question are looked at, with the kernel where it is one of them; hosts that are equal in
these are judged once. A thousand hosts take a part of a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from schouw.model.attempt import Attempt
from schouw.model.vulnerability import Assessment, CveFacts, CveVerdict, Judged, Match
from schouw.vulnerabilities import kernel
from schouw.vulnerabilities.answers import CveAnswer, Platform, Row
from schouw.vulnerabilities.database import Database
from schouw.vulnerabilities.inventory import Inventory
from schouw.vulnerabilities.judge import Judge
from schouw.vulnerabilities.online.packages import Candidate, as_match
from schouw.vulnerabilities.releases import following
from schouw.vulnerabilities.streams import is_modular
from schouw.vulnerabilities.versions import Kind


@dataclass(frozen=True, slots=True)
class Stored:
    """One host as it was last seen."""

    host: str
    seen: datetime | None
    inventory: Attempt[Inventory]


class Said(NamedTuple):
    """What equal hosts have in common."""

    few: Inventory
    """Such a host, narrowed to the packages in question."""
    assessment: Assessment
    found: Sequence[tuple[Judged, Match]] = ()
    """What is said of the CVE in question."""


Also = Callable[[Inventory], Iterable[Candidate]]
"""What a second source says of a host."""


class Questions:
    """Hosts asked about some packages of each release; equal ones are judged once."""

    def __init__(self, judge: Judge, names: Mapping[str, frozenset[str]], cve: str = "") -> None:
        """`names`: release → names as its feed has them; "" for every release."""
        self._judge = judge
        self._names = names
        self._cve = cve
        self._said: dict[object, Said] = {}

    def ask(self, inventory: Inventory) -> Said:
        few = narrowed(inventory, self.names(inventory))
        key = _key(few)
        if key not in self._said:
            assessment = self._judge.host(few)
            matches = ((judged, judged.by_cve().get(self._cve)) for judged in assessment.judged if self._cve)
            self._said[key] = Said(few, assessment, [(judged, match) for judged, match in matches if match is not None])
        return self._said[key]

    def names(self, inventory: Inventory) -> frozenset[str]:
        """Of its release; and of the next, by which backports are judged (DEB-11)."""
        return self.own(inventory) | self._names.get(str(following(inventory.release)), frozenset())

    def own(self, inventory: Inventory) -> frozenset[str]:
        """Of its release alone."""
        return self._names.get(str(inventory.release), frozenset()) | self._names.get("", frozenset())


def narrowed(inventory: Inventory, names: frozenset[str]) -> Inventory:
    """The host as if it had only these packages; the kernel that runs stays where it is one of them."""
    kind: Kind = "rpm" if inventory.release.kind == "rpm" else "deb"
    few = [one for one in inventory.packages if one.source in names or one.name in names]
    kernels = [one for one in inventory.packages if kernel.is_kernel(one)] if names else []
    if any(one.name in names or kernel.source_of(one, kind) in names for one in kernels):
        few = [*(one for one in few if not kernel.is_kernel(one)), *kernels]
    else:
        inventory = replace(inventory, running="", live_patch=None)
    foreign = inventory.foreign
    if foreign is not None:
        keys = (key for one in few for key in (one.name, f"{one.name}:{one.architecture}"))
        foreign = {key: foreign[key] for key in keys if key in foreign}
    return replace(inventory, packages=tuple(few), foreign=foreign)


def _key(few: Inventory) -> object:
    """What is equal in hosts that are judged alike."""
    foreign = None if few.foreign is None else tuple(sorted(few.foreign.items()))
    around = (few.running, few.container, few.live_patch, few.pro, few.streams, few.advised)
    return few.release, few.packages, foreign, around


def about_cve(database: Database, hosts: Iterable[Stored], cve: str, also: Also = lambda _: ()) -> CveAnswer:
    """Every host, with what decides: the package that has it, or why it is not affected or cannot be told.

    `also`: what a second source says of a host's packages; what a feed says of the same package stands.
    """
    by_release: dict[str, set[str]] = {}
    for release, name in database.names(cve):
        by_release.setdefault(release, set()).add(name)
    names = {release: frozenset(found) for release, found in by_release.items()}
    about = database.about([cve]).get(cve)
    questions = Questions(Judge(database.only(cve), settled=True), names, cve)
    rows: list[Row] = []
    inventories: list[Inventory] = []
    for one in hosts:
        inventory = one.inventory.result
        if inventory is None:
            rows.append(_unseen(one))
            continue
        inventories.append(inventory)
        rows += _rows(one, cve, questions, inventory, _Known(about, bool(names), also))
    rows.sort(key=lambda row: (row.standing.rank, row.host, row.package))
    named = {name for inventory in inventories for name in questions.own(inventory)}
    return CveAnswer(cve, about, tuple(sorted(named)), tuple(rows), platforms(database, inventories))


def platforms(database: Database, inventories: Iterable[Inventory]) -> tuple[Platform, ...]:
    """What the hosts run, with the age of the data by which they are judged."""
    counts: dict[str, int] = {}
    for inventory in inventories:
        counts[str(inventory.release)] = counts.get(str(inventory.release), 0) + 1
    return tuple(platform(database, release, count) for release, count in sorted(counts.items()))


def platform(database: Database, release: str, hosts: int) -> Platform:
    coverage = database.coverage(release)
    return Platform(release, hosts, coverage.feeds if coverage else (), "" if coverage else f"no feed covers {release}")


class _Known(NamedTuple):
    about: CveFacts | None
    named: bool
    """Whether any feed names it with a package."""
    also: Also


def _rows(one: Stored, cve: str, questions: Questions, inventory: Inventory, known: _Known) -> Iterator[Row]:
    said = questions.ask(inventory)
    for judged, match in said.found:
        yield _row(one, cve, said.assessment, judged, match)
    yield from _candidates(one, cve, said, inventory, known.also)
    if not said.found:
        match = _nothing(cve, said, questions.own(inventory), known)
        if match.verdict is CveVerdict.NOT_AFFECTED and one.inventory.reason:
            match = Match((cve,), CveVerdict.UNKNOWN, "", note=one.inventory.reason)
        yield _row(one, cve, said.assessment, Judged("", "", (), "", (match,)), match)


def _candidates(one: Stored, cve: str, said: Said, inventory: Inventory, also: Also) -> Iterator[Row]:
    """Of packages of which no feed has said anything."""
    told = {name for judged, _ in said.found for name in judged.packages}
    for candidate in also(inventory):
        match = as_match(candidate, frozenset())
        if cve in candidate.cves and candidate.package not in told and match is not None:
            version = next((package.version for package in inventory.packages if package.name == candidate.package), "")
            judged = Judged(candidate.package, version, (candidate.package,), "", (match,))
            yield _row(one, cve, said.assessment, judged, match)


def _row(one: Stored, cve: str, assessment: Assessment, judged: Judged, match: Match) -> Row:
    running = assessment.kernel
    reboot = bool(running and running.package in judged.packages and cve in running.closes)
    return Row(
        host=one.host,
        release=assessment.release,
        package=", ".join(judged.packages),
        source=judged.source or judged.name,
        installed=judged.version,
        verdict=match.verdict,
        fixed=match.fixed,
        advisory=match.advisory,
        rule=match.rule,
        note=match.note,
        reboot=reboot,
        seen=one.seen,
    )


def _unseen(one: Stored) -> Row:
    return Row(one.host, "", "", "", "", CveVerdict.UNKNOWN, "", "", "", one.inventory.reason, False, one.seen)


def _nothing(cve: str, said: Said, names: frozenset[str], known: _Known) -> Match:
    """The host has nothing that was judged: mostly it is not affected, but silence is not always a no.

    `names`: of the packages that its release's feed names with the CVE.
    """
    release = said.few.release
    if said.assessment.gap:
        return Match((cve,), CveVerdict.UNKNOWN, "", note=said.assessment.gap)
    if names and said.few.packages:
        rule = "RPM-4" if any(one.module or is_modular(one.version) for one in said.few.packages) else "RPM-3"
        return Match((cve,), CveVerdict.NOT_AFFECTED, rule, note="its advisory is for another module stream or architecture")
    if names:
        return Match((cve,), CveVerdict.NOT_AFFECTED, "", note=f"not installed: {_some(names)}")
    if not known.named and known.about is None:
        return Match((cve,), CveVerdict.UNKNOWN, "", note="no feed here knows this CVE")
    feed = max(said.assessment.feeds, key=lambda feed: feed.date)
    if release.kind == "rpm":
        note = f"no advisory of {feed.name} ({feed.date}) names it, and advisories tell of fixes only"
        return Match((cve,), CveVerdict.UNKNOWN, "RPM-7", note=note)
    if _older(feed.date, cve, known.about):
        return Match((cve,), CveVerdict.UNKNOWN, "", note=f"{feed.name} is of {feed.date}, which may be before this CVE")
    rule = "DEB-5" if release.distribution == "debian" else "UBU-1"
    return Match((cve,), CveVerdict.NOT_AFFECTED, rule, note=f"{feed.name} ({feed.date}) names no package of {release} with it")


def _older(data: date, cve: str, about: CveFacts | None) -> bool:
    if about is not None and about.published is not None:
        return about.published > data
    return int(cve[4:8]) >= data.year


def _some(names: frozenset[str]) -> str:
    few = sorted(names)
    return ", ".join(few[:4]) + (f" and {len(few) - 4} more" if len(few) > 4 else "")
