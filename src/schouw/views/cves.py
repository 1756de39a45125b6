"""The CVE pivot: CVEs of a fleet in a list, and one of them with every host."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from schouw.model.vulnerability import CveFacts, CveVerdict, Match
from schouw.views.ages import since
from schouw.views.header import plural
from schouw.views.known import ages
from schouw.views.pivot import ByHost
from schouw.views.segments import Line, Segment, fit, labelled, pad, wrap
from schouw.vulnerabilities.answers import CveAnswer, Row, Standing

#: Sign and role.
SIGNS: dict[Standing, Segment] = {
    Standing.AFFECTED: ("✗", "critical"),
    Standing.REBOOT: ("↻", "high"),
    Standing.NO_FIX: ("!", "medium"),
    Standing.UNKNOWN: ("?", "unknown"),
    Standing.FINE: ("✓", "ok"),
    Standing.ASIDE: ("–", "dim"),
}
#: What a finding without a package is about.
KERNEL = "linux"
_STANDING_CELLS = 15
_HOST_CELLS = 18
_LABEL = 11

_REFERENCES = {
    "debian": "https://security-tracker.debian.org/tracker/{cve}",
    "ubuntu": "https://ubuntu.com/security/{cve}",
    "almalinux": "https://access.redhat.com/security/cve/{cve}",
    "rocky": "https://access.redhat.com/security/cve/{cve}",
    "rhel": "https://access.redhat.com/security/cve/{cve}",
    "cloudlinux": "https://access.redhat.com/security/cve/{cve}",
}
_NVD = "https://nvd.nist.gov/vuln/detail/{cve}"


@dataclass(frozen=True, slots=True)
class Listed:
    """A CVE that findings name, with the hosts that have it."""

    cve: str
    hosts: tuple[str, ...]
    packages: tuple[str, ...]
    about: CveFacts | None = None
    match: Match | None = None
    """What is said of it, where one package's CVEs are listed."""


@dataclass(frozen=True, slots=True)
class Listing:
    """CVEs to choose from."""

    title: str
    cves: tuple[Listed, ...]


def listed(found: ByHost, shown: Collection[str], only: Collection[str] = ()) -> list[Listed]:
    """CVEs of the hosts that are shown; `only` these, where any are named."""
    hosts: dict[str, dict[str, None]] = {}
    packages: dict[str, dict[str, None]] = {}
    for host in shown:
        for tracked in found.get(host, ()):
            for cve in tracked.finding.cves if tracked.state.active else ():
                hosts.setdefault(cve, {})[host] = None
                packages.setdefault(cve, {})[tracked.finding.subject or KERNEL] = None
    return [Listed(cve, tuple(hosts[cve]), tuple(packages[cve])) for cve in hosts if not only or cve in only]


def told(some: Collection[Listed], about: Mapping[str, CveFacts]) -> list[Listed]:
    """With what is known of each, in the order in which one would ask: exploited, likely, on many hosts."""
    known = [Listed(one.cve, one.hosts, one.packages, about.get(one.cve), one.match) for one in some]
    return sorted(known, key=_first_asked)


def _first_asked(one: Listed) -> tuple[object, ...]:
    about = one.about or CveFacts(one.cve)
    return about.exploited is None, not about.ransomware, -(about.epss or 0), -(about.cvss or 0), -len(one.hosts), one.cve


def listed_line(one: Listed, cells: int, cursor: bool) -> Line:
    about = one.about or CveFacts(one.cve)
    sign: Segment = ("✗", "critical") if about.exploited else ("·", "dim")
    room = cells - 2 - 18 - 11 - 10 - 11 - 10
    what = ", ".join(one.packages)
    return fit(
        (
            ("▸" if cursor else " ", "accent"),
            sign,
            (f" {pad(one.cve, 17)}", "strong" if cursor else "text"),
            (f"{'exploited' if about.exploited else '':<11}", "critical"),
            (f"{f'CVSS {about.cvss:.1f}' if about.cvss is not None else '':<10}", "text"),
            (f"{f'EPSS {about.epss:.0%}' if about.epss is not None else '':<11}", "text"),
            (f"{plural(len(one.hosts), 'host'):>9} ", "strong"),
            (pad(what, room) if room > 0 else "", "dim"),
        ),
        cells,
    )


def listed_detail(one: Listed, cells: int) -> list[Line]:
    lines: list[Line] = [((one.cve, "strong"),), *_facts(one.about, cells), ()]
    if one.match is not None:
        lines += [*labelled("Here", _said(one.match), cells)]
    lines += labelled(f"On {plural(len(one.hosts), 'host')}", ", ".join(one.hosts), cells)
    return lines + labelled("In", ", ".join(one.packages), cells)


