"""``schouw package``: one package over the fleet, from what is stored; no host is asked anything."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from schouw.cli.cve import ages
from schouw.cli.fleet import add_options, asked
from schouw.cli.output import write
from schouw.cli.places import places

if TYPE_CHECKING:
    from schouw.model.vulnerability import CveFacts, Match
    from schouw.vulnerabilities.answers import Installed, PackageAnswer

_CVES = 12
"""Of a version in the table; --format json has all."""
_HOSTS = 12


def add(command: argparse.ArgumentParser) -> None:
    command.description = "Which versions of a package are installed where, which fixes there are, and which CVEs are open."
    command.add_argument("package", metavar="PACKAGE", help="a source or binary package, such as openssl")
    add_options(command)


def run(options: argparse.Namespace) -> int:
    with asked(options, places(options)) as (lookup, hosts):
        answer = lookup.package(options.package, hosts)
    write(_json(answer) if options.format == "json" else _table(answer, datetime.now(UTC).date()), options.output)
    return 0


def _json(answer: PackageAnswer) -> Iterator[str]:
    import msgspec

    found = msgspec.to_builtins(answer)
    for row, one in zip(found["installed"], answer.installed, strict=True):
        row["open"] = [
            {"cve": cve, "verdict": match.verdict, "fixed": match.fixed, "advisory": match.advisory, "rule": match.rule}
            | {"note": match.note}
            for cve, match in one.open.items()
        ]
    yield msgspec.json.encode(found).decode() + "\n"


def _table(answer: PackageAnswer, today: date) -> Iterator[str]:
    hosts = {host for one in answer.installed for host in one.hosts}
    yield f"{answer.name}: on {len(hosts)} of {len(hosts) + answer.without + len(answer.unseen)} hosts\n"
    if answer.near:
        yield f"  names like it that are installed: {', '.join(answer.near)}\n"
    for one in answer.installed:
        yield f"  {one.source} {one.version}  {one.release}  on {_some(one.hosts, _HOSTS)}\n"
        yield f"    {counted(one)}\n"
        for cve, match in list(one.open.items())[:_CVES]:
            yield f"      {cve or 'all of it':18} {_state(match)}{_marks(answer.about.get(cve))}\n"
        if len(one.open) > _CVES:
            yield f"      and {len(one.open) - _CVES} more: --format json\n"
    for host, why in answer.unseen.items():
        yield f"  {host}: not known, {why}\n"
    yield from ages(answer.platforms, today)


def counted(one: Installed) -> str:
    """ "3.0.17-1~deb12u2 closes 9 CVEs; 4 without a fix; 1 cannot be told"."""
    parts = [f"{one.fixed} closes {one.fixable} CVE{'s' * (one.fixable != 1)}"] if one.fixable else []
    parts += [f"{one.unfixed} without a fix"] if one.unfixed else []
    parts += [f"{one.unknown} cannot be told"] if one.unknown else []
    parts += [f"{one.aside} do not count"] if one.aside else []
    return "; ".join(parts) or "no CVE is open"


def _state(match: Match) -> str:
    said = (f"fixed in {match.fixed}" if match.fixed else "", match.advisory, match.note)
    return f"{match.verdict.value}; {'; '.join(filter(None, said))} [{match.rule}]"


def _marks(about: CveFacts | None) -> str:
    if about is None:
        return ""
    return (", exploited" if about.exploited else "") + (f", EPSS {about.epss:.1%}" if about.epss is not None else "")


def _some(names: tuple[str, ...], most: int) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
