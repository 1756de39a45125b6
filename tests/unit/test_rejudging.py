"""A new vulnerability database and what is stored: judged anew without a host, and never taken for a fix."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from schouw.history import History
from schouw.history.values import ChangeKind, Fate
from schouw.model.facts import Facts, Inside, Kernel, Package, Packages
from schouw.model.finding import Decision, Outcome, TrackedFinding, What
from schouw.model.severity import Area, FindingState
from schouw.model.summary import Summary
from schouw.scan.events import Hello, Notice, Rejudged
from schouw.scan.keeper import Keeper
from schouw.scan.rejudging import run_rejudging
from schouw.scan.watchers import Watchers
from tests.unit.facts import HOST, NOW, facts, inside
from tests.unit.vulnerability_lab import catalogue, deb, taken, tracker, written

ONE, TWO = "CVE-2030-1000", "CVE-2030-1001"
KEY = "vulns.package.fixable:openssl"
OLD, FIXED = deb("openssl", "3.0.11-1"), deb("openssl", "3.0.17-1")
TWICE = {ONE: {"bookworm": "3.0.17-1"}, TWO: {"bookworm": "3.0.17-1"}}


class Desk:
    """A history with one host, beside a database that a test changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "history.db"
        self.scans = 0
        history = History.open(self.path, clock=self.clock)
        self.keeper = Keeper(history, database=folder / "vulnerabilities.db", clock=self.clock)

    def clock(self) -> datetime:
        """A minute after the last scan."""
        return NOW + timedelta(hours=self.scans, minutes=1)

    def feed(self, openssl: Mapping[str, Mapping[str, object]] | None, **others: Mapping[str, Mapping[str, object]]) -> None:
        """A tracker that says this of openssl, and something of a package that the host has not."""
        packages = {"something": {"CVE-2030-7777": {"bookworm": "1.0-1"}}, **others}
        path = written(self.folder / "tracker.json", tracker(**packages, **({"openssl": openssl} if openssl else {})))
        (outcome,) = taken(self.folder / "vulnerabilities.db", path, allow_fewer=True)
        assert not outcome.problem, outcome.problem

    async def scan(self, *packages: Package) -> Summary:
        self.scans += 1
        at = NOW + timedelta(hours=self.scans)
        looked = replace(facts(host(*packages)), taken_at=at)
        return await self.keeper.keep(HOST, looked, at, at)

    async def rejudged(self) -> Summary | None:
        """What the engine does when the database is another one."""
        assert await self.keeper.outdated() == [HOST.name]
        return await self.keeper.rejudge(HOST)

    def finding(self) -> TrackedFinding:
        with_history = History.open(self.path, read_only=True)
        try:
            return next(one for one in with_history.findings(HOST.name) if one.key == KEY)
        finally:
            with_history.close()

    def changes(self) -> list[ChangeKind]:
        with_history = History.open(self.path, read_only=True)
        try:
            return [one.kind for one in with_history.changes(NOW) if one.key == KEY]
        finally:
            with_history.close()


def host(*packages: Package) -> Inside:
    return inside(packages=Packages("dpkg", packages), kernel=Kernel(""))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk(tmp_path)
    yield made
    await made.keeper.close()


async def test_without_a_database_a_host_is_not_checked_and_never_fine(desk: Desk) -> None:
    summary = await desk.scan(OLD)
    assert summary.basis is None and summary.unchecked[Area.VULNS] == 3
    assert await desk.keeper.outdated() == []


async def test_the_first_database_judges_what_is_stored_and_what_it_finds_is_new(desk: Desk) -> None:
    await desk.scan(OLD)
    desk.feed(TWICE)
    summary = await desk.rejudged()
    assert summary is not None and summary.basis is not None and Area.VULNS not in summary.unchecked
    one = desk.finding()
    assert one.state is FindingState.NEW and one.finding.cves == (ONE, TWO)
    assert await desk.keeper.rejudge(HOST) is None  # done already
    assert await desk.keeper.outdated() == []


async def test_judging_again_makes_nothing_older(desk: Desk) -> None:
    desk.feed(TWICE)
    await desk.scan(OLD)
    before = desk.finding()
    desk.feed(TWICE, zlib={"CVE-2030-5": {"bookworm": "2"}})
    await desk.rejudged()
    assert desk.finding() == before and before.state is FindingState.NEW and before.scans == 1


async def test_what_became_known_since_is_new_again(desk: Desk) -> None:
    desk.feed({ONE: {"bookworm": "3.0.17-1"}})
    await desk.scan(OLD)
    await desk.scan(OLD)
    assert desk.finding().state is FindingState.OPEN
    desk.feed(TWICE)
    await desk.rejudged()
    one = desk.finding()
    assert one.state is FindingState.NEW and one.finding.cves == (ONE, TWO) and one.scans == 2


