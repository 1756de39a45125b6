"""``schouw comment``: words beside a finding, kept with its history."""

from __future__ import annotations

import argparse

from schouw.cli.deciding import add_finding, carry_out
from schouw.model.finding import What


def add(command: argparse.ArgumentParser) -> None:
    command.description = "Shown in the finding's history, with who said it and when."
    add_finding(command)
    command.add_argument("--text", metavar="TEXT", required=True)


def run(options: argparse.Namespace) -> int:
    carry_out(options, What.COMMENT, options.text.strip(), "commented on")
    return 0
