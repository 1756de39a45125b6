"""``schouw cve``: one CVE over the fleet, from what is stored; no host is asked anything."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from schouw.cli.judge import add_database_option
from schouw.cli.output import write
from schouw.cli.places import Places, fleet, places
from schouw.errors import ConfigError
from schouw.model.vulnerability import CveVerdict

if TYPE_CHECKING:
    from schouw.model.vulnerability import Assessment, CveFacts, Judged, Match
    from schouw.vulnerabilities.judge import Judge, Names

_CVE = re.compile(r"CVE-\d{4}-\d{4,}")


@dataclass(frozen=True, slots=True)
class Row:
    """One package of one host, or a host without any that is concerned (package "")."""

    host: str
    release: str
    package: str
    installed: str
    verdict: str
    fixed: str
    advisory: str
    rule: str
    note: str
    reboot: bool
    """Whether the fix is on disk and only a reboot is missing."""
    seen: datetime | None


def add(command: argparse.ArgumentParser) -> None:
    command.description = (
        "Which hosts have a CVE, which have its fix, who is still to reboot, and which are not affected and why."
    )
    command.add_argument("cve", metavar="CVE", help="such as CVE-2024-3094")
    command.add_argument("hosts", nargs="*", metavar="HOST|GROUP", help="which hosts (default: all)")
    command.add_argument("--format", choices=("table", "json"), default="table", help="(default: table)")
    command.add_argument("--output", metavar="FILE", help="write the result to FILE")
    add_database_option(command)


def run(options: argparse.Namespace) -> int:
    from schouw.vulnerabilities.database import Database
    from schouw.vulnerabilities.judge import Judge

    cve = options.cve.upper()
    if not _CVE.fullmatch(cve):
        raise ConfigError(f"{options.cve!r} is no CVE; expected such as CVE-2024-3094")
    where = places(options)
    names = [host.name for host in fleet(where).select(options.hosts)]
    database = Database.open(where.vulnerabilities)
    try:
        about = database.about([cve]).get(cve)
        rows = list(_rows(where, names, cve, Judge(database, settled=True), database.names(cve)))
    finally:
        database.close()
    write(_json(cve, about, rows) if options.format == "json" else _table(cve, about, rows), options.output)
    return 0


def _rows(where: Places, names: list[str], cve: str, judge: Judge, concerned: Names) -> Iterator[Row]:
    from schouw.history import History
    from schouw.vulnerabilities.inventory import inventory_of

    history = History.open(where.history, read_only=True) if where.history.exists() else None
    try:
        for name in names:
            facts = history.facts(name) if history else None
            inside = facts.inside.result if facts else None
            attempt = inventory_of(inside) if inside else None
            if facts is None or attempt is None or attempt.result is None:
                why = attempt.reason if attempt else facts.inside.reason if facts else "never scanned"
                yield Row(name, "", "", "", "unknown", "", "", "", why, False, facts.taken_at if facts else None)
                continue
            yield from _host(name, facts.taken_at, cve, judge.host(attempt.result, concerned))
    finally:
        if history is not None:
            history.close()


def _host(name: str, seen: datetime, cve: str, assessment: Assessment) -> Iterator[Row]:
    found = [(judged, match) for judged in assessment.judged if (match := judged.by_cve().get(cve)) is not None]
    for judged, match in found:
        yield _row(name, seen, cve, assessment, judged, match)
    if not found:
        verdict, note = ("unknown", assessment.gap) if assessment.gap else ("not-vulnerable", "no installed package has it")
        yield Row(name, assessment.release, "", "", verdict, "", "", "", note, False, seen)


def _row(name: str, seen: datetime, cve: str, assessment: Assessment, judged: Judged, match: Match) -> Row:
    kernel = assessment.kernel
    reboot = bool(kernel and kernel.package in judged.packages and cve in kernel.closes)
    return Row(
        name,
        assessment.release,
        ", ".join(judged.packages),
        judged.version,
        match.verdict.value,
        match.fixed,
        match.advisory,
        match.rule,
        match.note,
        reboot,
        seen,
    )


def _json(cve: str, about: CveFacts | None, rows: list[Row]) -> Iterator[str]:
    import msgspec

    yield msgspec.json.encode({"cve": cve, "about": about, "hosts": rows}).decode() + "\n"


def _table(cve: str, about: CveFacts | None, rows: list[Row]) -> Iterator[str]:
    yield f"{cve}: {'; '.join(_known(about)) or 'no feed here knows it'}\n"
    for row in sorted(rows, key=lambda row: (CveVerdict(row.verdict).rank, row.host, row.package)):
        detail = "fixed on disk: reboot" if row.reboot else f"fixed in {row.fixed}" if row.fixed else ""
        said = "; ".join(part for part in (detail, row.advisory, row.note) if part)
        rule = f" [{row.rule}]" if row.rule else ""
        yield f"  {row.host:20} {row.verdict:18} {row.package} {row.installed}  {said}{rule}\n"
    affected = len({row.host for row in rows if row.verdict.startswith("vulnerable")})
    yield f"{affected} of {len({row.host for row in rows})} hosts have it\n"


def _known(about: CveFacts | None) -> Iterator[str]:
    if about is None:
        return
    if about.rejected:
        yield "rejected, it is no vulnerability"
    if about.exploited:
        yield f"exploited in the wild (known since {about.exploited})" + (", by ransomware" if about.ransomware else "")
    if about.cvss is not None:
        yield f"CVSS {about.cvss:.1f}"
    if about.epss is not None:
        yield f"EPSS {about.epss:.1%}"
    if about.published:
        yield f"published {about.published}"
