"""What reports say of the vulnerability database, of days due, and of data that is old."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from schouw.model.basis import Basis, Deadline
from schouw.model.finding import Finding, Verdict
from schouw.model.severity import Area
from schouw.report import collect_report, read_knowledge, render
from schouw.report.knowledge import NO_DATABASE
from tests.unit.history_lab import WEB1, Shelf, facts, finding
from tests.unit.vulnerability_lab import catalogue, taken, tracker, written


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "history.db")
    yield shelf
    shelf.history.close()


def recorded(shelf: Shelf, one: Finding) -> None:
    day = shelf.now.date()
    basis = Basis("debian:12", "f", day - timedelta(days=1), day + timedelta(days=1))
    shelf.history.record(WEB1, facts(at=shelf.now), Verdict((one,), (), basis), shelf.now, shelf.now)


def due_in(days: int) -> Finding:
    return replace(finding(), area=Area.VULNS, title="openssl 1 → 2 closes 9 CVEs", deadlines=(Deadline(days),))


@pytest.mark.parametrize("name", ["table", "markdown", "html"])
def test_the_day_it_is_due_stands_with_the_title_and_old_data_is_called_old(shelf: Shelf, name: str) -> None:
    recorded(shelf, due_in(3))
    due = str(shelf.now.date() + timedelta(days=3))

    def shown(later: int) -> str:
        now = shelf.now + timedelta(days=later)
        return "".join(render(collect_report(shelf.history, (WEB1,), now, now), name)).replace("\\", "")

    assert f"closes 9 CVEs, due {due}" in shown(0)
    assert "which is old" not in shown(0)
    assert f"vulnerability data of {shelf.now.date() - timedelta(days=1)}, which is old" in shown(2)


def test_json_names_the_database_with_the_age_of_its_feeds(shelf: Shelf, tmp_path: Path) -> None:
    recorded(shelf, due_in(14))
    path = tmp_path / "vulnerabilities.db"
    feeds = (
        written(tmp_path / "t.json", tracker(x={"CVE-2030-1": {"bookworm": "2"}})),
        written(tmp_path / "k.json", catalogue("CVE-2030-1")),
    )
    taken(path, *feeds)
    report = collect_report(shelf.history, (WEB1,), shelf.now, shelf.now, knowledge=read_knowledge(path))
    found = json.loads("".join(render(report, "json")))
    database = found["database"]
    assert database["vulnerabilities"] == 1 and database["updated_at"].endswith("Z")
    assert {source["name"] for source in database["sources"]} == {"debian-tracker", "kev"}
    assert found["hosts"][0]["findings"][0]["due"] == str(shelf.now.date() + timedelta(days=14))


def test_a_database_that_is_none_is_none(tmp_path: Path) -> None:
    assert read_knowledge(tmp_path / "none.db") == NO_DATABASE
    (tmp_path / "broken.db").write_text("<html>")
    assert read_knowledge(tmp_path / "broken.db") == NO_DATABASE
