"""The hosts that a command is given: names, groups, filters."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schouw.inventory import Fleet
    from schouw.model.host import Host
    from schouw.model.summary import Summary


def add_hosts(command: argparse.ArgumentParser, default: str) -> None:
    command.add_argument(
        "hosts",
        nargs="*",
        metavar="HOST|GROUP|FILTER",
        help=f"which hosts: names, or filters such as 'group:web sev>=high', !tag:test, /^web/ (default: {default})",
    )


def choose(fleet: Fleet, words: Sequence[str], history: Path) -> tuple[Host, ...]:
    """Those that the words mean, by the last known state; that none is like that is said on standard error."""
    from schouw.history.snapshot import having
    from schouw.views.selection import select

    def known() -> Mapping[str, Summary]:
        if not history.exists():
            return {}
        from schouw.history import History

        opened = History.open(history, read_only=True)
        try:
            return opened.summaries()
        finally:
            opened.close()

    chosen = select(fleet, words, known, lambda cve: having(history, cve), datetime.now(UTC))
    if not chosen:
        print(f"schouw: no host is {' or '.join(words)}", file=sys.stderr)
    return chosen
