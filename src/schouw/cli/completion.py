"""``schouw completion bash|zsh|tcsh``."""

from __future__ import annotations

import argparse


def add(command: argparse.ArgumentParser) -> None:
    command.description = 'For bash: eval "$(schouw completion bash)"'
    command.add_argument("shell", choices=("bash", "zsh", "tcsh"))


def run(options: argparse.Namespace) -> int:
    import shtab

    from schouw.cli import COMMANDS, parser

    print(shtab.complete(parser(COMMANDS), options.shell))
    return 0
