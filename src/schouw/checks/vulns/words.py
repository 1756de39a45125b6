"""Evidence, commands and references of vulnerable packages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from schouw.checks.advice import command, plural, quoted, steps
from schouw.checks.base import Case
from schouw.checks.vulns.affected import Affected, ByCve, by_fix
from schouw.model.facts import Packages
from schouw.model.vulnerability import Match
from schouw.text import line
from schouw.vulnerabilities.kernel import is_kernel
from schouw.vulnerabilities.versions import Kind

_LINES = 12
_REFERENCES = 5

#: How an advisory begins → where it is told of; {major} is the release's.
_ADVISORIES: Mapping[str, str] = {
    "DSA": "https://security-tracker.debian.org/tracker/{name}",
    "DLA": "https://security-tracker.debian.org/tracker/{name}",
    "USN": "https://ubuntu.com/security/notices/{name}",
    "ALSA": "https://errata.almalinux.org/{major}/{dashed}.html",
    "RLSA": "https://errata.rockylinux.org/{name}",
    "RHSA": "https://access.redhat.com/errata/{name}",
    "CLSA": "https://errata.tuxcare.com/els_os/{name}",
}

#: Where a distribution tells of all that is known of a source package.
_PACKAGES: Mapping[str, str] = {
    "debian": "https://security-tracker.debian.org/tracker/source-package/{name}",
    "ubuntu": "https://ubuntu.com/security/cves?package={name}",
}

#: A package that brings the newest kernel has no version of one in its name: linux-image-amd64, linux-generic.
_BRINGS_KERNEL = tuple(f"linux-{word}" for word in ("image-", "generic", "virtual", "lowlatency", "aws", "azure", "gcp", "kvm"))
#: What may stand in an address as it is.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.:_-]{0,80}")
_VERSION = re.compile(r"\d\.\d+\.\d")


def evidence(one: Affected, fixes: ByCve, kind: Kind) -> str:
    """What is installed, and what closes how many by which advisory and rule."""
    rows = [_installed(one)]
    for match, count in by_fix(fixes, kind):
        by = f" by {match.advisory}" if match.advisory else ""
        closes = f" closes {plural(count, 'CVE')}" if count else ""
        rows.append(f"{match.fixed}{by}{closes} [{match.rule}]" + (f": {match.note}" if match.note else ""))
    return _cut(rows)


def reasons(one: Affected, matches: Mapping[str, Match]) -> str:
    """What is installed, and for each CVE why there is no fix, in the tracker's words."""
    rows = (f"{cve}  {match.note or 'no fix yet'} [{match.rule}]" for cve, match in sorted(matches.items(), key=_by_name))
    return _cut([_installed(one), *rows])


def states(matches: Mapping[str, Match]) -> str:
    """ "3 no-dsa, 1 ignored": the first words of their reasons, counted."""
    counts: dict[str, int] = {}
    for match in matches.values():
        word = line(match.note.partition(":")[0].partition(" by ")[0], 30) or "open"
        counts[word] = counts.get(word, 0) + 1
    return ", ".join(f"{count} {word}" for word, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def by_name(cves: Iterable[str]) -> tuple[str, ...]:
    """CVEs by year and number: an order that no new score changes."""
    return tuple(sorted(filter(None, cves), key=_number))


def upgrade(case: Case, names: Iterable[str]) -> str:
    """The command that brings these packages up to date on this host, and a hold that is in its way."""
    packages = case.inside.packages.result if case.inside else None
    if packages is None:
        return ""
    those = sorted(set(names))
    held = [name for name in those if name in packages.held]
    return steps(
        (
            command(case.system, "release_hold", packages.manager).format(packages=quoted(held)) if held else "",
            command(case.system, "upgrade_some", packages.manager).format(packages=quoted(those)),
        )
    )


def upgrade_kernel(case: Case) -> str:
    """A new kernel is another package: what brings it is the package that depends on the newest one."""
    packages = case.inside.packages.result if case.inside else None
    if packages is None:
        return ""
    names = _kernels(packages, case.system is not None and case.system.id == "ubuntu")
    return steps((command(case.system, "upgrade_kernel", packages.manager).format(packages=names), REBOOT))


REBOOT = "systemctl reboot     # in a maintenance window"


def _kernels(packages: Packages, ubuntu: bool) -> str:
    names = {one.name for one in packages.packages if is_kernel(one) and one.name.startswith(_BRINGS_KERNEL)}
    found = sorted(name for name in names if not _VERSION.search(name))
    return quoted(found) or ("linux-generic" if ubuntu else "linux-image-$(dpkg --print-architecture)")


def references(source: str, matches: Mapping[str, Match], release: str) -> tuple[str, ...]:
    """Where the package, and the first of the advisories, are told of."""
    distribution, _, version = release.partition(":")
    found: dict[str, None] = {}
    if (address := _PACKAGES.get(distribution)) and _NAME.fullmatch(source):
        found[address.format(name=source.replace("+", "%2B"))] = None
    for match in matches.values():
        for name in match.advisory.split(", "):
            if (address := _ADVISORIES.get(name.partition("-")[0])) and _NAME.fullmatch(name):
                found[address.format(name=name, major=version.partition(".")[0], dashed=name.replace(":", "-"))] = None
    return tuple(found)[:_REFERENCES]


def _installed(one: Affected) -> str:
    return "installed: " + ", ".join(dict.fromkeys(f"{judged.name} {judged.version}" for judged in one.judged))


def _cut(rows: list[str]) -> str:
    left = len(rows) - _LINES
    return "\n".join(line(row, 200) for row in rows[:_LINES]) + (f"\nand {left} more" if left > 0 else "")


def _by_name(one: tuple[str, Match]) -> tuple[int, int, str]:
    return _number(one[0])


def _number(cve: str) -> tuple[int, int, str]:
    found = re.fullmatch(r"CVE-(\d{4})-(\d{4,15})", cve)
    return (int(found[1]), int(found[2]), "") if found else (0, 0, cve)
