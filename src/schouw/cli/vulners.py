"""Asking Vulners from the command line: where a person or settings.toml said so, once for each distinct set of packages."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schouw.cli.places import Places
    from schouw.vulnerabilities.fleet import Also
    from schouw.vulnerabilities.inventory import Inventory
    from schouw.vulnerabilities.settings import VulnersSettings


def add_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--vulners",
        action=argparse.BooleanOptionalAction,
        help="also ask Vulners, which is sent the packages' names and versions (default: what settings.toml says, else no)",
    )


def wanted(options: argparse.Namespace, where: Places) -> VulnersSettings | None:
    """None where it is not to be asked."""
    from schouw.vulnerabilities.settings import load

    settings = load(where.config / "settings.toml").vulners
    return settings if (settings.enabled if options.vulners is None else options.vulners) else None


def asked(inventories: Iterable[Inventory], settings: VulnersSettings, where: Places) -> Also:
    """What it says of each of them; what went wrong is told on standard error."""
    import asyncio

    from schouw.vulnerabilities.online.asking import ask, key_of
    from schouw.vulnerabilities.online.memory import Memory
    from schouw.vulnerabilities.online.packages import package_set

    sets = {one.digest: one for one in map(package_set, inventories)}
    memory = Memory(where.state / "vulners.db")
    try:
        answers = asyncio.run(ask(sets.values(), settings, key_of(os.environ), memory, _tell))
    finally:
        memory.close()
    for problem in answers.problems:
        _tell(problem)
    return lambda inventory: answers.candidates.get(package_set(inventory).digest, ())


def _tell(text: str) -> None:
    print(f"schouw: {text}", file=sys.stderr)
