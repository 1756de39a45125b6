"""``schouw verify``: did what was done help?"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from schouw.cli.hosts import add_hosts, choose
from schouw.cli.output import write
from schouw.cli.places import fleet, places
from schouw.views.since import moment

STATUS = {"fixed": 0, "not fixed": 1}


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
    from schouw.report import verified

    where = places(options)
    names = {host.name for host in choose(fleet(where), options.hosts, where.history)}
    history = History.open(where.history, read_only=True)
    try:
        found = history.claimed(moment(options.since, datetime.now(UTC)))
    finally:
        history.close()
    rows = verified.rows({name: some for name, some in found.items() if name in names})
    write(verified.render(rows, options.format), options.output)
    worst = {STATUS.get(row["outcome"], 3) for row in rows}
    return 1 if 1 in worst else max(worst, default=0)
