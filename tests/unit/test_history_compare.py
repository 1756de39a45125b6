"""What became of findings since a moment, a scan, a baseline."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from schouw.errors import ConfigError
from schouw.model.baseline import AuditRow, Baseline
from schouw.model.finding import Decision, NotChecked
from schouw.model.severity import Area, Severity
from schouw.views.changed import by_area, by_host, in_words
from schouw.views.since import moment, resolve
from tests.unit.history_lab import START, Shelf, finding


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "history.db")
    yield shelf
    shelf.history.close()


def fates(shelf: Shelf, since: datetime) -> dict[str, str]:
    return {one.tracked.finding.subject: one.fate.value for one in shelf.history.compare(since)}


def test_each_finding_has_one_fate(shelf: Shelf) -> None:
    shelf.scan(*map(finding, ("stays", "fixed", "was fixed", "back later", "accepted", "long gone")))
    shelf.scan(*map(finding, ("stays", "fixed", "back later", "accepted")))
    since = shelf.now + timedelta(minutes=1)
    shelf.scan(*map(finding, ("stays", "accepted", "new", "passing", "was fixed")))
    shelf.scan(*map(finding, ("stays", "accepted", "new", "was fixed", "back later")))
    shelf.history.decide(Decision("web1", finding("accepted").key, "ops", shelf.now + timedelta(days=1), "known"))
    assert fates(shelf, since) == {
        "stays": "still open",
        "fixed": "fixed",
        "was fixed": "regressed",
        "back later": "regressed",
        "accepted": "accepted",
        "new": "new",
        "passing": "came and went",
    }
    changes = shelf.history.compare(since)
    assert in_words(changes) == "1 new, 2 regressed, 1 fixed, 1 still open, 1 accepted, 1 came and went"
    assert [(name, sum(counts.values())) for name, counts in by_area(changes)] == [(Area.PORTS.value, 7)]
    assert [name for name, _ in by_host(changes)] == ["web1"]


def test_since_when_it_is_so(shelf: Shelf) -> None:
    shelf.scan(finding("fixed"), finding("stays"), finding("back"))
    shelf.scan(finding("stays"))
    shelf.scan(finding("stays"), finding("back"))
    at = {one.tracked.finding.subject: one.at - START for one in shelf.history.compare(START + timedelta(hours=1, minutes=1))}
    assert at == {"fixed": timedelta(hours=2), "stays": timedelta(hours=1), "back": timedelta(hours=3)}


def test_what_is_not_looked_for_is_never_fixed(shelf: Shelf) -> None:
    shelf.scan(finding())
    since = shelf.now + timedelta(minutes=1)
    shelf.scan(gaps=(NotChecked(finding().check, "", "needs root"),))
    assert fates(shelf, since) == {"3306/tcp": "still open"}


def test_a_scan_is_meant_by_its_number_and_what_it_saw_was_there_then(shelf: Shelf) -> None:
    shelf.scan(finding("1/tcp"))
    shelf.scan(finding("1/tcp"), finding("2/tcp"))
    first = shelf.history.scans("web1")[-1].id
    since = resolve(str(first), shelf.now, shelf.history)
    assert fates(shelf, since.at) == {"1/tcp": "still open", "2/tcp": "new"}
    with pytest.raises(ConfigError, match="no scan 99"):
        resolve("99", shelf.now, shelf.history)


def test_a_baseline_is_a_moment_with_a_name(shelf: Shelf) -> None:
    shelf.scan(finding("1/tcp"))
    shelf.history.keep_baseline(Baseline("audit-2026", shelf.now + timedelta(seconds=1), "ops"))
    shelf.scan(finding("2/tcp"))
    since = resolve("audit-2026", shelf.now, shelf.history)
    assert fates(shelf, since.at) == {"1/tcp": "fixed", "2/tcp": "new"}
    (kept,) = shelf.history.baselines()
    assert (kept.name, kept.by, kept.rows) == ("audit-2026", "ops", 0)
    with pytest.raises(ConfigError, match="already"):
        shelf.history.keep_baseline(Baseline("audit-2026", shelf.now, "ops"))
    shelf.history.drop_baseline("audit-2026")
    with pytest.raises(ConfigError, match="none was saved"):
        resolve("audit-2026", shelf.now, shelf.history)


@pytest.mark.parametrize("name", ["7d", "2026-10-01", "12", "", "a b", "-x", "a" * 61, "naam\n"])
def test_a_baseline_is_never_called_like_something_else(shelf: Shelf, name: str) -> None:
    with pytest.raises(ConfigError, match="expected a name"):
        shelf.history.keep_baseline(Baseline(name, START, "ops"))


def test_an_audit_keeps_its_rows_in_the_auditors_order(shelf: Shelf) -> None:
    rows = tuple(
        AuditRow(str(n), f"row {n}", "web1", ("192.0.2.10",), "443/tcp", Severity.HIGH, ("CVE-2024-6387",), "x")
        for n in range(12)
    )
    shelf.history.keep_baseline(Baseline("audit", START, "ops", "a.nessus, nessus", rows))
    assert shelf.history.baseline("audit").rows == rows
    assert shelf.history.baselines()[0].rows == 12
    shelf.history.drop_baseline("audit")
    with shelf.history._database.read() as connection:
        assert connection.exec_driver_sql("select count(*) from audited").scalar() == 0


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("36h", timedelta(hours=36)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
        ("2026-11-01T11:00:00Z", timedelta(hours=1)),
    ],
)
def test_moments(text: str, ago: timedelta) -> None:
    assert moment(text, START) == START - ago


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "2027-01-01", "7", "d"])
def test_what_is_no_moment_or_is_yet_to_come(text: str) -> None:
    with pytest.raises(ConfigError, match=r"expected a date|yet to come"):
        moment(text, START)