async def test_what_is_exploited_since_is_new_again(desk: Desk) -> None:
    desk.feed(TWICE)
    await desk.scan(OLD)
    await desk.scan(OLD)
    taken(desk.folder / "vulnerabilities.db", written(desk.folder / "kev.json", catalogue(ONE)))
    await desk.rejudged()
    one = desk.finding()
    assert one.state is FindingState.NEW and one.finding.exploited


async def test_what_a_scan_finds_first_by_new_data_is_new_too(desk: Desk) -> None:
    await desk.scan(OLD)
    desk.feed(TWICE)
    summary = await desk.scan(OLD)
    assert desk.finding().state is FindingState.NEW and summary.new == 1


async def test_what_the_data_says_no_longer_is_retracted_and_not_fixed(desk: Desk) -> None:
    desk.feed(TWICE)
    await desk.scan(OLD)
    desk.feed(None)
    summary = await desk.rejudged()
    assert summary is not None and summary.fixed == 0 and not summary.counts.get(Area.VULNS)
    assert desk.finding().state is FindingState.RETRACTED
    assert desk.changes() == [ChangeKind.OPENED, ChangeKind.RETRACTED]
    await desk.scan(OLD)
    assert desk.finding().state is FindingState.RETRACTED
    desk.feed(TWICE)
    await desk.rejudged()
    assert desk.finding().state is FindingState.NEW


async def test_a_claim_on_what_was_retracted_is_neither_confirmed_nor_refuted(desk: Desk) -> None:
    desk.feed(TWICE)
    await desk.scan(OLD)
    await desk.keeper.decide([Decision(HOST.name, KEY, "me", what=What.CLAIM)])
    desk.feed(None)
    await desk.scan(OLD)
    claim = desk.finding().claim
    assert claim is not None and claim.outcome is Outcome.CANNOT_TELL and "no fix" in claim.reason


async def test_between_two_moments_it_was_retracted_and_the_journal_says_why(desk: Desk) -> None:
    desk.feed(TWICE)
    await desk.scan(OLD)
    desk.feed(None)
    await desk.scan(OLD)
    history = History.open(desk.path, read_only=True)
    try:
        (one,) = [one for one in history.compare(NOW + timedelta(hours=1, minutes=1)) if one.tracked.key == KEY]
        (change,) = [one for one in history.changes(NOW) if one.kind is ChangeKind.RETRACTED]
    finally:
        history.close()
    assert one.fate is Fate.RETRACTED
    assert change.text == "the vulnerability data of 2026-11-23 says so no longer, which is no fix"


async def test_a_scan_by_new_data_tells_retracted_from_fixed(desk: Desk) -> None:
    desk.feed(TWICE)
    await desk.scan(OLD)
    desk.feed(None)
    summary = await desk.scan(FIXED)
    assert summary.fixed == 0
    assert desk.finding().state is FindingState.RETRACTED


async def test_an_update_on_the_host_is_a_fix_whatever_else_the_new_data_says(desk: Desk) -> None:
    desk.feed(TWICE)
    await desk.scan(OLD)
    desk.feed(TWICE, zlib={"CVE-2030-5": {"bookworm": "2"}})
    summary = await desk.scan(FIXED)
    assert desk.finding().state is FindingState.FIXED and summary.fixed == 1
    await desk.scan(OLD)
    assert desk.finding().state is FindingState.REGRESSED


async def test_a_database_that_is_gone_closes_nothing(desk: Desk) -> None:
    desk.feed(TWICE)
    await desk.scan(OLD)
    (desk.folder / "vulnerabilities.db").unlink()
    made = Keeper.open(desk.folder / "history.db", database=desk.folder / "vulnerabilities.db")
    looked: Facts = replace(facts(host(OLD)), taken_at=NOW + timedelta(hours=9))
    summary = await made.keep(HOST, looked, looked.taken_at, looked.taken_at)
    await made.close()
    assert desk.finding().state is FindingState.NEW and summary.unchecked[Area.VULNS] == 3


async def test_the_engine_tells_whoever_watches(desk: Desk) -> None:
    await desk.scan(OLD)
    desk.feed(TWICE)
    watchers = Watchers()
    watcher = watchers.join(Hello(1, 1))
    running = asyncio.create_task(run_rejudging(desk.keeper, {HOST.name: HOST}, watchers, lambda: True))
    events: list[object] = []
    while not any(isinstance(event, Notice) for event in events):
        events += await asyncio.wait_for(watcher.take(), 30)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert [event.host for event in events if isinstance(event, Rejudged)] == [HOST.name]
    (notice,) = [event for event in events if isinstance(event, Notice)]
    assert notice.text.endswith("judged anew: 1 host")
