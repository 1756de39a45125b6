"""What people say of findings, and what scans answer: claims, comments, owners, and the history of one finding."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from schouw.errors import ConfigError, ErrorClass, HostError
from schouw.history.values import ChangeKind, Saw
from schouw.model.attempt import not_checked
from schouw.model.finding import Claim, Decision, NotChecked, Outcome, What
from schouw.model.severity import FindingState
from tests.unit.history_lab import START, WEB1, Shelf, facts, finding

CHECK = finding().check
NEEDS_ROOT = NotChecked(CHECK, "", "needs root")


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "history.db")
    yield shelf
    shelf.history.close()


def claim(shelf: Shelf, subject: str = "3306/tcp", note: str = "") -> None:
    shelf.history.decide(Decision("web1", finding(subject).key, "ops", reason=note, what=What.CLAIM))


def claimed(shelf: Shelf, subject: str = "3306/tcp") -> Claim:
    (one,) = (one for one in shelf.history.findings("web1") if one.finding.subject == subject)
    assert one.claim is not None
    return one.claim


def cut_off(shelf: Shelf, kind: ErrorClass = ErrorClass.SILENT) -> HostError:
    error = HostError(kind, "web1: no answer on port 22 within 10 s")
    shelf.now += timedelta(hours=1)
    shelf.history.record_failure(WEB1, error, shelf.now - timedelta(seconds=2), shelf.now)
    return error


def test_three_claims_one_true_the_next_scan_says_which(shelf: Shelf) -> None:
    shelf.scan(finding("1/tcp"), finding("2/tcp"), finding("3/tcp"))
    for subject in ("1/tcp", "2/tcp", "3/tcp"):
        claim(shelf, subject, "bound to loopback")
    assert claimed(shelf, "1/tcp").outcome is Outcome.WAITING
    shelf.scan(finding("1/tcp"), finding("2/tcp"))
    outcomes = [claimed(shelf, subject).outcome for subject in ("1/tcp", "2/tcp", "3/tcp")]
    assert outcomes == [Outcome.NOT_FIXED, Outcome.NOT_FIXED, Outcome.FIXED]
    settled = claimed(shelf, "3/tcp")
    assert (settled.by, settled.note, settled.judged_at) == ("ops", "bound to loopback", shelf.now)
    kinds = [change.kind for change in shelf.history.changes(START) if change.key.endswith(":3/tcp")]
    assert kinds == [ChangeKind.OPENED, ChangeKind.CLAIMED, ChangeKind.FIXED, ChangeKind.CONFIRMED]


def test_a_host_cut_off_cannot_be_told_until_it_is_back(shelf: Shelf) -> None:
    shelf.scan(finding())
    claim(shelf)
    error = cut_off(shelf)
    assert (claimed(shelf).outcome, claimed(shelf).reason) == (Outcome.CANNOT_TELL, str(error))
    shelf.scan()
    assert claimed(shelf).outcome is Outcome.FIXED


def test_a_check_that_could_not_be_made_cannot_tell_and_says_why(shelf: Shelf) -> None:
    shelf.scan(finding())
    claim(shelf)
    shelf.scan(gaps=(NEEDS_ROOT,))
    assert (claimed(shelf).outcome, claimed(shelf).reason) == (Outcome.CANNOT_TELL, "needs root")
    shelf.scan(look=facts(not_checked("it hung up"), not_checked("it refuses us")))
    assert claimed(shelf).reason == "it hung up"
    shelf.scan(finding())
    assert claimed(shelf).outcome is Outcome.NOT_FIXED


def test_a_cancelled_scan_says_nothing_of_a_claim(shelf: Shelf) -> None:
    shelf.scan(finding())
    claim(shelf)
    cut_off(shelf, ErrorClass.CANCELLED)
    assert claimed(shelf).outcome is Outcome.WAITING


def test_a_look_that_began_before_the_claim_says_nothing_of_it(shelf: Shelf) -> None:
    shelf.scan(finding())
    shelf.now += timedelta(hours=1, seconds=-1)  # `scan` begins two seconds before it ends
    claim(shelf)
    shelf.now -= timedelta(hours=1, seconds=-1)
    shelf.scan(finding())
    assert claimed(shelf).outcome is Outcome.WAITING


def test_what_is_fixed_cannot_be_claimed_and_what_came_back_can_be_again(shelf: Shelf) -> None:
    shelf.scan(finding())
    claim(shelf, note="first")
    shelf.scan()
    with pytest.raises(ConfigError, match="fixed already"):
        claim(shelf)
    shelf.scan(finding())
    assert shelf.only().claim is None
    claim(shelf, note="second")
    assert claimed(shelf).note == "second"
    assert set(shelf.history.claimed(shelf.now)) == {"web1"}
    assert shelf.history.claimed(shelf.now + timedelta(seconds=1)) == {}


def test_what_is_claimed_still_counts(shelf: Shelf) -> None:
    shelf.scan(finding())
    claim(shelf)
    assert shelf.only().state is FindingState.NEW
    assert shelf.history.summary("web1").worst


def test_many_decisions_are_all_kept_or_none(shelf: Shelf) -> None:
    shelf.scan(finding("1/tcp"), finding("2/tcp"))
    until = shelf.now + timedelta(days=3)

    def accept(*subjects: str) -> None:
        shelf.history.decide_all([Decision("web1", finding(one).key, "ops", until, "till the move") for one in subjects])

    with pytest.raises(ConfigError, match="no finding"):
        accept("1/tcp", "2/tcp", "9/tcp")
    assert {one.state for one in shelf.history.findings("web1")} == {FindingState.NEW}
    accept("1/tcp", "2/tcp")
    assert {one.state for one in shelf.history.findings("web1")} == {FindingState.ACCEPTED}
    summary = shelf.history.summary("web1")
    assert (summary.worst_severity, summary.lapses_at) == (None, until)


def test_a_finding_has_an_owner_until_it_has_another_or_none(shelf: Shelf) -> None:
    shelf.scan(finding())
    for owner in ("Anna", "web team", ""):
        shelf.history.decide(Decision("web1", finding().key, "boss", reason=owner, what=What.ASSIGN))
        assert shelf.only().assigned == owner
        shelf.scan(finding())
        assert shelf.only().assigned == owner


def test_a_comment_is_in_the_journal_with_who_and_when(shelf: Shelf) -> None:
    shelf.scan(finding())
    shelf.history.decide(Decision("web1", finding().key, "ops", reason="asked the vendor", what=What.COMMENT))
    last = shelf.history.life("web1", finding().key).journal[-1]
    assert (last.kind, last.by, last.text, last.at) == (ChangeKind.COMMENTED, "ops", "asked the vendor", shelf.now)
    with pytest.raises(ConfigError, match="without words"):
        shelf.history.decide(Decision("web1", finding().key, "ops", reason=" ", what=What.COMMENT))


def test_every_scan_that_saw_a_finding_or_did_not(shelf: Shelf) -> None:
    shelf.scan()  # before it appeared
    shelf.scan(finding())
    shelf.scan(finding())
    shelf.scan(gaps=(NEEDS_ROOT,))
    shelf.scan(gaps=(NEEDS_ROOT,))
    cut_off(shelf)
    shelf.scan()
    shelf.scan(gaps=(NotChecked(CHECK, "3306/tcp", "filtered"),))
    shelf.scan(finding())
    life = shelf.history.life("web1", finding().key)
    assert [(sight.saw, sight.reason) for sight in reversed(life.sights)] == [
        (Saw.SEEN, ""),
        (Saw.SEEN, ""),
        (Saw.UNLOOKED, "needs root"),
        (Saw.UNLOOKED, "needs root"),
        (Saw.UNREACHED, "web1: no answer on port 22 within 10 s"),
        (Saw.GONE, ""),
        (Saw.UNLOOKED, "filtered"),
        (Saw.SEEN, ""),
    ]
    assert [change.kind.value for change in life.journal] == ["opened", "fixed", "reopened"]
    assert [sight.at for sight in life.sights] == [shelf.now - timedelta(hours=ago) for ago in range(8)]


def test_runs_of_scans_that_could_not_look_are_one_row_each(shelf: Shelf) -> None:
    shelf.scan(finding("1/tcp"), finding("2/tcp"))
    for _ in range(5):
        shelf.scan(gaps=(NEEDS_ROOT,))
    shelf.scan(finding("1/tcp"), finding("2/tcp"))
    shelf.scan(gaps=(NEEDS_ROOT,))
    with shelf.history._database.read() as connection:
        assert connection.exec_driver_sql("select count(*) from unlooked").scalar() == 4
    assert [sight.saw for sight in shelf.history.life("web1", finding("1/tcp").key).sights] == [
        Saw.UNLOOKED, Saw.SEEN, *[Saw.UNLOOKED] * 5, Saw.SEEN,
    ]  # fmt: skip


def test_of_what_is_not_known_there_is_no_life(shelf: Shelf) -> None:
    assert shelf.history.life("web9", "nothing").sights == ()
    shelf.scan()
    assert shelf.history.life("web1", "nothing").journal == ()
