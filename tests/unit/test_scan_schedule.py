"""When hosts are due."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from schouw.model.attempt import Attempt, absent
from schouw.model.finding import Verdict
from schouw.model.host import Host, Reach
from schouw.model.outside import Outside
from schouw.model.severity import HostState
from schouw.model.summary import OWN_SCHEDULE, Summary
from schouw.scan.look import Look
from schouw.scan.pace import back_off
from schouw.scan.schedule import due, due_at, look_for, moments, next_due
from tests.unit.history_lab import WEB1, Shelf, facts

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ABSENT: Attempt[Outside] = absent("only the inside view was asked for")


def host(name: str = "web1", rescan: float = 6 * 3600.0, enabled: bool = True) -> Host:
    return Host(name=name, rescan=rescan, enabled=enabled)


def scanned(ago: timedelta, error: str = "", name: str = "web1") -> Summary:
    state = HostState.UNREACHABLE if error else HostState.SCANNED
    return Summary(name, state, scanned_at=NOW - ago, tried_at=NOW - ago, error_class=error)


def test_a_fleet_is_spread_over_the_interval() -> None:
    quarters = [0] * 4
    for number in range(400):
        _, after = moments(f"host{number}", 3600.0, NOW)
        quarters[min(3, int((after - NOW).total_seconds() // 900))] += 1
    assert all(60 < count < 140 for count in quarters)


def test_moments_follow_each_other_and_are_the_same_for_everybody() -> None:
    at = NOW
    for _ in range(50):
        before, after = moments("web1", 3600.0, at)
        assert before <= at < after
        assert timedelta(minutes=53) < after - before < timedelta(minutes=67)
        assert moments("web1", 3600.0, after)[0] == after
        at = after


def test_many_missed_moments_are_caught_up_once() -> None:
    last = scanned(timedelta(days=9))
    when = due_at(host(), last, 0, NOW)
    assert when is not None and when <= NOW
    again = due_at(host(), scanned(timedelta()), 0, NOW)
    assert again is not None and again > NOW


def test_hosts_that_are_off_or_only_on_request_are_never_due() -> None:
    assert due_at(host(rescan=0.0), None, 0, NOW) is None
    assert due_at(host(enabled=False), None, 0, NOW) is None
    assert next_due([host(rescan=0.0)], {}, {}, NOW) is None


def test_failures_double_the_wait_up_to_a_day() -> None:
    def wait(failures: int, error: str = "silent") -> timedelta:
        when = due_at(host(rescan=3600.0), scanned(timedelta(), error), failures, NOW)
        assert when is not None
        return when - NOW

    assert [wait(number) for number in (1, 2, 3, 9, 5000)] == [HOUR, 2 * HOUR, 4 * HOUR, 24 * HOUR, 24 * HOUR]
    # A login that was refused is not tried again before the interval has doubled.
    assert wait(1, "login-refused") == wait(1, "key-CHANGED") == 2 * HOUR


def test_the_oldest_results_come_first() -> None:
    hosts = [host(name) for name in ("fresh", "old", "never", "older")]
    summaries = {
        "fresh": scanned(timedelta(), name="fresh"),
        "old": scanned(timedelta(days=2), name="old"),
        "older": scanned(timedelta(days=3), name="older"),
    }
    assert [one.name for one in due(hosts, summaries, {}, NOW)] == ["never", "older", "old"]


def test_all_ports_have_a_slower_schedule() -> None:
    assert look_for(host(), scanned(timedelta(days=8)), NOW) is Look.ALL_PORTS
    assert look_for(host(), scanned(timedelta()), NOW) is Look.NORMAL
    assert look_for(host(), None, NOW) is Look.NORMAL


def test_a_rescan_by_a_person_does_not_take_the_place_of_a_slower_look() -> None:
    weekly = replace(host(), deep=30 * 86400.0)
    ago = NOW - timedelta(days=8)
    known = replace(scanned(timedelta(minutes=1)), looked={"all-ports": ago, "deep": NOW})
    assert look_for(weekly, known, NOW) is Look.ALL_PORTS
    # Missed for months: made once, then the other, then no more than that.
    known = replace(known, looked={"all-ports": NOW - timedelta(days=100), "deep": NOW - timedelta(days=100)})
    assert look_for(weekly, known, NOW) is Look.DEEP
    known = replace(known, looked={"all-ports": NOW - timedelta(days=100), "deep": NOW})
    assert look_for(weekly, known, NOW) is Look.ALL_PORTS
    assert look_for(weekly, replace(known, looked={"all-ports": NOW, "deep": NOW}), NOW) is Look.NORMAL


def test_the_history_remembers_when_each_slower_look_was_made(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "history.db")
    begun = shelf.scan().looked
    assert begun == dict.fromkeys(OWN_SCHEDULE, shelf.now)
    shelf.now += HOUR
    verdict = Verdict((), ())
    shelf.history.record(WEB1, facts(at=shelf.now), verdict, shelf.now, shelf.now, look="deep")
    assert shelf.scan().looked == begun | {"deep": shelf.now - HOUR}
    assert {*OWN_SCHEDULE} <= {look.value for look in Look}


def test_the_inside_alone_is_looked_at_between_scans_and_takes_the_place_of_none(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "history.db")
    often = replace(WEB1, rescan=6 * 3600.0, rescan_inside=900.0)
    shelf.scan()
    last, made, end = shelf.history.summary("web1"), [], shelf.now + timedelta(days=2)
    while shelf.now < end:
        when = due_at(often, last, 0, shelf.now)
        assert when is not None
        shelf.now = max(when, shelf.now + timedelta(seconds=20))
        look = look_for(often, last, shelf.now)
        made.append(look)
        outer = ABSENT if look is Look.INSIDE else None
        seen_now = facts(outer=outer, at=shelf.now)
        last = shelf.history.record(often, seen_now, Verdict((), ()), shelf.now, shelf.now, look=look.value)
        assert last.scanned_at == shelf.now
    assert 7 <= len(made) - made.count(Look.INSIDE) <= 9
    assert 150 <= made.count(Look.INSIDE) <= 200


def test_an_inside_look_across_the_moment_of_a_scan_leaves_it_due(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "history.db")
    often = replace(WEB1, rescan=6 * 3600.0, rescan_inside=900.0)
    shelf.scan()
    shelf.now = moments("web1", often.rescan, shelf.now)[1] + timedelta(seconds=1)
    seen_now = facts(outer=ABSENT, at=shelf.now)
    last = shelf.history.record(often, seen_now, Verdict((), ()), shelf.now, shelf.now, look=Look.INSIDE.value)
    when = due_at(often, last, 0, shelf.now)
    assert when is not None and when <= shelf.now and look_for(often, last, shelf.now) is Look.NORMAL
    assert last.scanned_at == shelf.now


def test_the_inside_alone_where_nothing_else_is_scheduled() -> None:
    alone = replace(host(rescan=0.0), rescan_inside=900.0)
    last = scanned(timedelta(hours=1))
    when = due_at(alone, last, 0, NOW)
    assert when is not None and when <= NOW and look_for(alone, last, NOW) is Look.INSIDE
    # Nobody logs in to a host that is only looked at from outside.
    assert due_at(replace(alone, reach=Reach.OUTSIDE), last, 0, NOW) is None
    # Of one that could not be reached it is not known what became of its outside.
    both = replace(alone, rescan=6 * 3600.0)
    assert look_for(both, scanned(timedelta(minutes=1), "silent"), NOW) is Look.NORMAL
    assert look_for(alone, scanned(timedelta(minutes=1), "silent"), NOW) is Look.INSIDE


def test_back_off_is_spread_over_its_whole_range() -> None:
    assert [back_off(1, 0.0), back_off(1, 1.0), back_off(2, 0.0), back_off(2, 1.0)] == [1.0, 4.0, 4.0, 16.0]
