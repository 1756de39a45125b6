"""``schouw claim``: something was done about a finding; the next scan says whether it helped."""

from __future__ import annotations

import argparse
import getpass

from schouw.cli.deciding import add_finding, carry_out


def add(command: argparse.ArgumentParser) -> None:
    command.description = "The next scan that looks for the finding confirms or refutes it; `schouw verify` says how."
    add_finding(command)
    command.add_argument("--note", metavar="TEXT", default="", help="what was done")


def run(options: argparse.Namespace) -> int:
    from schouw.model.finding import Decision, What

    carry_out(options, Decision(options.host, options.key, getpass.getuser(), reason=options.note.strip(), what=What.CLAIM))
    print(f"{options.host}: {options.key} claimed; to see whether it helped: schouw scan {options.host}; schouw verify")
    return 0
