"""What is sent, and what its answer means."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from schouw.model.facts import Package
from schouw.model.vulnerability import Assessment, CveVerdict, Judged, Match
from schouw.text import line
from schouw.vulnerabilities.inventory import Inventory

_CVE = re.compile(r"CVE-\d{4}-\d{4,}")
#: Of one answer; a distribution has fewer packages.
_MOST = 20_000


@dataclass(frozen=True, slots=True)
class PackageSet:
    """A question: equal ones are asked once."""

    name: str
    version: str
    packages: tuple[str, ...]

    @property
    def digest(self) -> str:
        text = "\n".join((self.name, self.version, *self.packages))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Candidate:
    package: str
    advisory: str
    cves: tuple[str, ...]
    fixed: str


def package_set(inventory: Inventory) -> PackageSet:
    rpm = inventory.release.kind == "rpm"
    rows = {
        _rpm(package) if rpm else f"{package.name} {package.version} {package.architecture}" for package in inventory.packages
    }
    return PackageSet(inventory.release.distribution, inventory.release.version, tuple(sorted(rows)))


def candidates(answer: Mapping[str, object]) -> tuple[Candidate, ...]:
    """Of an answer in which nothing is taken for granted: every key may be missing, every value of another kind."""
    return tuple(_candidates(answer))


def with_candidates(assessment: Assessment, found: Iterable[Candidate]) -> Assessment:
    """`assessment`, made with `settled`, and what Vulners adds. What a feed has said of a CVE on a package stands."""
    by_package: dict[str, list[Candidate]] = {}
    for candidate in found:
        by_package.setdefault(candidate.package, []).append(candidate)
    judged = [_added(one, by_package) for one in assessment.judged]
    spoken = {name for one in assessment.judged for name in one.packages}
    for name, ones in by_package.items():
        if name not in spoken:
            matches = tuple(match for one in ones if (match := as_match(one, frozenset())) is not None)
            judged.append(Judged(name, "", (name,), "", matches))
    return replace(assessment, judged=tuple(one for one in judged if one.matches))


def _added(judged: Judged, by_package: Mapping[str, list[Candidate]]) -> Judged:
    said = frozenset(cve for match in judged.matches for cve in match.cves)
    more = [match for name in judged.packages for one in by_package.get(name, ()) if (match := as_match(one, said)) is not None]
    return replace(judged, matches=(*judged.matches, *dict.fromkeys(more))) if more else judged


def as_match(candidate: Candidate, said: frozenset[str]) -> Match | None:
    """As said of a package, less what feeds have `said` of it; None where nothing is left."""
    cves = tuple(cve for cve in candidate.cves if cve not in said)
    if candidate.cves and not cves:
        return None
    note = "a candidate from Vulners, which no feed of the distribution confirms"
    return Match(cves, CveVerdict.UNKNOWN, "VULNERS", candidate.fixed, candidate.advisory, note)


def _candidates(answer: Mapping[str, object]) -> Iterator[Candidate]:
    for issue in _list(answer.get("issues"))[:_MOST]:
        package, fixed = _text(issue, "package").split(" ")[0], _text(issue, "fixedVersion")
        for advisory in _list(issue.get("applicableAdvisories"))[:500] if package else ():
            name = _text(advisory, "id").rpartition(":")[2] or _text(advisory, "id")
            yield Candidate(package, name, tuple(_cves(advisory, name)), fixed)


def _cves(advisory: Mapping[str, object], name: str) -> Iterator[str]:
    metrics = advisory.get("cvelistMetrics")
    names = list(metrics) if isinstance(metrics, Mapping) else [_text(one, "id") or _text(one, "cve") for one in _list(metrics)]
    found = [cve for one in (name, *names[:500]) if isinstance(one, str) for cve in _CVE.findall(one[:200])]
    yield from dict.fromkeys(found)


def _list(value: object) -> list[Mapping[str, object]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _text(row: Mapping[str, object], key: str) -> str:
    value = row.get(key)
    return line(value, 200) if isinstance(value, str) else ""


def _rpm(package: Package) -> str:
    """As `rpm -qa` prints it."""
    return f"{package.name}-{package.version.partition(':')[2]}.{package.architecture}"
