"""One package over a fleet: which versions are installed, which fixes there are, which CVEs are open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from schouw.model.facts import Package
from schouw.model.vulnerability import CveFacts, CveVerdict, Match
from schouw.vulnerabilities import kernel
from schouw.vulnerabilities.answers import Installed, PackageAnswer
from schouw.vulnerabilities.database import Database
from schouw.vulnerabilities.fleet import Questions, Said, Stored, platforms
from schouw.vulnerabilities.inventory import Inventory
from schouw.vulnerabilities.judge import Judge
from schouw.vulnerabilities.priority import order, prioritise
from schouw.vulnerabilities.versions import Kind, key

_OPEN = (CveVerdict.FIXABLE, CveVerdict.NO_FIX, CveVerdict.UNKNOWN)
_NEAR = 6


@dataclass(slots=True)
class _Version:
    """One version of a source on one host, or on hosts that are equal in it."""

    packages: dict[str, None] = field(default_factory=dict)
    open: dict[str, Match] = field(default_factory=dict)
    aside: set[str] = field(default_factory=set)


def about_package(database: Database, hosts: Sequence[Stored], name: str) -> PackageAnswer:
    """`name`: of a binary or a source package; a binary one stands for all that its source brings."""
    inventories = {one.host: one.inventory.result for one in hosts if one.inventory.result is not None}
    sources = frozenset(_sources(inventories.values(), name))
    questions = Questions(Judge(database, settled=True), {"": sources | {name}})
    versions: dict[int, dict[tuple[str, str], _Version]] = {}
    found: dict[object, tuple[str, str, str, _Version, list[str]]] = {}
    for host, inventory in inventories.items() if sources else ():
        said = questions.ask(inventory)
        if id(said) not in versions:
            versions[id(said)] = _versions(said, sources)
        for (source, version), one in versions[id(said)].items():
            spot = (said.assessment.release, source, version, tuple(sorted(one.open.items(), key=lambda item: item[0])))
            known = found.setdefault(spot, (said.assessment.release, source, version, one, []))
            known[3].packages.update(one.packages)
            known[4].append(host)
    about = database.about({cve for *_, one, _ in found.values() for cve in one.open if cve})
    installed = [_installed(*one, about) for one in found.values()]
    return PackageAnswer(
        name,
        tuple(sorted(installed, key=lambda one: (-one.fixable, -len(one.open), one.source, one.release, one.version))),
        about,
        len(inventories) - len({host for one in installed for host in one.hosts}),
        {one.host: one.inventory.reason for one in hosts if one.inventory.result is None},
        () if installed else near(name, inventories.values()),
        platforms(database, inventories.values()),
    )


def near(name: str, inventories: Iterable[Inventory]) -> tuple[str, ...]:
    """Installed packages whose names are like this one."""
    names = {one for inventory in inventories for package in inventory.packages for one in (package.name, package.source) if one}
    within = sorted((one for one in names if name in one), key=lambda one: (len(one), one))
    return tuple(dict.fromkeys([*within, *get_close_matches(name, names, _NEAR)]))[:_NEAR]


def _sources(inventories: Iterable[Inventory], name: str) -> Iterable[str]:
    for inventory in inventories:
        kind = _kind(inventory)
        for one in inventory.packages:
            if name in (one.name, one.source) or (kernel.is_kernel(one) and kernel.source_of(one, kind) == name):
                yield _source(one, kind)


def _versions(said: Said, sources: frozenset[str]) -> dict[tuple[str, str], _Version]:
    """By source and version, what is said of its binary packages together."""
    kind = _kind(said.few)
    judged = {name: one for one in said.assessment.judged for name in one.packages}
    images = {image.package.name: image.version for image in kernel.images(said.few.packages, kind)}
    found: dict[tuple[str, str], _Version] = {}
    for package in said.few.packages:
        source = _source(package, kind)
        if source not in sources:
            continue
        version = found.setdefault((source, images.get(package.name) or _version(package, kind)), _Version())
        version.packages[package.name] = None
        for cve, match in judged[package.name].by_cve().items() if package.name in judged else ():
            if match.verdict in _OPEN:
                other = version.open.setdefault(cve, match)
                version.open[cve] = min(other, match, key=lambda one: one.verdict.rank)
            elif match.verdict is CveVerdict.SUPPRESSED:
                version.aside.add(cve)
    return found


def _installed(
    release: str, source: str, version: str, one: _Version, hosts: list[str], about: Mapping[str, CveFacts]
) -> Installed:
    opened = {cve: one.open[cve] for cve in sorted(one.open, key=lambda cve: _urgency(cve, one.open[cve], about))}
    return Installed(
        release=release,
        source=source,
        version=version,
        packages=tuple(sorted(one.packages)),
        hosts=tuple(hosts),
        open=opened,
        aside=len(one.aside - one.open.keys()),
        fixed=_newest(release, (match.fixed for match in opened.values() if match.verdict is CveVerdict.FIXABLE)),
    )


def _urgency(cve: str, match: Match, about: Mapping[str, CveFacts]) -> tuple[object, ...]:
    """PRI-3; which host is reached from outside is not looked at here, so all count as exposed (PRI-1)."""
    facts = about.get(cve) or CveFacts(cve)
    return match.verdict.rank, *order(facts, prioritise(facts, None))


def _newest(release: str, versions: Iterable[str]) -> str:
    kind: Kind = "deb" if release.startswith(("debian:", "ubuntu:")) else "rpm"

    def by(version: str) -> bytes:
        try:
            return key(kind, version)
        except ValueError:
            return b""

    return max(versions, key=by, default="")


def _kind(inventory: Inventory) -> Kind:
    return "rpm" if inventory.release.kind == "rpm" else "deb"


def _source(package: Package, kind: Kind) -> str:
    return (kernel.source_of(package, kind) if kernel.is_kernel(package) else "") or package.source or package.name


def _version(package: Package, kind: Kind) -> str:
    """As the feeds count: the source's own with Debian, the package's with RPM."""
    return package.version if kind == "rpm" else package.source_version or package.version
