"""``schouw completion bash|zsh|tcsh``."""

from __future__ import annotations

import argparse

HELP = "print a completion script for a shell"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    del shared
    command = commands.add_parser("completion", help=HELP, description='For bash: eval "$(schouw completion bash)"')
    command.add_argument("shell", choices=("bash", "zsh", "tcsh"))
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    import shtab

    from schouw.cli import parser

    print(shtab.complete(parser(), options.shell))
    return 0
