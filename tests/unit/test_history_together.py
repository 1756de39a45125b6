"""Several processes on one history, and processes that are killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from schouw.history import History
from schouw.history.snapshot import read_summaries
from schouw.model.finding import Verdict
from schouw.model.host import Host
from tests.unit.history_lab import facts, finding

_PROCESSES = multiprocessing.get_context("spawn")
_FINDINGS = tuple(finding(f"{port}/tcp") for port in range(60))


def _scan(history: History, name: str, even: bool) -> None:
    now = datetime.now(UTC)
    history.record(Host(name=name), facts(at=now), Verdict(_FINDINGS[:40] if even else _FINDINGS[20:], ()), now, now)


def _write_some(path: Path, number: int, count: int) -> None:
    history = History.open(path)
    for turn in range(count):
        _scan(history, f"own{number}", turn % 2 == 0)
        _scan(history, "shared", turn % 2 == 0)
    history.close()


def _write_for_ever(path: Path, started: Connection) -> None:
    history = History.open(path)
    turn = 0
    while True:
        _scan(history, f"web{turn % 3}", turn % 2 == 0)
        started.send(turn)
        turn += 1


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


def test_a_writer_killed_at_any_moment_leaves_no_half_scan(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    for turn in range(20):
        ours, theirs = _PROCESSES.Pipe()
        writer = _PROCESSES.Process(target=_write_for_ever, args=(path, theirs))
        writer.start()
        for _ in range(1 + turn % 5):  # killed after some scans, in the middle of the next
            ours.recv()
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        _assert_whole(path)
    history = History.open(path)
    _scan(history, "after", even=True)
    assert len(history.findings("after")) == 40
    history.close()


def _assert_whole(path: Path) -> None:
    """The scan log, the findings, the events and the summary of every host tell the same story."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert connection.execute("pragma foreign_key_check").fetchall() == []
        for name, summary in read_summaries(path).items():
            active, scans, opened, fixed = connection.execute(
                "select (select count(*) from finding where host_id = h.id and state <> 'fixed'),"
                " (select count(*) from scan where host_id = h.id),"
                " (select sum(new + regressed) from scan where host_id = h.id),"
                " (select sum(fixed) from scan where host_id = h.id) from host h where name = ?",
                (name,),
            ).fetchone()
            (events,) = connection.execute(
                "select count(*) from event e join host h on h.id = e.host_id where h.name = ?", (name,)
            ).fetchone()
            assert scans >= 1
            assert active == 40 == opened - fixed
            assert events == opened + fixed
            assert sum(sum(area.values()) for area in summary.counts.values()) == active
