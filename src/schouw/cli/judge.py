"""``schouw judge``: a package list made elsewhere against the database; or two versions against each other."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from schouw.cli import vulners
from schouw.cli.output import write
from schouw.cli.places import places
from schouw.errors import ConfigError

if TYPE_CHECKING:
    from schouw.model.vulnerability import Assessment

_OPERATORS = ("lt", "le", "eq", "ne", "ge", "gt")
_LONGEST = 64 << 20

_EPILOG = r"""
The list is what one of these prints:
  dpkg-query -W -f '${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${db:Status-Abbrev}\n'
      (a seventh column, the Origin of the archive that a package came from, is read where it is there)
  rpm -qa --qf '%{NAME}\t%{EPOCHNUM}\t%{VERSION}-%{RELEASE}\t%{ARCH}\t%{SOURCERPM}\t%{VENDOR}\t%{MODULARITYLABEL}\n'

exit status of --compare: 0 where it holds, 1 where it does not, as dpkg --compare-versions
"""


def add(command: argparse.ArgumentParser) -> None:
    command.description = "Judge the packages of a host that schouw cannot reach."
    command.epilog = _EPILOG
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.add_argument("file", nargs="?", metavar="FILE", help='the package list; "-" for standard input')
    command.add_argument("--release", metavar="NAME:VERSION", help="such as debian:12, ubuntu:24.04, almalinux:9, rocky:9")
    command.add_argument(
        "--kernel", metavar="RELEASE", default="", help="what `uname -r` says there; without it kernels are unknown"
    )
    command.add_argument(
        "--rules", choices=("all", "plain"), default="all", help="plain: debsecan's algorithm, nothing beyond it"
    )
    command.add_argument(
        "--format", choices=("table", "json"), default="table", help="(default: table, without what is not vulnerable)"
    )
    command.add_argument("--output", metavar="FILE", help="write the result to FILE")
    command.add_argument(
        "--compare", nargs=4, metavar=("deb|rpm", "A", "|".join(_OPERATORS), "B"), help="only order two versions"
    )
    vulners.add_option(command)
    add_database_option(command)


def add_database_option(command: argparse.ArgumentParser) -> None:
    """What `db`, `judge` and `cve` share."""
    command.add_argument(
        "--database",
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="the vulnerability database (default: in the user's data folder)",
    )


def run(options: argparse.Namespace) -> int:
    if options.compare:
        return _compare(*options.compare)
    if not options.file or not options.release:
        raise ConfigError("expected a package list and --release, or --compare; see: schouw judge --help")
    from schouw.cli.listing import read_listing
    from schouw.vulnerabilities.database import Database
    from schouw.vulnerabilities.inventory import Inventory
    from schouw.vulnerabilities.judge import Judge
    from schouw.vulnerabilities.releases import named

    release = named(options.release)
    listing = read_listing(_text(options.file), release.distribution)
    if listing.unparsed:
        print(f"schouw: {listing.unparsed} rows of {options.file} make no sense and were left out", file=sys.stderr)
    plain = options.rules == "plain"
    packages = tuple(one for one in listing.packages if not plain or one.name not in listing.partial)
    inventory = Inventory(release, packages, listing.foreign, options.kernel)
    where = places(options)
    database = Database.open(where.vulnerabilities)
    try:
        settings = vulners.wanted(options, where)
        assessment = Judge(database, settled=settings is not None or options.format == "json", plain=plain).host(inventory)
    finally:
        database.close()
    if settings is not None:
        from schouw.vulnerabilities.online.packages import with_candidates

        assessment = with_candidates(assessment, vulners.asked([inventory], settings, where)(inventory))
    write(_json(assessment) if options.format == "json" else _table(assessment), options.output)
    return 0


def _compare(kind: str, one: str, operator: str, other: str) -> int:
    from schouw.vulnerabilities.versions import holds

    if kind not in ("deb", "rpm") or operator not in _OPERATORS:
        raise ConfigError(f"--compare {kind} … {operator} …: expected deb or rpm, and one of {', '.join(_OPERATORS)}")
    try:
        return 0 if holds(kind, one, operator, other) else 1  # type: ignore[arg-type]
    except ValueError as error:
        raise ConfigError(f"--compare: {error}") from None


def _text(file: str) -> str:
    try:
        with sys.stdin.buffer if file == "-" else Path(file).open("rb") as stream:
            data = stream.read(_LONGEST + 1)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    if len(data) > _LONGEST:
        raise ConfigError(f"{file}: larger than {_LONGEST >> 20} MiB, which no package list is")
    return data.decode("utf-8", "replace")


def _json(assessment: Assessment) -> Iterator[str]:
    import msgspec

    head = {
        "release": assessment.release,
        "feeds": [{"name": feed.name, "date": feed.date} for feed in assessment.feeds],
        "gap": assessment.gap,
        "limit": assessment.limit,
        "kernel": assessment.kernel,
    }
    yield msgspec.json.encode(head).decode()[:-1] + ',"verdicts":['
    encode = msgspec.json.Encoder().encode
    for number, row in enumerate(_rows(assessment)):
        yield ("\n" if number == 0 else ",\n") + encode(row).decode()
    yield "\n]}\n"


def _rows(assessment: Assessment) -> Iterator[dict[str, str]]:
    for judged in sorted(assessment.judged, key=lambda one: (one.source or one.name, one.packages)):
        for cve, match in judged.by_cve().items():
            for package in judged.packages:
                yield {
                    "package": package,
                    "source": judged.source or judged.name,
                    "installed": judged.version,
                    "cve": cve,
                    "verdict": match.verdict.value,
                    "fixed": match.fixed,
                    "advisory": match.advisory,
                    "rule": match.rule,
                    "note": match.note,
                }


def _table(assessment: Assessment) -> Iterator[str]:
    if assessment.gap:
        yield f"{assessment.release}: {assessment.gap}; {len(assessment.judged)} packages are unknown\n"
        return
    counts: dict[str, int] = {}
    for row in _rows(assessment):
        counts[row["verdict"]] = counts.get(row["verdict"], 0) + 1
        if row["verdict"].startswith("vulnerable"):
            fixed = f"→ {row['fixed']}" if row["fixed"] else "no fix"
            said = f"{row['advisory'] or row['note']} [{row['rule']}]"
            yield f"{row['package']:30} {row['installed']:28} {row['cve']:17} {fixed:32} {said}\n"
    said = ", ".join(f"{count:,} {verdict}" for verdict, count in sorted(counts.items()))
    today = datetime.now(UTC).date()
    ages = ", ".join(f"{feed.name} of {feed.date}" + (", old" if feed.old(today) else "") for feed in assessment.feeds)
    yield f"{assessment.release}: {said or 'nothing known'} (by {ages})\n"
    if assessment.limit:
        yield f"{assessment.limit}\n"
