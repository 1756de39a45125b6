"""``schouw cve``: one CVE over the fleet, from what is stored; no host is asked anything."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from schouw.cli import vulners
from schouw.cli.fleet import add_options, asked
from schouw.cli.output import write
from schouw.cli.places import places
from schouw.errors import ConfigError

if TYPE_CHECKING:
    from schouw.model.vulnerability import CveFacts
    from schouw.vulnerabilities.answers import CveAnswer, Platform, Row

_CVE = re.compile(r"CVE-\d{4}-\d{4,15}")


def add(command: argparse.ArgumentParser) -> None:
    command.description = (
        "Which hosts have a CVE, which have its fix, who is still to reboot, and which are not affected and why."
    )
    command.add_argument("cve", metavar="CVE", help="such as CVE-2024-3094")
    vulners.add_option(command)
    add_options(command)


def run(options: argparse.Namespace) -> int:
    cve = options.cve.upper()
    if not _CVE.fullmatch(cve):
        raise ConfigError(f"{options.cve!r} is no CVE; expected such as CVE-2024-3094")
    where = places(options)
    settings = vulners.wanted(options, where)
    with asked(options, where) as (lookup, hosts):
        if settings is None:
            answer = lookup.cve(cve, hosts)
        else:
            answer = lookup.cve(cve, hosts, vulners.asked(lookup.inventories(hosts), settings, where))
    write(_json(answer) if options.format == "json" else _table(answer, datetime.now(UTC).date()), options.output)
    return 0


def _json(answer: CveAnswer) -> Iterator[str]:
    import msgspec

    found = {
        "cve": answer.cve,
        "about": answer.about,
        "packages": answer.packages,
        "counts": {standing.value: count for standing, count in answer.counts.items()},
        "platforms": answer.platforms,
        "hosts": [msgspec.to_builtins(row) | {"standing": row.standing.value} for row in answer.rows],
    }
    yield msgspec.json.encode(found).decode() + "\n"


def _table(answer: CveAnswer, today: date) -> Iterator[str]:
    from schouw.vulnerabilities.answers import Standing

    yield f"{answer.cve}: {'; '.join(known(answer.about)) or 'no feed here tells more of it'}\n"
    for row in answer.rows:
        yield f"  {row.host:20} {row.standing.value:14} {_said(row)}\n"
    has = sum(standing.has_it for standing in answer.standings.values())
    counts = ", ".join(f"{answer.counts[standing]} {standing.value}" for standing in Standing if answer.counts[standing])
    yield f"{has} of {len(answer.standings)} hosts have it" + (f": {counts}\n" if counts else "\n")
    yield from ages(answer.platforms, today)


def _said(row: Row) -> str:
    what = f"{row.package} {row.installed}  " if row.package else ""
    fix = "fixed on disk: reboot" if row.reboot else f"fixed in {row.fixed}" if row.fixed else ""
    rule = f" [{row.rule}]" if row.rule else ""
    return what + "; ".join(part for part in (fix, row.advisory, row.note) if part) + rule


def ages(platforms: tuple[Platform, ...], today: date) -> Iterator[str]:
    """Old data is called old, next to what it yields."""
    for one in platforms:
        feeds = ", ".join(f"{feed.name} of {feed.date}" + (" (old)" if feed.old(today) else "") for feed in one.feeds)
        yield f"  {one.release}: by {feeds}\n" if feeds else f"  {one.release}: {one.gap}\n"


def known(about: CveFacts | None) -> Iterator[str]:
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
