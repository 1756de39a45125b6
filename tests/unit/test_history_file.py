"""A history file that is new, damaged, read-only, foreign, older or newer."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from schouw.errors import HistoryError
from schouw.history import History
from schouw.history.database import open_database
from schouw.history.fileformat import VERSION
from schouw.history.snapshot import having, read_summaries
from schouw.model.finding import Decision, What
from tests.unit.history_lab import Shelf, as_format, finding


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A history with one scan in it."""
    shelf = Shelf(tmp_path / "state" / "history.db")
    shelf.scan(finding())
    shelf.history.close()
    return shelf.path


def test_a_new_history_is_for_its_user_alone(path: Path) -> None:
    assert _mode(path) == 0o600
    assert _mode(path.parent) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["history.db"]


def test_a_history_that_others_could_read_is_closed_to_them(path: Path) -> None:
    path.chmod(0o644)
    History.open(path).close()
    assert _mode(path) == 0o600


def test_what_was_kept_is_there_when_opened_again(path: Path) -> None:
    history = History.open(path)
    assert [one.key for one in history.findings("web1")] == [finding().key]
    assert read_summaries(path) == history.summaries()
    history.close()


def test_who_has_a_cve_is_asked_of_open_findings_alone(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "history.db")
    sudo = replace(finding("sudo", check="vulns.package.fixable"), cves=("CVE-2025-32463", "CVE-2025-32462"))
    shelf.scan(sudo)
    assert having(shelf.path, "CVE-2025-32462") == {"web1"}
    assert not having(shelf.path, "CVE-2025-3246") and not having(tmp_path / "none.db", "CVE-2025-32462")
    shelf.scan()
    assert not having(shelf.path, "CVE-2025-32462")
    shelf.history.close()


def test_reading_only_makes_nothing(tmp_path: Path) -> None:
    missing = tmp_path / "history.db"
    assert read_summaries(missing) == {}
    with pytest.raises(HistoryError, match="no history yet; scan"):
        History.open(missing, read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_reading_only_cannot_write(path: Path) -> None:
    history = History.open(path, read_only=True)
    with pytest.raises(HistoryError, match="writ"):
        history.decide(Decision("web1", finding().key, "reader", datetime.now(UTC) + timedelta(days=1), "why"))
    history.close()


def _overwrite(path: Path) -> None:
    path.write_bytes(b"this is not a database, whatever its name says\n" * 200)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize("damage", [_overwrite, _cut])
@pytest.mark.parametrize("read_only", [False, True])
def test_a_damaged_history_is_named_and_left_as_it_is(path: Path, damage: object, read_only: bool) -> None:
    assert callable(damage)
    damage(path)
    before = path.read_bytes()
    with pytest.raises(HistoryError, match=r"damaged .* mv .*history.db"):
        history = History.open(path, read_only)
        history.summaries()
    with pytest.raises(HistoryError, match="damaged"):
        read_summaries(path)
    assert path.read_bytes() == before


def test_another_program_s_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "cookies.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table cookies (name text)")
    before = path.read_bytes()
    for attempt in (History.open, read_summaries):
        with pytest.raises(HistoryError, match="not a history of schouw"):
            attempt(path)
    assert path.read_bytes() == before


