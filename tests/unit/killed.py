"""A writer that is killed at any moment, again and again, and what its history must hold afterwards."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from schouw.history import History
from schouw.history.snapshot import read_summaries
from schouw.model.finding import Decision, Verdict, What
from schouw.model.host import Host
from tests.unit.history_lab import facts, finding

_PROCESSES = multiprocessing.get_context("spawn")
_FINDINGS = tuple(finding(f"{port}/tcp") for port in range(60))
_ALWAYS = _FINDINGS[30]


def scan(history: History, name: str, even: bool) -> None:
    """One of 40 findings, of which half are others than the time before."""
    now = datetime.now(UTC)
    history.record(Host(name=name), facts(at=now), Verdict(_FINDINGS[:40] if even else _FINDINGS[20:], ()), now, now)


def _write_for_ever(path: Path, told: Connection) -> None:
    history = History.open(path)
    turn = 0
    while True:
        name = f"web{turn % 3}"
        scan(history, name, turn % 2 == 0)
        told.send(("scan", name))
        history.decide(Decision(name, _ALWAYS.key, "ops", reason=f"turn {turn}", what=What.COMMENT))
        told.send(("comment", name))
        turn += 1


@dataclass
class Kills:
    """What was promised over all rounds: a scan or a comment that a writer said it had kept."""

    path: Path
    lots: random.Random = field(default_factory=lambda: random.Random(5))
    promised: Counter[tuple[str, str]] = field(default_factory=Counter)

    def round(self) -> None:
        """One writer, killed at a moment drawn by lot within the time that a write takes it."""
        ours, theirs = _PROCESSES.Pipe(duplex=False)
        writer = _PROCESSES.Process(target=_write_for_ever, args=(self.path, theirs))
        writer.start()
        theirs.close()
        for _ in range(self.lots.randrange(1, 6)):
            self.promised[ours.recv()] += 1
        began = time.perf_counter()
        self.promised[ours.recv()] += 1
        time.sleep(self.lots.random() * (time.perf_counter() - began))
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        try:
            while True:  # what it still said before its end
                self.promised[ours.recv()] += 1
        except EOFError:
            ours.close()

    def missing(self) -> int:
        """Finished scans and kept comments that the history does not hold."""
        with closing(sqlite3.connect(self.path)) as connection:
            held = Counter(
                {
                    ("scan", name): count
                    for name, count in connection.execute(
                        "select name, count(*) from scan s join host h on h.id = s.host_id group by 1"
                    )
                }
            )
            said = "select name, count(*) from event e join host h on h.id = e.host_id where kind = 'commented' group by 1"
            held.update({("comment", name): count for name, count in connection.execute(said)})
        return (self.promised - held).total()


def assert_whole(path: Path) -> None:
    """It opens, and the scan log, the findings, the events and the summary of every host tell the same story."""
    history = History.open(path)
    history.close()
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
                "select count(*) from event e join host h on h.id = e.host_id where h.name = ? and kind <> 'commented'", (name,)
            ).fetchone()
            assert scans >= 1
            assert active == 40 == opened - fixed
            assert events == opened + fixed
            assert sum(sum(area.values()) for area in summary.counts.values()) == active
