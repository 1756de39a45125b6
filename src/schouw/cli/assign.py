"""``schouw assign``: who sees to a finding."""

from __future__ import annotations

import argparse
import getpass

from schouw.cli.deciding import add_finding, carry_out


def add(command: argparse.ArgumentParser) -> None:
    command.description = "Shown with the finding, on the screen and in reports."
    add_finding(command)
    who = command.add_mutually_exclusive_group(required=True)
    who.add_argument("--to", metavar="NAME", help="a person or a team")
    who.add_argument("--nobody", action="store_true", help="it is nobody's any more")


def run(options: argparse.Namespace) -> int:
    from schouw.model.finding import Decision, What

    owner = (options.to or "").strip()
    carry_out(options, Decision(options.host, options.key, getpass.getuser(), reason=owner, what=What.ASSIGN))
    print(f"{options.host}: {options.key} is {f'assigned to {owner}' if owner else 'nobody’s any more'}")
    return 0
