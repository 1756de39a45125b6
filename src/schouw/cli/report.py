"""``schouw report``: what the history holds, without scanning."""

from __future__ import annotations

import argparse

from schouw.cli.places import fleet, places
from schouw.cli.scan import add_report_options, print_report

HELP = "what is known, from the history, without scanning"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser("report", help=HELP, description="Print the last known state.", parents=[shared])
    command.add_argument("hosts", nargs="*", metavar="HOST|GROUP", help="which hosts (default: all)")
    add_report_options(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    where = places(options)
    return print_report(options, where, fleet(where).select(options.hosts), None)
