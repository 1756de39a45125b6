"""The deep look on the screen: announced with its price, made only when that is agreed to."""

from __future__ import annotations

from pathlib import Path

import pytest

from schouw.model.facts import Facts
from schouw.model.host import Host, Reach
from schouw.model.protocol import Protocol
from schouw.scan.events import Step
from schouw.scan.look import Look
from schouw.tui.app import SchouwApp
from tests.tui.driving import screen_text, until, until_text
from tests.tui.fleet import FakeRunner, FakeSource, fleet, make_app
from tests.unit.deep_facts import endpoint, tls_facts, tls_inside, tls_outside
from tests.unit.facts import listener

MAIL = (endpoint(443, name="www.example.nl"), endpoint(587, Protocol.SUBMISSION), endpoint(4190, Protocol.SIEVE))


def facts_of(name: str) -> Facts | None:
    within = tls_inside(listener(443, process="nginx"), listener(587, process="master"))
    return None if name.startswith("db") else tls_facts(tls_outside(also=MAIL), within)


def made(folder: Path, runner: FakeRunner, hosts: tuple[Host, ...] | None = None) -> SchouwApp:
    source = FakeSource(fleet()[1], facts_of=facts_of)
    return make_app(folder, runner=runner, source=source, hosts=hosts)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_what_it_costs_is_said_before_anything_happens(tmp_path: Path, size: tuple[int, int]) -> None:
    runner = FakeRunner()
    app = made(tmp_path, runner, (Host(name="web1"),))
    async with app.run_test(size=size) as pilot:
        await pilot.press("D")
        await until_text(pilot, "Deep look at web1", "443/tcp", "nginx", "about 45 connections", "esc or n: no")
        await pilot.press("G")
        await until_text(pilot, "587/tcp", "master", "194 lines in its log", "fail2ban")
        assert "4190" not in screen_text(app)  # sslyze cannot ask it, so it costs nothing
        await pilot.press("escape")
        await until(pilot, lambda: "Deep look" not in screen_text(app))
        assert runner.submitted == []


async def test_agreeing_makes_it_and_x_takes_it_back(tmp_path: Path) -> None:
    runner = FakeRunner()
    app = made(tmp_path, runner, (Host(name="web1"),))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("D")
        await until_text(pilot, "about 45 connections")
        await pilot.press("enter")
        await until(pilot, lambda: runner.looks == [Look.DEEP])
        assert runner.submitted == [("web1",)]
        runner.say(Step("web1", "deep look", 1, 3))
        await until_text(pilot, "deep look 1/3")
        await pilot.press("x")
        await until(pilot, lambda: runner.cancelled == [("web1",)])


async def test_the_host_screen_has_it_too(tmp_path: Path) -> None:
    runner = FakeRunner()
    app = made(tmp_path, runner, (Host(name="web1"),))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter")
        await until_text(pilot, "schouw › web1")
        await pilot.press("D")
        await until_text(pilot, "Deep look at web1")
        await pilot.press("enter")
        await until(pilot, lambda: runner.looks == [Look.DEEP])


async def test_hosts_of_which_nothing_is_known_say_so(tmp_path: Path) -> None:
    hosts = (Host(name="db1"), Host(name="here", reach=Reach.LOCAL), Host(name="web1", connections_per_minute=20))
    app = made(tmp_path, FakeRunner(), hosts)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("space", "space", "space", "D")
        await until_text(pilot, "Deep look at 3 hosts", "not seen from outside yet", "cannot look at itself")
        await until_text(pilot, "In all about 88 connections and 195 lines in logs, on 2 ports; 4 minutes")
