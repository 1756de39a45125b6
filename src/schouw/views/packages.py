"""The package pivot: which versions of a package are installed where, which fixes there are, which CVEs are open."""

from __future__ import annotations

from datetime import date

from schouw.model.vulnerability import CveVerdict
from schouw.views.cves import Listed, told
from schouw.views.header import plural
from schouw.views.segments import Line, Segment, fit, labelled, pad
from schouw.vulnerabilities.answers import Installed, PackageAnswer

_OPEN = 40
"""CVEs in the detail; enter lists all."""


def installed_line(one: Installed, cells: int, cursor: bool) -> Line:
    sign: Segment = ("✗", "critical") if one.fixable else ("!", "medium") if one.open else ("✓", "ok")
    return fit(
        (
            ("▸" if cursor else " ", "accent"),
            sign,
            (f" {pad(f'{one.source} {one.version}', max(20, cells // 3))} ", "strong" if cursor else "text"),
            (f"{pad(one.release, 13)}", "dim"),
            (f"{plural(len(one.hosts), 'host'):>9}  ", "strong"),
            *_counts(one),
        ),
        cells,
    )


def _counts(one: Installed) -> list[Segment]:
    found: list[Segment] = []
    if one.fixable:
        found.append((f"→ {one.fixed} closes {plural(one.fixable, 'CVE')}  ", "ok"))
    if one.unfixed:
        found.append((f"{one.unfixed} without a fix  ", "medium"))
    if one.unknown:
        found.append((f"{one.unknown} cannot be told", "unknown"))
    return found or [("no CVE is open", "ok")]


def installed_detail(one: Installed, answer: PackageAnswer, cells: int) -> list[Line]:
    lines: list[Line] = [((f"{one.source} {one.version}", "strong"),), (("on " + one.release, "dim"),), tuple(_counts(one)), ()]
    lines += labelled(f"On {plural(len(one.hosts), 'host')}", ", ".join(one.hosts), cells)
    lines += labelled("Packages", ", ".join(one.packages), cells)
    if one.aside:
        lines += [((f"{plural(one.aside, 'CVE')} set aside by a rule", "dim"),), ()]
    if one.open:
        lines.append((("Open", "title"),))
    for cve, match in list(one.open.items())[:_OPEN]:
        about = answer.about.get(cve)
        exploited = " exploited" if about is not None and about.exploited else ""
        said = f"→ {match.fixed}" if match.verdict is CveVerdict.FIXABLE else match.note or match.verdict.value
        lines.append(fit(((f"  {pad(cve or 'all of it', 17)}", "text"), (exploited, "critical"), (f" {said}", "dim")), cells))
    if len(one.open) > _OPEN:
        lines.append(((f"  and {len(one.open) - _OPEN} more: enter lists them", "dim"),))
    return lines


def opened(one: Installed, answer: PackageAnswer) -> list[Listed]:
    """Its open CVEs, to be listed."""
    some = [Listed(cve, one.hosts, (one.source,), None, match) for cve, match in one.open.items() if cve]
    return told(some, answer.about)


def package_lines(answer: PackageAnswer, cells: int, today: date) -> list[Line]:
    hosts = {host for one in answer.installed for host in one.hosts}
    where = f"   on {len(hosts)} of {plural(len(hosts) + answer.without + len(answer.unseen), 'host')}"
    parts: list[Segment] = [(" ", "text")]
    exploited = {cve for one in answer.installed for cve in one.open if (about := answer.about.get(cve)) and about.exploited}
    everything = {cve for one in answer.installed for cve in one.open if cve}
    parts.append((f"{plural(len(everything), 'CVE')} open", "text"))
    if exploited:
        parts.append((f", {len(exploited)} exploited", "critical"))
    if answer.unseen:
        parts.append((f" · {plural(len(answer.unseen), 'host')} cannot be told", "unknown"))
    old = [f"{one.release} {one.as_of}" for one in answer.platforms if one.old(today)]
    if old:
        parts.append((f" · old data: {', '.join(old)}", "stale"))
    return [fit(((" schouw › ", "dim"), (answer.name, "title"), (where, "dim")), cells), fit(parts, cells)]


def nothing(answer: PackageAnswer) -> str:
    if answer.near:
        return f"no host has it; installed are: {', '.join(answer.near)}"
    return "no host has it"
