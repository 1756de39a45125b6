"""``schouw comment``: words beside a finding, kept with its history."""

from __future__ import annotations

import argparse
import getpass

from schouw.cli.deciding import add_finding, carry_out


def add(command: argparse.ArgumentParser) -> None:
    command.description = "Shown in the finding's history, with who said it and when."
    add_finding(command)
    command.add_argument("--text", metavar="TEXT", required=True)


def run(options: argparse.Namespace) -> int:
    from schouw.model.finding import Decision, What

    carry_out(options, Decision(options.host, options.key, getpass.getuser(), reason=options.text.strip(), what=What.COMMENT))
    print(f"{options.host}: {options.key} commented on")
    return 0
