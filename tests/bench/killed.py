"""A writer killed a hundred times in mid-write: the history opens every time, and no finished scan is missing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import Result
from tests.unit.killed import Kills, assert_whole

_ROUNDS = 100


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="schouw-bench-") as folder:
        kills = Kills(Path(folder) / "history.db")
        for _ in range(_ROUNDS):
            kills.round()
            assert_whole(kills.path)
        scans = sum(count for (what, _), count in kills.promised.items() if what == "scan")
        detail = f"{scans} scans and {kills.promised.total() - scans} comments kept by {_ROUNDS} writers"
        yield Result("killed in mid-write, what is missing", kills.missing(), 0, "", detail)
