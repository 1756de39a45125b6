"""``schouw logins``: who logs in how, from logs at hand or from the history."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from schouw.cli.output import write
from schouw.errors import ConfigError
from schouw.model.logins import LoginClass

if TYPE_CHECKING:
    from schouw.inventory.customers import Customers
    from schouw.model.logins import AccountUse
    from schouw.report.logins import ServiceLogins

_SERVICES = ("dovecot", "postfix", "exim", "courier", "vsftpd", "proftpd", "pureftpd")

NOT_ALL = 3
"""Exit status: something could not be read."""


def add(command: argparse.ArgumentParser) -> None:
    command.description = (
        "Accounts by the way they log in. With FILE: of these logs, packed ones too, - for standard input; without: of the "
        "fleet, as its logs told at its scans. Names are personal data: see also `schouw forget`."
    )
    command.add_argument("files", nargs="*", metavar="FILE", help="logs of mail and FTP servers")
    command.add_argument("--service", choices=("auto", *_SERVICES), default="auto", help="whose logs they are (default: auto)")
    command.add_argument("--host", action="append", default=[], metavar="HOST|GROUP", help="only these hosts of the fleet")
    command.add_argument("--days", type=int, default=30, help="without FILE: seen in so many days (default: 30)")
    command.add_argument("--class", dest="kind", choices=[kind.value for kind in LoginClass], help="only logins of this class")
    command.add_argument("--customers", metavar="FILE", help="whose they are: a CSV file of account or domain and customer")
    command.add_argument("--format", choices=("table", "json", "csv"), default="table", help="(default: table)")
    command.add_argument("--output", metavar="FILE", help="write the result to FILE")


def run(options: argparse.Namespace) -> int:
    from schouw.report import logins

    if options.files and options.host:
        raise ConfigError("--host is for the fleet; expected no FILE with it")
    services, problems = _of_files(options) if options.files else (_of_fleet(options), [])
    for problem in problems:
        print(f"schouw: {problem}", file=sys.stderr)
    formats = {"json": lambda those: [logins.as_json(those)], "csv": logins.as_csv, "table": logins.as_table}
    write(formats[options.format](services), options.output)
    return NOT_ALL if problems else 0


def _of_files(options: argparse.Namespace) -> tuple[tuple[ServiceLogins, ...], list[str]]:
    from schouw.collect.logins import at_hand
    from schouw.inventory.customers import Customers
    from schouw.report.logins import by_service

    wanted = () if options.service == "auto" else (options.service,)
    counted = at_hand.count([Path(name) for name in options.files], wanted, time.time())
    if len(counted.problems) >= len(options.files) and not counted.uses and not counted.spoke:
        raise ConfigError("\n".join(counted.problems))
    uses = _chosen(counted.uses, options, Customers(_file(options)))
    return by_service(uses, dict.fromkeys(wanted, "") | counted.spoke), counted.problems


def _of_fleet(options: argparse.Namespace) -> tuple[ServiceLogins, ...]:
    from schouw.cli.places import fleet, places
    from schouw.history import History
    from schouw.report.logins import by_service

    where = places(options)
    ours = fleet(where)
    customers = replace(ours.customers, file=_file(options) or ours.customers.file)
    history = History.open(where.history, read_only=True)
    try:
        uses = history.account_uses(datetime.now(UTC) - timedelta(days=options.days))
        found: list[ServiceLogins] = []
        for host in ours.select(options.host):
            facts = history.facts(host.name)
            inside = facts.inside.result if facts is not None else None
            known = inside.logins.result.services if inside is not None and inside.logins.result is not None else ()
            those = _chosen(uses.get(host.name, ()), options, customers)
            releases, lacking = {one.name: one.version for one in known}, {one.name: one.lacking for one in known}
            found += by_service(those, releases, host.name, lacking)
    finally:
        history.close()
    return tuple(found)


def _chosen(uses: Iterable[AccountUse], options: argparse.Namespace, customers: Customers) -> list[AccountUse]:
    """Those of the class asked for, each with its customer."""
    those = [use for use in uses if options.kind in (None, use.kind.value)]
    known = customers.of(use.account for use in those if not use.customer)
    return [replace(use, customer=use.customer or known.get(use.account, "")) for use in those]


def _file(options: argparse.Namespace) -> Path | None:
    return Path(options.customers) if options.customers else None
