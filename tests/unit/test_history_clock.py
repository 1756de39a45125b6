"""A clock that jumps: nothing is lost, nothing waits for a year that was never there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from schouw.history.values import Saw
from schouw.model.finding import Decision, NotChecked, Outcome, What
from schouw.model.severity import FindingState
from tests.unit.history_lab import START, Shelf, finding

YEAR = timedelta(days=365)
NEEDS_ROOT = NotChecked(finding().check, "", "needs root")


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "history.db")
    yield shelf
    shelf.history.close()


def state(shelf: Shelf) -> FindingState:
    return shelf.only().state


def test_a_finding_lives_on_through_a_year_and_back(shelf: Shelf) -> None:
    shelf.scan(finding())
    shelf.now += YEAR
    shelf.scan(finding())
    shelf.now -= YEAR
    shelf.scan()
    assert state(shelf) is FindingState.FIXED
    shelf.scan(finding())
    assert state(shelf) is FindingState.REGRESSED
    assert [change.kind.value for change in shelf.history.life("web1", finding().key).journal] == ["opened", "fixed", "reopened"]


def test_a_claim_of_next_year_is_settled_by_the_next_scan_of_this_one(shelf: Shelf) -> None:
    shelf.scan(finding())
    shelf.now += YEAR
    shelf.history.decide(Decision("web1", finding().key, "ops", what=What.CLAIM))
    shelf.now -= YEAR
    shelf.scan(finding())
    claim = shelf.only().claim
    assert claim is not None and claim.outcome is Outcome.NOT_FIXED


def test_an_acceptance_holds_by_the_clock_that_is_there(shelf: Shelf) -> None:
    shelf.scan(finding())
    shelf.history.decide(Decision("web1", finding().key, "ops", shelf.now + timedelta(days=30), "known"))
    shelf.now += YEAR
    assert state(shelf) is FindingState.NEW
    assert shelf.history.summary("web1").worst, "it counts again"
    shelf.now -= YEAR
    assert state(shelf) is FindingState.ACCEPTED
    assert not shelf.history.summary("web1").worst


def test_the_trend_ends_today(shelf: Shelf) -> None:
    shelf.scan(finding())
    shelf.now += YEAR
    shelf.scan(finding("1/tcp"), finding("2/tcp"))
    shelf.now -= YEAR
    assert shelf.scan(finding()).trend == (1,)


@pytest.mark.parametrize("jump", [YEAR, -YEAR])
def test_what_was_not_checked_is_never_told_as_seen(shelf: Shelf, jump: timedelta) -> None:
    shelf.scan(finding())
    shelf.scan(gaps=(NEEDS_ROOT,))
    shelf.now += jump
    shelf.scan(gaps=(NEEDS_ROOT,))
    shelf.scan(gaps=(NEEDS_ROOT,))
    shelf.now -= jump
    shelf.scan(gaps=(NEEDS_ROOT,))
    saw = [sight.saw for sight in shelf.history.life("web1", finding().key).sights]
    assert saw[:4] == [Saw.UNLOOKED] * 4
    assert state(shelf) is FindingState.NEW


def test_what_became_of_a_finding_is_told_in_the_order_in_which_it_happened(shelf: Shelf) -> None:
    since = START + timedelta(minutes=1)
    shelf.now += YEAR
    shelf.scan(finding())
    shelf.now -= YEAR
    shelf.scan()
    shelf.scan(finding())
    (one,) = shelf.history.compare(since)
    assert one.fate.value == "new"
