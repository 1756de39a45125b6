"""``schouw``: the dashboard."""

from __future__ import annotations

import argparse
import sys

from schouw.cli.places import fleet, places, surroundings
from schouw.errors import ConfigError


def run(options: argparse.Namespace) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError("the dashboard needs a terminal; without one use: schouw scan, or schouw report")
    from schouw.tui.start import demo, live

    where = places(options)
    if options.demo or options.replay:
        return demo(where.config, where.state, replay=options.replay, mouse=not options.no_mouse)
    chosen = fleet(where)
    around = surroundings(where, chosen.limits.per_jump)
    return live(chosen, where.history, where.config, where.state, where.runtime, around, mouse=not options.no_mouse)
