"""``schouw verify``: did what was done help?"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from schouw.cli.hosts import add_hosts, choose
from schouw.cli.output import write
from schouw.cli.places import fleet, places
from schouw.views.since import moment


def add(command: argparse.ArgumentParser) -> None:
    command.description = (
        "The last claim about each finding and what scans say of it. Exit status: 0 all are fixed; "
        "1 some are not; 3 some cannot be told yet, and none is known not to be."
    )
    add_hosts(command, "all")
    command.add_argument("--since", metavar="WHEN", default="30d", help="claims made since (default: %(default)s)")
    command.add_argument("--format", default="table", choices=("table", "json", "csv", "markdown"), help="(default: table)")
    command.add_argument("--output", metavar="FILE", help="write the result to FILE")


def run(options: argparse.Namespace) -> int:
    from schouw.history import History
    from schouw.model.finding import Outcome
    from schouw.report import verified
    from schouw.views.claimed import claimed

    where = places(options)
    names = [host.name for host in choose(fleet(where), options.hosts, where.history)]
    history = History.open(where.history, read_only=True)
    try:
        found = history.claimed(moment(options.since, datetime.now(UTC)))
    finally:
        history.close()
    claims = claimed(found, names)
    write(verified.render(claims, options.format), options.output)
    outcomes = {one.claim.outcome for one in claims}
    if Outcome.NOT_FIXED in outcomes:
        return 1
    return 3 if outcomes - {Outcome.FIXED} else 0
