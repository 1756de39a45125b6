"""What a sysadmin sees of a finding from scan to scan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from schouw.errors import ConfigError, ErrorClass, HostError
from schouw.history.snapshot import read_summaries
from schouw.history.values import ChangeKind
from schouw.model.attempt import Attempt, not_checked, seen
from schouw.model.finding import Decision, NotChecked
from schouw.model.protocol import Protocol
from schouw.model.severity import Area, FindingState, HostState, Severity
from schouw.model.tls import Endpoint, Looked, TlsOffer, TlsVersion
from tests.unit.history_lab import OUTSIDE, START, WEB1, Shelf, facts, finding


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "state" / "history.db")
    yield shelf
    shelf.history.close()


def test_a_finding_is_new_then_open_then_fixed_then_regressed_then_open_again(shelf: Shelf) -> None:
    states = []
    for found in ((finding(),), (finding(),), (), (), (finding(),), (finding(),), ()):
        shelf.scan(*found)
        states.append(shelf.only().state.value)
    assert states == ["new", "open", "fixed", "fixed", "regressed", "open", "fixed"]
    one = shelf.only()
    assert one.first_seen == START + timedelta(hours=1)
    assert one.last_seen == START + timedelta(hours=6)
    assert one.fixed_at == START + timedelta(hours=7)
    assert one.scans == 4
    assert one.finding == finding()


def test_the_summary_says_what_the_last_scan_opened_closed_and_reopened(shelf: Shelf) -> None:
    first = shelf.scan(finding("1/tcp"), finding("2/tcp", Severity.LOW))
    assert (first.new, first.fixed, first.regressed) == (2, 0, 0)
    assert first.counts == {Area.PORTS: {Severity.HIGH: 1, Severity.LOW: 1}}
    assert [line.title for line in first.worst] == ["1/tcp is open to the world", "2/tcp is open to the world"]
    second = shelf.scan(finding("2/tcp", Severity.LOW))
    assert (second.new, second.fixed, second.regressed) == (0, 1, 0)
    third = shelf.scan(finding("1/tcp"), finding("2/tcp", Severity.LOW))
    assert (third.new, third.fixed, third.regressed) == (0, 0, 1)
    assert third.worst[0].state is FindingState.REGRESSED


def test_the_summary_says_the_oldest_tls_that_a_look_from_outside_met(shelf: Shelf) -> None:
    def offer(**spoken: bool) -> Attempt[TlsOffer]:
        versions = {TlsVersion[name]: seen(said) for name, said in spoken.items()}
        return seen(TlsOffer("light", versions, seen(()), seen(()), 5))

    offers: tuple[Attempt[TlsOffer], ...] = (
        offer(TLS10=False, TLS11=True, TLS12=True),
        offer(TLS12=True, TLS13=True),
        not_checked("it was silent"),
    )
    https = Endpoint("192.0.2.10", 443, Protocol.HTTPS)
    outside = replace(OUTSIDE, tls=tuple(Looked(https, START, one) for one in offers))
    assert shelf.scan(look=facts(outer=seen(outside))).oldest_tls == "TLSv1.1"
    assert shelf.scan(look=facts(outer=not_checked("no route"))).oldest_tls == "TLSv1.1"
    assert shelf.scan(look=facts(outer=seen(replace(outside, tls=outside.tls[1:])))).oldest_tls == "TLSv1.2"


@pytest.mark.parametrize(
    "gap",
    [
        NotChecked("ports.exposed.private", "", "needs root"),
        NotChecked("ports.exposed.private", "3306/tcp", "filtered"),
    ],
)
def test_what_was_not_looked_for_stays_as_it_was(shelf: Shelf, gap: NotChecked) -> None:
    shelf.scan(finding())
    before = shelf.only()
    shelf.scan(gaps=(gap,))
    assert shelf.only() == before
    assert shelf.history.not_checked("web1") == (gap,)


def test_a_gap_at_one_port_closes_nothing_about_a_name_on_it_but_its_neighbour(shelf: Shelf) -> None:
    shelf.scan(finding("443/tcp www.example.net"), finding("4433/tcp"))
    shelf.scan(gaps=(NotChecked("ports.exposed.private", "443/tcp", "it did not answer"),))
    states = {one.finding.subject: one.state for one in shelf.history.findings("web1")}
    assert states == {"443/tcp www.example.net": FindingState.NEW, "4433/tcp": FindingState.FIXED}


def test_a_gap_in_another_check_closes_as_usual(shelf: Shelf) -> None:
    shelf.scan(finding())
    shelf.scan(gaps=(NotChecked("ports.other.thing", "", "needs root"),))
    assert shelf.only().state is FindingState.FIXED


def test_a_look_that_saw_nothing_closes_nothing(shelf: Shelf) -> None:
    shelf.scan(finding())
    shelf.scan(look=facts(not_checked("the host hung up"), not_checked("the host refuses us")))
    assert shelf.only().state is FindingState.NEW


def test_a_host_that_cannot_be_reached_keeps_its_findings_and_says_why(shelf: Shelf) -> None:
    good = shelf.scan(finding())
    error = HostError(ErrorClass.REFUSED, "web1: 192.0.2.10 port 22 refuses the connection", "is sshd running?")
    bad = shelf.history.record_failure(WEB1, error, shelf.now, shelf.now + timedelta(hours=1))
    assert shelf.only().state is FindingState.NEW
    assert bad.state is HostState.UNREACHABLE
    assert (bad.error_class, bad.error) == ("refused", str(error))
    assert (bad.scanned_at, bad.tried_at) == (good.scanned_at, shelf.now + timedelta(hours=1))
    assert bad.counts == good.counts
    assert [scan.state for scan in shelf.history.scans("web1")] == [HostState.UNREACHABLE, HostState.SCANNED]


def test_a_cancelled_scan_is_in_the_log_and_changes_nothing_else(shelf: Shelf) -> None:
    good = shelf.scan(finding())
    error = HostError(ErrorClass.CANCELLED, "web1: cancelled")
    after = shelf.history.record_failure(WEB1, error, shelf.now, shelf.now)
    assert (after.state, after.error, after.new) == (good.state, good.error, good.new)
    assert shelf.history.scans("web1")[0].error_class == "cancelled"


def test_a_finding_that_got_worse_is_the_same_finding(shelf: Shelf) -> None:
    shelf.scan(finding(severity=Severity.LOW))
    summary = shelf.scan(finding(severity=Severity.CRITICAL))
    assert shelf.only().finding.severity is Severity.CRITICAL
    assert shelf.only().first_seen == START + timedelta(hours=1)
    assert summary.counts == {Area.PORTS: {Severity.CRITICAL: 1}}


def test_two_findings_of_one_key_count_once_as_the_worse_one(shelf: Shelf) -> None:
    summary = shelf.scan(finding(severity=Severity.LOW), finding(severity=Severity.HIGH))
    assert summary.counts == {Area.PORTS: {Severity.HIGH: 1}}


def test_an_accepted_finding_does_not_count_until_its_date_and_then_it_does(shelf: Shelf) -> None:
    shelf.scan(finding())
    until = shelf.now + timedelta(days=3)
    summary = shelf.history.decide(Decision("web1", finding().key, "ops", until, "only our office, see ticket 12"))
    assert summary.worst_severity is None
    assert (shelf.only().state, shelf.only().accepted_until) == (FindingState.ACCEPTED, until)
    assert shelf.only().accepted_reason == "only our office, see ticket 12"
    assert shelf.scan(finding()).counts == {}
    shelf.now = until
    assert shelf.only().state is FindingState.OPEN
    # Nobody scanned since: the figures on the screen count it again all the same.
    for known in (shelf.history.summaries(), read_summaries(shelf.path, shelf.now), {"web1": shelf.history.summary("web1")}):
        assert known["web1"].counts == {Area.PORTS: {Severity.HIGH: 1}}


def test_a_fixed_finding_is_fixed_even_where_it_was_accepted(shelf: Shelf) -> None:
    shelf.scan(finding())
    shelf.history.decide(Decision("web1", finding().key, "ops", shelf.now + timedelta(days=3), "soon"))
    shelf.scan()
    assert shelf.only().state is FindingState.FIXED


def test_withdrawing_lets_it_count_again(shelf: Shelf) -> None:
    shelf.scan(finding())
    shelf.history.decide(Decision("web1", finding().key, "ops", shelf.now + timedelta(days=3), "soon"))
    summary = shelf.history.decide(Decision("web1", finding().key, "audit"))
    assert summary.worst_severity is Severity.HIGH
    kinds = [(change.kind, change.by) for change in shelf.history.changes(START)]
    assert kinds == [(ChangeKind.OPENED, ""), (ChangeKind.ACCEPTED, "ops"), (ChangeKind.WITHDRAWN, "audit")]


@pytest.mark.parametrize(
    ("name", "key", "days", "reason", "says"),
    [
        ("web1", "ports.nothing", 3, "why", "no finding"),
        ("web9", finding().key, 3, "why", "no finding"),
        ("web1", finding().key, -1, "why", "is over"),
        ("web1", finding().key, 3, "  ", "without a reason"),
    ],
)
def test_accepting_what_makes_no_sense_is_refused(shelf: Shelf, name: str, key: str, days: int, reason: str, says: str) -> None:
    shelf.scan(finding())
    with pytest.raises(ConfigError, match=says):
        shelf.history.decide(Decision(name, key, "ops", shelf.now + timedelta(days=days), reason))


def test_withdrawing_what_nobody_accepted_is_refused(shelf: Shelf) -> None:
    shelf.scan(finding())
    with pytest.raises(ConfigError, match="that is accepted"):
        shelf.history.decide(Decision("web1", finding().key, "ops"))
    assert [change.kind for change in shelf.history.changes(START)] == [ChangeKind.OPENED]


def test_changes_since_a_moment_oldest_first(shelf: Shelf) -> None:
    shelf.scan(finding("1/tcp"))
    since = shelf.now + timedelta(minutes=1)
    shelf.scan(finding("2/tcp"))
    shelf.scan(finding("1/tcp"), finding("2/tcp"))
    changes = [(change.kind.value, change.key, change.host) for change in shelf.history.changes(since)]
    assert changes == [
        ("opened", "ports.exposed.private:2/tcp", "web1"),
        ("fixed", "ports.exposed.private:1/tcp", "web1"),
        ("reopened", "ports.exposed.private:1/tcp", "web1"),
    ]


def test_the_trend_has_one_figure_a_day_of_the_last_thirty(shelf: Shelf) -> None:
    shelf.scan(finding("1/tcp"), finding("info", Severity.INFO))
    assert shelf.scan(finding("1/tcp"), finding("2/tcp")).trend == (2,)
    shelf.now += timedelta(days=1)
    assert shelf.scan(finding("1/tcp")).trend == (2, 1)
    for _ in range(40):
        shelf.now += timedelta(days=1, hours=-1)
        summary = shelf.scan(finding("1/tcp"))
    assert summary.trend == (1,) * 30


def test_a_host_never_scanned_is_never_scanned(shelf: Shelf) -> None:
    assert shelf.history.summary("web9").state is HostState.NEVER
    assert shelf.history.findings("web9") == ()
    assert shelf.history.facts("web9") is None
    assert shelf.history.summaries() == {}


def test_what_a_server_says_cannot_hurt_the_store(shelf: Shelf) -> None:
    nasty = "'; drop table finding; -- \x00 \ud800 %s :host_id [bold]"
    shelf.scan(finding(nasty))
    shelf.scan(finding(nasty), gaps=(NotChecked("crypto.tls.protocol", nasty, nasty),))
    assert shelf.only().state is FindingState.OPEN
    assert "drop table" in shelf.history.not_checked("web1")[0].reason
