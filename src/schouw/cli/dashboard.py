"""``schouw``: the dashboard."""

from __future__ import annotations

import argparse
import sys

from schouw.cli.places import fleet, places, surroundings
from schouw.errors import ConfigError


def add(top: argparse.ArgumentParser) -> None:
    """Options of the dashboard, which has no command of its own."""
    which = top.add_mutually_exclusive_group()
    which.add_argument(
        "--demo", action="store_true", help="a recorded fleet of a dozen servers with problems; nothing is scanned"
    )
    which.add_argument("--replay", metavar="FILE", help="play back what `schouw scan --record FILE` kept")
    top.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal")
    top.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError("the dashboard needs a terminal; without one use: schouw scan, or schouw report")
    from schouw.tui import start

    where = places(options)
    if options.demo or options.replay:
        return start.demo(where.config, where.state, replay=options.replay, mouse=not options.no_mouse)
    chosen = fleet(where)
    around = surroundings(where, chosen.limits.per_jump)
    return start.live(chosen, where.history, where.config, where.state, where.runtime, around, mouse=not options.no_mouse)
