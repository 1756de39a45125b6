"""Several processes on one history, and processes that are killed."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

from schouw.history import History
from schouw.history.snapshot import read_summaries
from tests.unit.killed import Kills, assert_whole, scan

_PROCESSES = multiprocessing.get_context("spawn")


def _write_some(path: Path, number: int, count: int) -> None:
    history = History.open(path)
    for turn in range(count):
        scan(history, f"own{number}", turn % 2 == 0)
        scan(history, "shared", turn % 2 == 0)
    history.close()


def test_writers_that_all_begin_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    writers = [_PROCESSES.Process(target=_write_some, args=(path, number, 10)) for number in range(3)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        read_summaries(path)  # readers are never in the way, nor refused
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    history = History.open(path)
    assert len(history.scans("shared", 1000)) == 30
    assert [len(history.scans(f"own{number}", 1000)) for number in range(3)] == [10, 10, 10]
    history.close()


def test_a_writer_killed_at_any_moment_leaves_no_half_scan_and_loses_no_whole_one(tmp_path: Path) -> None:
    kills = Kills(tmp_path / "history.db")
    for _ in range(12):
        kills.round()
        assert_whole(kills.path)
        assert kills.missing() == 0
    history = History.open(kills.path)
    scan(history, "after", even=True)
    assert len(history.findings("after")) == 40
    history.close()
