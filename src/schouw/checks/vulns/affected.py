"""What is known against each source package of a host: all that is installed of it together, sorted by what can be done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from schouw.model.vulnerability import Assessment, CveVerdict, Judged, Match, RunningKernel
from schouw.vulnerabilities.versions import Kind, deb_key, rpm_key

ByCve = dict[str, Match]
"""CVE → what was said of it; "" where an advisory names none."""

#: Rules that say: the feed itself does not know yet. Other rules that end in "unknown" say that it cannot be told here.
_UNDETERMINED = ("DEB-9", "UBU-1")
_UNSUPPORTED = "DEB-16"
_COUNTS = (CveVerdict.FIXABLE, CveVerdict.NO_FIX, CveVerdict.UNKNOWN)


@dataclass(slots=True)
class Affected:
    """One source package."""

    source: str
    judged: list[Judged] = field(default_factory=list)
    fixable: ByCve = field(default_factory=dict)
    paid: ByCve = field(default_factory=dict)
    """Fixed, but not for hosts as they are (Ubuntu Pro)."""
    unfixed: ByCve = field(default_factory=dict)
    undetermined: ByCve = field(default_factory=dict)
    """What its feed has not looked at yet."""
    doubts: dict[str, None] = field(default_factory=dict)
    """Why something of it, or all, cannot be told."""
    unsupported: str = ""
    """Why what is open of it is not listed any more."""

    def installed(self, those: Iterable[str]) -> str:
        """The version that has most of these CVEs: packages of one source mostly have one."""
        wanted = set(those)
        return max(self.judged, key=lambda one: sum(not wanted.isdisjoint(match.cves) for match in one.matches)).version

    @property
    def packages(self) -> tuple[str, ...]:
        """Those that an update replaces."""
        updated = (one for one in self.judged if any(match.verdict is CveVerdict.FIXABLE for match in one.matches))
        return tuple(dict.fromkeys(name for one in updated for name in one.packages))


def affected(assessment: Assessment) -> list[Affected]:
    """By name, without those of which nothing counts, or nothing is known because no feed covers the release."""
    found: dict[str, Affected] = {}
    for judged in assessment.judged:
        if any(match.verdict in _COUNTS and match.note != (assessment.gap or None) for match in judged.matches):
            source = judged.source or judged.name
            one = found.setdefault(source, Affected(source))
            one.judged.append(judged)
            for cve, match in judged.by_cve().items():
                _sort(one, cve, match)
    return [found[source] for source in sorted(found)]


def _sort(one: Affected, cve: str, match: Match) -> None:
    match match.verdict:
        case CveVerdict.FIXABLE if match.needs:
            one.paid.setdefault(cve, match)
        case CveVerdict.FIXABLE:
            one.fixable.setdefault(cve, match)
            one.unfixed.pop(cve, None)
        case CveVerdict.NO_FIX if cve not in one.fixable:
            one.unfixed.setdefault(cve, match)
        case CveVerdict.UNKNOWN if match.rule == _UNSUPPORTED:
            one.unsupported = match.note
        case CveVerdict.UNKNOWN if cve and match.rule in _UNDETERMINED:
            one.undetermined.setdefault(cve, match)
        case CveVerdict.UNKNOWN:
            one.doubts[match.note] = None


def without_reboot(one: Affected, kernel: RunningKernel | None) -> ByCve:
    """What an update closes. Of the kernel that runs, what is on the disk already a reboot closes."""
    if kernel is None or not kernel.closes or not any(kernel.package in judged.packages for judged in one.judged):
        return one.fixable
    closed = set(kernel.closes)
    return {cve: match for cve, match in one.fixable.items() if cve not in closed}


def newest(versions: Iterable[str], kind: Kind) -> str:
    """The last of them in the order of its kind; one that makes no sense is before all others."""
    return max(versions, key=lambda version: _key(version, kind), default="")


def _key(version: str, kind: Kind) -> bytes:
    try:
        return deb_key(version) if kind == "deb" else rpm_key(version)
    except ValueError:
        return b""


def by_fix(matches: Mapping[str, Match], kind: Kind) -> list[tuple[Match, int]]:
    """Each different (fixed, advisory, rule) with how many CVEs it closes, the last version first."""
    counted: dict[tuple[str, str, str], tuple[Match, int]] = {}
    for cve, match in matches.items():
        key = (match.fixed, match.advisory, match.rule)
        counted[key] = match, counted.get(key, (match, 0))[1] + bool(cve)
    return sorted(counted.values(), key=lambda one: _key(one[0].fixed, kind), reverse=True)