def test_an_empty_file_as_a_full_disk_leaves_it_becomes_a_history(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    path.touch()
    assert read_summaries(path) == {}
    shelf = Shelf(path)
    shelf.scan(finding())
    shelf.history.close()
    assert set(read_summaries(path)) == {"web1"}


def test_a_history_of_a_newer_schouw_is_refused_with_what_to_do(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("update schema_version set version = ?", (VERSION + 1,))
        connection.commit()
    for attempt in (History.open, read_summaries):
        with pytest.raises(HistoryError, match="Upgrade schouw"):
            attempt(path)


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "history.db").mkdir()
    with pytest.raises(HistoryError, match="not a file"):
        History.open(tmp_path / "history.db")


def test_a_file_in_place_of_its_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(HistoryError, match="cannot be opened"):
        History.open(tmp_path / "state" / "history.db")


def _add_colour(connection: sa.Connection) -> None:
    connection.exec_driver_sql("alter table host add column colour text")


def _break(connection: sa.Connection) -> None:
    connection.exec_driver_sql("alter table host add column colour text")
    connection.exec_driver_sql("insert into no_such_table values (1)")


def test_an_older_history_is_migrated_and_a_copy_is_kept(path: Path) -> None:
    database = open_database(path, steps={VERSION + 1: _add_colour}, version=VERSION + 1)
    with database.read() as connection:
        assert connection.exec_driver_sql("select name, colour from host").all() == [("web1", None)]
        assert connection.exec_driver_sql("select version from schema_version").scalar() == VERSION + 1
    database.close()
    copy = path.with_name(f"history.db.format-{VERSION}")
    assert _mode(copy) == 0o600
    assert set(read_summaries(copy)) == {"web1"}


def test_a_history_with_leases_loses_nothing_but_them(path: Path) -> None:
    as_format(1, path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table lease (name text primary key, owner text not null, expires_at bigint not null)")
        connection.commit()
    with pytest.raises(HistoryError, match="older format 1"):
        History.open(path, read_only=True)
    history = History.open(path)
    assert [one.key for one in history.findings("web1")] == [finding().key]
    history.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select name from sqlite_master where name = 'lease'").fetchall() == []


@pytest.mark.parametrize("version", [2, 3, 4])
def test_an_older_history_keeps_the_life_of_its_findings(version: int, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "history.db")
    for found in ((finding("1/tcp"), finding("2/tcp")), (finding("2/tcp"),), (finding("1/tcp"), finding("2/tcp"))):
        shelf.scan(*found)
    before = shelf.history.findings("web1")
    shelf.history.close()
    as_format(version, shelf.path)
    history = History.open(shelf.path)
    assert history.findings("web1") == before
    assert {one.key[-5:]: one.since for one in before} == {
        "1/tcp": shelf.now,
        "2/tcp": shelf.now - timedelta(hours=2),
    }
    history.decide(Decision("web1", before[0].key, "ops", reason="seen", what=What.COMMENT))
    history.close()
    assert (
        set(read_summaries(shelf.path.with_name(f"history.db.format-{version}"))) == set()
    )  # as it was: read by the schouw that wrote it


def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    with pytest.raises(HistoryError):
        open_database(path, steps={VERSION + 1: _break}, version=VERSION + 1)
    assert set(read_summaries(path)) == {"web1"}
    with closing(sqlite3.connect(path)) as connection:
        assert "colour" not in {row[1] for row in connection.execute("pragma table_info(host)")}


def test_an_older_history_is_not_migrated_by_a_reader(path: Path) -> None:
    with pytest.raises(HistoryError, match="older format"):
        open_database(path, read_only=True, steps={VERSION + 1: _add_colour}, version=VERSION + 1)


@contextmanager
def _as_nobody() -> Iterator[None]:
    """For root, who may write anywhere: as a user who may not."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(65534, 65534, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def _kept_by_another(folder: Path) -> Path:
    folder.chmod(0o755)
    shelf = Shelf(folder / "history.db")
    shelf.scan(finding())
    shelf.history.close()
    shelf.path.chmod(0o444)
    folder.chmod(0o555)
    return shelf.path


def test_a_history_that_may_not_be_written_says_so_and_can_still_be_read() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = _kept_by_another(Path(folder))
        before = path.read_bytes()
        with _as_nobody():
            with pytest.raises(HistoryError, match=r"may not be written by \w+; make the file"):
                History.open(path)
            assert set(read_summaries(path)) == {"web1"}
            history = History.open(path, read_only=True)
            assert len(history.findings("web1")) == 1
            history.close()
        assert path.read_bytes() == before
        Path(folder).chmod(0o755)


def test_a_folder_that_may_not_be_written_says_so() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        with _as_nobody(), pytest.raises(HistoryError, match="may not be written"):
            History.open(Path(folder) / "state" / "history.db")
        Path(folder).chmod(0o755)


def test_the_first_picture_is_read_without_sqlalchemy(path: Path) -> None:
    code = (
        "import sys, pathlib; from schouw.history.snapshot import read_summaries; "
        "print(list(read_summaries(pathlib.Path(sys.argv[1])))); "
        "print([name for name in ('sqlalchemy', 'asyncssh', 'textual') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["['web1']", "[]"]


def test_a_folder_that_may_not_be_entered_says_so() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = _kept_by_another(Path(folder))
        Path(folder).chmod(0o600)
        with _as_nobody():
            for attempt in (read_summaries, History.open, lambda path: History.open(path, read_only=True)):
                with pytest.raises(HistoryError, match="may not be entered"):
                    attempt(path)
        Path(folder).chmod(0o700)


def test_an_empty_file_lets_readers_and_the_writer_work_at_once(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    path.touch()
    History.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
