"""``schouw changes --since WHEN``: what got fixed, what is new, what came back, what is still open."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from schouw.cli.hosts import add_hosts, choose
from schouw.cli.output import write
from schouw.cli.places import fleet, places


def add(command: argparse.ArgumentParser) -> None:
    command.description = "From the history. Since an audit that was imported: its list, in the auditor's own numbering."
    add_hosts(command, "all")
    command.add_argument(
        "--since",
        required=True,
        metavar="WHEN",
        help="a date (2026-10-01), a time (RFC 3339), an age (36h, 7d), the number of a scan, or the name of a baseline",
    )
    command.add_argument("--format", default="table", choices=("table", "json", "csv", "markdown"), help="(default: table)")
    command.add_argument("--output", metavar="FILE", help="write the result to FILE")


def run(options: argparse.Namespace) -> int:
    from schouw.history import History
    from schouw.report import audits, changes
    from schouw.views.since import resolve

    where = places(options)
    hosts = choose(fleet(where), options.hosts, where.history)
    history = History.open(where.history, read_only=True)
    try:
        since = resolve(options.since, datetime.now(UTC), history)
        if since.audit is not None:
            found = audits.followed(history, since.audit, hosts, narrowed=bool(options.hosts))
            chunks = audits.render(found, since, options.format)
        else:
            names = {host.name for host in hosts}
            chunks = changes.render([one for one in history.compare(since.at) if one.host in names], since, options.format)
    finally:
        history.close()
    write(chunks, options.output)
    return 0
