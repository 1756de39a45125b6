"""What goes with age, and what never does."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schouw.errors import ErrorClass, HistoryError, HostError
from schouw.history import History
from schouw.history.database import overwrite_removed
from schouw.model.severity import HostState
from tests.unit.history_lab import START, WEB1, Shelf, finding
from tests.unit.test_history_accounts import Book, use


def tables(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_the_scan_log_gets_thin_and_the_life_of_findings_does_not(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "history.db", now=datetime(2025, 1, 1, 0, 30, tzinfo=UTC))
    first = shelf.now + timedelta(hours=1)
    shelf.scan(finding("22/tcp"))
    shelf.scan(finding("22/tcp"), finding("25/tcp"))
    for _ in range(430):
        shelf.now += timedelta(hours=5)
        shelf.scan(finding("22/tcp"))
        shelf.now += timedelta(hours=5)
        shelf.history.record_failure(WEB1, HostError(ErrorClass.SILENT, "web1: no answer"), shelf.now, shelf.now)
        shelf.now += timedelta(hours=11)
        shelf.scan(finding("22/tcp"))
    log = shelf.history.scans("web1", 5000)
    ages = [(shelf.now - scan.finished_at).days for scan in log]
    # Every one of the last 30 days; then of each day one that saw something, and one that did not; then of each month.
    assert 90 <= sum(age < 30 for age in ages) <= 96
    in_the_year = [scan for scan, age in zip(log, ages, strict=True) if 31 <= age < 364]
    days = {(scan.finished_at.date(), scan.state) for scan in in_the_year}
    assert len(days) == len(in_the_year) and {HostState.SCANNED, HostState.UNREACHABLE} == {scan.state for scan in in_the_year}
    assert 0 < sum(age > 366 for age in ages) <= 4
    (fixed,) = (one for one in shelf.history.findings("web1") if one.finding.subject == "25/tcp")
    (there,) = (one for one in shelf.history.findings("web1") if one.finding.subject == "22/tcp")
    assert (there.first_seen, there.scans) == (first, 862) and fixed.fixed_at is not None
    assert [change.kind.value for change in shelf.history.changes(first)] == ["opened", "opened", "fixed"]


def test_counts_of_long_ago_go(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "history.db")
    for _ in range(420):
        shelf.now += timedelta(hours=23)
        shelf.scan(finding())
    assert tables(shelf.path, "select count(*) from daily") == [(401,)]


def test_names_go_from_the_copies_that_were_kept_before_a_migration(tmp_path: Path) -> None:
    book = Book(tmp_path / "history.db")
    book.look(use("ann@example.nl"), use("bob@example.nl"), use("old@example.nl", last=START - timedelta(days=80)))
    book.history.close()
    overwrite_removed(book.path)
    copy = tmp_path / "history.db.format-3"
    shutil.copy(book.path, copy)
    now = START + timedelta(days=20)
    history = History.open(book.path, clock=lambda: now)
    history.forget_accounts("", ["ann@example.nl"])
    assert tables(copy, "select account from account order by 1") == [("bob@example.nl",), ("old@example.nl",)]
    history.expire_accounts()
    assert tables(copy, "select account from account") == [("bob@example.nl",)]
    assert tables(book.path, "select account from account") == [("bob@example.nl",)]
    history.close()
    overwrite_removed(book.path)
    assert not any(b"ann@" in path.read_bytes() or b"old@" in path.read_bytes() for path in tmp_path.iterdir())


def test_a_copy_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    book = Book(tmp_path / "history.db")
    (tmp_path / "history.db.format-3").write_bytes(b"not a database, " * 100)
    with pytest.raises(HistoryError, match=r"history\.db\.format-3: the history is damaged"):
        book.history.forget_accounts("", ["ann"])


def test_every_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    shelf = Shelf(folder / "history.db")
    shelf.scan(finding())
    assert {path.name for path in folder.iterdir()} >= {"history.db", "history.db-wal"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
