"""A damaged history: said, and put together from what can be read."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from schouw.cli import main
from schouw.errors import HistoryError
from schouw.history import History
from schouw.history.rebuild import rebuild
from schouw.history.snapshot import read_summaries
from schouw.model.finding import Decision, What
from schouw.model.host import Host
from schouw.scan.place import Lock
from tests.unit.history_lab import START, Shelf, as_format, facts, finding

HOSTS = tuple(Host(name=f"web{number}") for number in range(4))
SUBJECTS = [f"{port}/tcp" for port in range(25)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four hosts, 100 findings, some of them fixed, accepted, claimed."""
    shelf = Shelf(tmp_path_factory.mktemp("whole") / "history.db")
    for turn in (0, 1):
        for host in HOSTS:
            shelf.scan(*map(finding, SUBJECTS[turn:]), host=host, look=facts(at=shelf.now))
    for host in HOSTS:
        until = shelf.now + timedelta(days=30)
        shelf.history.decide(Decision(host.name, finding(SUBJECTS[3]).key, "ops", until, "known"))
        shelf.history.decide(Decision(host.name, finding(SUBJECTS[4]).key, "ops", what=What.CLAIM))
    shelf.history.close()
    return shelf.path


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(whole, tmp_path / "history.db"))


def page_size(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("pragma page_size").fetchone()[0])


def damage(path: Path, page: int, size: int) -> bytes:
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)
    return path.read_bytes()


def root(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("select rootpage from sqlite_master where name = ?", (table,)).fetchone()[0])


def read_all(path: Path) -> tuple[int, int]:
    """Hosts and findings, through everything that a dashboard or a report reads."""
    history = History.open(path)
    try:
        names = list(history.summaries())
        found = [one for name in names for one in history.findings(name)]
        for name in names:
            history.facts(name), history.scans(name), history.not_checked(name)
            history.life(name, finding(SUBJECTS[4]).key)
        history.compare(START), history.changes(START), history.claimed(START)
        return len(names), len(found)
    finally:
        history.close()


def test_nothing_wrong_is_left_as_it_is(path: Path) -> None:
    before = path.read_bytes()
    assert rebuild(path, START) is None
    assert path.read_bytes() == before and not list(path.parent.glob("*.damaged*"))


def test_whichever_page_is_damaged_the_rest_is_there(path: Path, whole: Path) -> None:
    """One page after the other: the history is whole, or rebuilt, or it is said that nothing can be read."""
    size = page_size(whole)
    rebuilt_ones, most = 0, []
    for page in range(2, whole.stat().st_size // size + 1):
        for file in path.parent.iterdir():
            file.unlink()
        shutil.copy(whole, path)
        damaged = damage(path, page, size)
        try:
            rebuilt = rebuild(path, START)
        except HistoryError as error:
            assert "damaged" in str(error) and path.read_bytes() == damaged
            continue
        if rebuilt is None:
            continue
        rebuilt_ones += 1
        assert rebuilt.kept.read_bytes() == damaged
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        most.append(read_all(path))
        assert set(read_summaries(path)) <= {host.name for host in HOSTS}
        assert rebuild(path, START) is None, "what is rebuilt is whole"
    assert rebuilt_ones >= 10
    assert sum(hosts == 4 and found >= 75 for hosts, found in most) >= rebuilt_ones - 3


def test_what_is_lost_is_said_and_the_rest_goes_on(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage(path, root(path, "claim"), page_size(path))
    with pytest.raises(HistoryError, match=r"damaged .*schouw rebuild --history .*history.db"):
        history = History.open(path)
        try:
            history.claimed(START)
        finally:
            history.close()
    assert main(["rebuild", "--history", str(path)]) == 0
    said = capsys.readouterr().out
    assert "4 hosts, 100 findings, 8 scans" in said and "4 accepted risks" in said
    assert "lost of claim: 1 unreadable place" in said and "is kept as" in said
    shelf = Shelf(path, START + timedelta(days=2))
    assert len(shelf.history.findings("web1")) == 25
    shelf.scan(*map(finding, SUBJECTS[:5]))
    assert sum(one.state.active for one in shelf.history.findings("web1")) == 4, "one of five is accepted"
    shelf.history.close()
    assert main(["rebuild", "--history", str(path)]) == 0
    assert "nothing is wrong with it" in capsys.readouterr().out


def test_rows_that_make_no_sense_are_left_out(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("update finding set body = 'nonsense' where subject = '7/tcp'")
        connection.execute("update host set summary = '{' where name = 'web2'")
        connection.execute("update blob set data = x'00' where rowid = (select min(rowid) from blob)")
        connection.execute("pragma foreign_keys = off")
        connection.execute("delete from host where name = 'web3'")
        connection.commit()
    rebuilt = rebuild(path, START)
    assert rebuilt is not None
    assert rebuilt.lost["finding"] == "4 rows that made no sense, 24 rows about something that is lost"
    assert read_all(path) == (3, 72)
    assert read_summaries(path)["web2"].worst, "a host keeps its findings, whatever became of its own words"


def test_of_an_older_format_it_is_migrated_too(path: Path) -> None:
    as_format(2, path)
    damage(path, root(path, "daily"), page_size(path))
    rebuilt = rebuild(path, START)
    assert rebuilt is not None and "daily" in rebuilt.lost
    assert read_all(path) == (4, 100)


def test_what_is_no_history_is_left_as_it_is(path: Path) -> None:
    path.write_bytes(text := b"this is no database\n" * 1000)
    with pytest.raises(HistoryError):
        rebuild(path, START)
    assert path.read_bytes() == text


def test_not_while_an_engine_works_on_it(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage(path, root(path, "claim"), page_size(path))
    lock = Lock.take(path.with_name("history.db.lock"))
    assert lock is not None
    try:
        assert main(["rebuild", "--history", str(path)]) == 2
    finally:
        lock.release()
    assert "works on" in capsys.readouterr().err
