"""Did it help? Findings claimed, accepted, commented on and assigned by keys; what is claimed and what is accepted."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from schouw.history.values import Change, ChangeKind, Compared, Fate, Life, Saw, Sight
from schouw.model.finding import Claim, Decision, Outcome, TrackedFinding, What
from schouw.model.host import Host
from schouw.model.severity import FindingState, Severity
from schouw.model.summary import Summary
from schouw.tui.widgets.lines import Scroll
from tests.tui.driving import screen_text, until, until_text
from tests.tui.fleet import NOW, SOME, FakeRunner, FakeSource, make_app, source_of, summary, tracked

SIZES = pytest.mark.parametrize("size", [(120, 40), (80, 24)])
CIPHERS, MYSQL, UPDATES, ROOT, *_ = SOME
DAY = timedelta(days=1)


def written(folder: Path) -> list[dict[str, str]]:
    (file,) = folder.glob("*.csv")
    return list(csv.DictReader(io.StringIO(file.read_text())))


def judged(one: TrackedFinding, outcome: Outcome, reason: str = "") -> TrackedFinding:
    claim = Claim("anna", NOW - timedelta(hours=2), "new sshd_config", outcome, reason, NOW - timedelta(minutes=3))
    return replace(one, claim=claim)


def accepted(one: TrackedFinding, days: int, reason: str, by: str = "anna") -> TrackedFinding:
    until = NOW + timedelta(days=days)
    return replace(one, state=FindingState.ACCEPTED, accepted_until=until, accepted_reason=reason, accepted_by=by)


# -- doing something with findings -----------------------------------------------------------------


async def test_three_are_marked_and_claimed_at_once(tmp_path: Path) -> None:
    runner = FakeRunner()
    app = make_app(tmp_path, runner=runner, source=source_of(web10=(CIPHERS, UPDATES, ROOT)))
    async with app.run_test(size=(120, 40)) as pilot:
        app.open_host("web10", ["web10"])
        await until_text(pilot, "CBC ciphers")
        await pilot.press("space", "space", "space")
        await until_text(pilot, "3 marked")
        await pilot.press("c")
        await until_text(pilot, "3 findings on 1 host", "what was done")
        await pilot.press(*"upgraded", "enter")
        await until_text(pilot, "3 findings claimed; r scans, and says whether it helped")
    assert {one.key for one in runner.decisions} == {CIPHERS.key, UPDATES.key, ROOT.key}
    assert {(one.what, one.reason, one.by) for one in runner.decisions} == {(What.CLAIM, "upgraded", "demo")}


async def test_the_next_scan_says_one_helped_and_two_did_not(tmp_path: Path) -> None:
    made = source_of(web10=[judged(one, Outcome.WAITING) for one in (CIPHERS, UPDATES, ROOT)])
    runner = FakeRunner(lambda host: summary(host.name, made.tracked[host.name]))
    app = make_app(tmp_path, runner=runner, source=made)
    async with app.run_test(size=(120, 40)) as pilot:
        app.open_host("web10", ["web10"])
        await until_text(pilot, "CBC ciphers", "claimed")
        fixed = tracked(CIPHERS.finding, FindingState.FIXED)
        made.tracked["web10"] = [
            judged(fixed, Outcome.FIXED), judged(UPDATES, Outcome.NOT_FIXED), judged(ROOT, Outcome.NOT_FIXED),
        ]  # fmt: skip
        await pilot.press("r")
        await until_text(pilot, "rescanned: 1 fixed, 2 claimed but not fixed, 2 stay", "✓ fixed", "✗ not fixed")
        await pilot.press("C")
        await until_text(pilot, "1 fixed", "2 not fixed", "▸not fixed   H web10", "fixed       H web10")


@SIZES
async def test_a_host_cut_off_the_claims_cannot_be_told_and_why(tmp_path: Path, size: tuple[int, int]) -> None:
    silent = "no answer on port 22 within 10 s"
    made = source_of(web10=[judged(CIPHERS, Outcome.CANNOT_TELL, silent)], dns4=[judged(ROOT, Outcome.NOT_FIXED)])
    runner = FakeRunner()
    app = make_app(tmp_path, runner=runner, source=made)
    async with app.run_test(size=size) as pilot:
        await pilot.press("C")
        await until_text(pilot, "1 not fixed", "1 cannot tell", "cannot tell H web10", "no answer")
        await pilot.press("r")  # where nothing is settled, and nowhere else
        await until(pilot, lambda: runner.submitted == [("web10",)])
        await pilot.press("e", "down", "enter")
        await until_text(pilot, "written to")
    rows = {row["host"]: row for row in written(tmp_path)}
    assert rows["web10"]["outcome"] == "cannot tell" and rows["web10"]["reason"] == silent


async def test_what_is_fixed_is_not_claimed(tmp_path: Path) -> None:
    runner = FakeRunner()
    made = source_of(web10=[CIPHERS])
    app = make_app(tmp_path, runner=runner, source=made)
    made.compared = [Compared("web10", Fate.FIXED, tracked(CIPHERS.finding, FindingState.FIXED))]
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("d")
        await until_text(pilot, "▸fixed")
        await pilot.press("c")
        await until_text(pilot, "it is fixed: there is nothing to claim")
    assert runner.decisions == []


async def test_a_kind_is_accepted_on_all_its_hosts(tmp_path: Path) -> None:
    runner = FakeRunner()
    app = make_app(tmp_path, runner=runner, source=source_of(web10=(CIPHERS,), dns4=(CIPHERS, MYSQL)))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("F", "down", "a")
        await until_text(pilot, "2 findings on 2 hosts", "because")
        await pilot.press(*"old client", "enter")
        await until_text(pilot, "2 findings accepted until")
    assert [(one.host, one.key, one.reason) for one in runner.decisions] == [
        ("dns4", CIPHERS.key, "old client"),
        ("web10", CIPHERS.key, "old client"),
    ]


async def test_comments_and_owners(tmp_path: Path) -> None:
    runner = FakeRunner()
    app = make_app(tmp_path, runner=runner, source=source_of(web10=(CIPHERS,)))
    async with app.run_test(size=(120, 40)) as pilot:
        app.open_host("web10", ["web10"])
        await until_text(pilot, "CBC ciphers")
        await pilot.press("m", "enter")
        await until_text(pilot, "a comment is missing")
        await pilot.press(*"asked them", "enter")
        await until_text(pilot, "commented on")
        await pilot.press("i", "enter")
        await until_text(pilot, "assigned to demo")
    assert [(one.what, one.reason) for one in runner.decisions] == [(What.COMMENT, "asked them"), (What.ASSIGN, "demo")]


async def test_what_the_engine_refuses_is_said(tmp_path: Path) -> None:
    runner = FakeRunner()
    runner.refusal = "web10: crypto.ssh.cipher:22/tcp is fixed already"
    app = make_app(tmp_path, runner=runner, source=source_of(web10=(CIPHERS,)))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("F", "c")
        await until_text(pilot, "what was done")
        await pilot.press("enter")
        await until_text(pilot, "is fixed already")


@SIZES
async def test_the_story_of_a_finding(tmp_path: Path, size: tuple[int, int]) -> None:
    made = source_of(web10=(CIPHERS,))
    hours = [NOW - timedelta(hours=number) for number in range(1, 8)]
    made.lives[CIPHERS.key] = Life(
        (
            Sight(hours[0], Saw.SEEN),
            Sight(hours[1], Saw.SEEN),
            Sight(hours[2], Saw.UNLOOKED, "needs root"),
            Sight(hours[3], Saw.UNREACHED, "no answer on port 22"),
            Sight(hours[5], Saw.SEEN),
        ),
        (
            Change(1, hours[5], "web10", ChangeKind.OPENED, CIPHERS.key, Severity.HIGH, "CBC"),
            Change(2, hours[4], "web10", ChangeKind.COMMENTED, CIPHERS.key, Severity.HIGH, "CBC", "anna", "asked [b]them[/b]"),
        ),
    )
    app = make_app(tmp_path, source=made)
    async with app.run_test(size=size) as pilot:
        app.open_host("web10", ["web10"])
        await until_text(pilot, "CBC ciphers")
        if size[0] < 100:
            await pilot.press("enter")
            await until_text(pilot, "schouw › web10 › finding")
            body = app.screen.query_one("#body", Scroll)

            def at_the_end() -> bool:
                body.scroll_end(animate=False)
                return "appeared" in screen_text(app)

            await until(pilot, at_the_end)
        await until_text(pilot, "seen by 2 scans since", "not checked: needs root", "not reached: no answer", "appeared")
        assert "anna said: asked [b]them[/b]" in screen_text(app)


# -- accepted risks --------------------------------------------------------------------------------


@SIZES
async def test_accepted_risks_the_first_to_end_first(tmp_path: Path, size: tuple[int, int]) -> None:
    made = source_of(
        web10=[accepted(CIPHERS, 90, "till the new client"), ROOT],
        dns4=[accepted(MYSQL, 5, "behind the firewall of the customer", "ben")],
    )
    app = make_app(tmp_path, source=made)
    async with app.run_test(size=size) as pilot:
        await pilot.press("A")
        await until_text(pilot, "accepted   2 risks", "1 ends within 14 days", "▸29 Nov, 5d", "22 Feb 2027", "ben: behind")
        assert screen_text(app).index("dns4") < screen_text(app).index("web10")


async def test_an_accepted_risk_is_withdrawn_and_counts_again(tmp_path: Path) -> None:
    made = source_of(web10=[accepted(CIPHERS, 90, "till the new client")])
    runner = FakeRunner()

    def decided(decision: Decision) -> Summary:
        made.tracked["web10"] = [CIPHERS]
        return summary(decision.host, [CIPHERS])

    runner.decided = decided
    app = make_app(tmp_path, runner=runner, source=made)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("A", "a")
        await until_text(pilot, "another day or reason")
        await pilot.press("down", "enter")
        await until_text(pilot, "no risk is accepted on the hosts that are shown")
    assert [(one.until, one.what) for one in runner.decisions] == [(None, What.ACCEPT)]


async def test_the_fleet_announces_what_counts_again_soon(tmp_path: Path) -> None:
    hosts = (Host(name="web1"), Host(name="web2"))
    known = {
        "web1": summary("web1", (), lapses_at=NOW + 13 * DAY),
        "web2": summary("web2", (), lapses_at=NOW + 15 * DAY),
    }
    app = make_app(tmp_path, source=FakeSource(known), hosts=hosts)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_text(pilot, "an accepted risk ends soon on 1 host: A")


@SIZES
@pytest.mark.parametrize("key", ["C", "A", "d"])
async def test_an_empty_list_says_all_that_it_has_to_say(tmp_path: Path, size: tuple[int, int], key: str) -> None:
    app = make_app(tmp_path, runner=FakeRunner(), source=source_of())
    async with app.run_test(size=size) as pilot:
        await pilot.press(key)
        await until_text(pilot, "– no", "hosts that are shown")
        assert not app.screen.query_one("#detail").display
        text = " ".join(" ".join(line.split()) for line in screen_text(app).splitlines())
    assert ("says that something was done" if key == "C" else "hosts that are shown") in text