def row_line(row: Row, cells: int, cursor: bool) -> Line:
    sign, role = SIGNS[row.standing]
    host_cells = min(_HOST_CELLS, cells // 4)
    return fit(
        (
            ("▸" if cursor else " ", "accent"),
            (sign, role),
            (f" {pad(row.standing.value, _STANDING_CELLS)}", role),
            (f"{pad(row.host, host_cells)} ", "strong"),
            *_change(row),
        ),
        cells,
    )


def _change(row: Row) -> Iterator[Segment]:
    if not row.package:
        yield row.note, "dim"
        return
    yield f"{row.source} {row.installed}", "text"
    if row.reboot or row.verdict is CveVerdict.FIXABLE:
        yield f" → {row.fixed}", "ok"
    elif row.note:
        yield f"  {row.note}", "dim"


def row_detail(row: Row, answer: CveAnswer, cells: int, now: datetime) -> list[Line]:
    """All the evidence: installed, fixed in, by which advisory, which rule."""
    sign, role = SIGNS[row.standing]
    lines: list[Line] = [((f"{sign} {row.standing.value}", role), (f"  {row.host}", "title")), ()]
    if row.package:
        lines += _pair("Installed", f"{row.source} {row.installed}", cells)
        lines += _pair("", row.package, cells, "dim")
    if row.fixed:
        lines += _pair("Fixed in", row.fixed + (f" by {row.advisory}" if row.advisory else ""), cells, "ok")
    if row.reboot:
        lines += _pair("To do", "Reboot: the fixed kernel is on the disk, but the old one runs.", cells, "strong")
    if row.note:
        lines += _pair("Why", row.note, cells)
    if row.rule:
        lines += _pair("Rule", row.rule, cells)
    data = next((one for one in answer.platforms if one.release == row.release), None)
    for text in ages(data, now.date()) if data is not None else ():
        lines += _pair("By", text, cells, "stale" if "(old)" in text else "text")
    return lines + _pair("Looked at", f"{since(row.seen, now)} ago" if row.seen else "never", cells)


def _pair(label: str, text: str, cells: int, role: str = "text") -> list[Line]:
    first, *rest = wrap(text, max(8, cells - _LABEL))
    lines: list[Line] = [((pad(label, _LABEL), "title"), (first, role))]
    return lines + [((" " * _LABEL, "text"), (piece, role)) for piece in rest]


def cve_lines(answer: CveAnswer, cells: int, today: date) -> list[Line]:
    """What it is, and how many hosts are what to it."""
    about = ", ".join(words for words, _ in _words(answer.about)) or "no feed here tells more of it"
    packages = ", ".join(answer.packages[:4]) + ("…" if len(answer.packages) > 4 else "")
    title: list[Segment] = [(" schouw › ", "dim"), (answer.cve, "title"), (f"   {packages}" if packages else "", "strong")]
    head = fit((*title, (f"   {about}", "critical" if _bad(answer) else "dim")), cells)
    counts = answer.counts
    parts: list[Segment] = [(" ", "text")]
    for standing in Standing:
        if counts[standing]:
            parts += [(f"{SIGNS[standing][0]} {counts[standing]} {standing.value}", SIGNS[standing][1]), ("   ", "text")]
    old = [f"{one.release} {one.as_of}" for one in answer.platforms if one.old(today)]
    if old:
        parts.append((f"old data: {', '.join(old)}", "stale"))
    return [head, fit(parts, cells)]


def _bad(answer: CveAnswer) -> bool:
    return answer.about is not None and answer.about.exploited is not None


def references(answer: CveAnswer) -> tuple[str, ...]:
    distributions = dict.fromkeys(one.release.partition(":")[0] for one in answer.platforms)
    found = [_REFERENCES[name] for name in distributions if name in _REFERENCES]
    return tuple(dict.fromkeys(address.format(cve=answer.cve) for address in (*found, _NVD)))


def _facts(about: CveFacts | None, cells: int) -> list[Line]:
    words = list(_words(about)) or [("no feed here tells more of it", "dim")]
    return [((piece, role),) for text, role in words for piece in wrap(text, cells)]


def _words(about: CveFacts | None) -> Iterator[Segment]:
    if about is None:
        return
    if about.rejected:
        yield "rejected: it is no vulnerability", "dim"
    if about.exploited:
        yield f"exploited, known since {about.exploited}" + (", by ransomware" if about.ransomware else ""), "critical"
    if about.cvss is not None:
        yield f"CVSS {about.cvss:.1f}", "text"
    if about.epss is not None:
        yield f"EPSS {about.epss:.1%}", "text"
    if about.published:
        yield f"published {about.published}", "dim"


def _said(match: Match) -> str:
    fixed = f"fixed in {match.fixed}" if match.fixed else match.verdict.value
    return "\n".join(filter(None, (fixed, match.advisory, match.note, f"rule {match.rule}")))
