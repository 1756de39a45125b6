"""``schouw assign``: who sees to a finding."""

from __future__ import annotations

import argparse

from schouw.cli.deciding import add_finding, carry_out
from schouw.model.finding import What


def add(command: argparse.ArgumentParser) -> None:
    command.description = "Shown with the finding, on the screen and in reports."
    add_finding(command)
    who = command.add_mutually_exclusive_group(required=True)
    who.add_argument("--to", metavar="NAME", help="a person or a team")
    who.add_argument("--nobody", action="store_true", help="it is nobody's any more")


def run(options: argparse.Namespace) -> int:
    owner = (options.to or "").strip()
    carry_out(options, What.ASSIGN, owner, f"is assigned to {owner}" if owner else "is nobody’s any more")
    return 0
