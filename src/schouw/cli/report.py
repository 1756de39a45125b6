"""``schouw report``: what the history holds, without scanning."""

from __future__ import annotations

import argparse

from schouw.cli.hosts import add_hosts, choose
from schouw.cli.places import fleet, places
from schouw.cli.scan import add_report_options, print_report


def add(command: argparse.ArgumentParser) -> None:
    command.description = "Print the last known state."
    add_hosts(command, "all")
    add_report_options(command)
    command.add_argument(
        "--since",
        metavar="WHEN",
        default="",
        help="also what was fixed since a date, an age, a scan or a baseline (default: what the last scans saw fixed)",
    )


def run(options: argparse.Namespace) -> int:
    where = places(options)
    return print_report(options, where, choose(fleet(where), options.hosts, where.history), None, options.since)
