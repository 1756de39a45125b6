"""`schouw --help` takes at most three times as long as `python -c pass`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import Result, cost, in_turn


def run() -> Iterator[Result]:
    schouw = str(Path(sys.executable).with_name("schouw"))
    ours, bare = in_turn(lambda: cost([schouw, "--help"]), lambda: cost([sys.executable, "-c", "pass"]), 15)
    yield Result("schouw --help against python -c pass", ours.wall / bare.wall, 3, detail=f"{ours.wall:.3f} s, {bare.wall:.3f} s")
