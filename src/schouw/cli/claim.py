"""``schouw claim``: something was done about a finding; the next scan says whether it helped."""

from __future__ import annotations

import argparse
import shlex

from schouw.cli.deciding import add_finding, carry_out
from schouw.model.finding import What


def add(command: argparse.ArgumentParser) -> None:
    command.description = "The next scan that looks for the finding confirms or refutes it; `schouw verify` says how."
    add_finding(command)
    command.add_argument("--note", metavar="TEXT", default="", help="what was done")


def run(options: argparse.Namespace) -> int:
    carry_out(options, What.CLAIM, options.note.strip(), "claimed")
    print(f"to see whether it helped: schouw scan {shlex.quote(options.host)}; schouw verify")
    return 0
