"""``schouw``: the dashboard."""

from __future__ import annotations

import argparse
import gc
import sys

from schouw.cli.places import fleet, places, surroundings
from schouw.errors import ConfigError


def run(options: argparse.Namespace) -> int:
    # Textual draws on standard error: with that elsewhere the screen would stay empty.
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        raise ConfigError("the dashboard needs a terminal; without one use: schouw scan, or schouw report")
    gc.disable()  # the imports leave much that lives and little to collect; the first picture switches it on again

    from schouw.tui.start import demo, live

    where = places(options)
    if options.demo or options.replay:
        return demo(where.config, where.state, replay=options.replay, mouse=not options.no_mouse)
    chosen = fleet(where)
    around = surroundings(where, chosen.limits.per_jump)
    return live(chosen, where.history, where.config, where.state, where.runtime, around, where.data, mouse=not options.no_mouse)
