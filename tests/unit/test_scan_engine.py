"""The engine's rules, with a history that is real and hosts that are scripted."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from schouw.errors import ErrorClass, HostError
from schouw.inventory.fleet import Limits
from schouw.model.host import Host
from schouw.model.protocol import Protocol
from schouw.model.severity import HostState
from schouw.model.tls import Endpoint
from schouw.scan.events import AnyEvent, Finished, Hello, Notice, Queued, Step, SweepDone, SweepProgress
from schouw.scan.jobs import Wish
from schouw.scan.look import Look
from tests.unit.scan_support import Scripted, finished, running, some_hosts, until_done

WEB, MAIL = Endpoint("192.0.2.1", 443, Protocol.HTTPS), Endpoint("192.0.2.1", 143, Protocol.IMAP)


async def test_a_sweep_tells_every_host_and_its_end_once(tmp_path: Path) -> None:
    async with running(tmp_path, Scripted()) as engine:
        events = engine.watch()
        assert isinstance(await anext(events), Hello)
        sweep = await engine.submit(some_hosts("a", "b", "c"))
        seen = await until_done(events, sweep)
    assert seen[0] == Queued(("a", "b", "c")) or set(seen[0].hosts) == {"a", "b", "c"}  # type: ignore[union-attr]
    assert sorted(finished(seen)) == ["a", "b", "c"]
    assert [event.summary.state for event in seen if isinstance(event, Finished) and event.summary] == [HostState.SCANNED] * 3
    assert seen[-2:] == [
        SweepProgress(sweep, 3, 3, next(event.started_at for event in seen if isinstance(event, SweepProgress))),
        SweepDone(sweep),
    ]


async def test_no_more_hosts_at_once_than_the_limit_says(tmp_path: Path) -> None:
    looker = Scripted()
    async with running(tmp_path, looker, Limits(concurrent=4, start_rate=1e6)) as engine:
        hosts = some_hosts(*(f"h{number}" for number in range(20)))
        looker.hold = {host.name: asyncio.Event() for host in hosts}
        events = engine.watch()
        sweep = await engine.submit(hosts)
        while len(looker.running) < 4:
            await anext(events)
        for held in looker.hold.values():
            held.set()
        await until_done(events, sweep)
    assert looker.most == 4


async def test_a_host_that_is_being_scanned_is_not_scanned_twice(tmp_path: Path) -> None:
    looker = Scripted()
    looker.hold["a"] = asyncio.Event()
    async with running(tmp_path, looker) as engine:
        events = engine.watch()
        first = await engine.submit(some_hosts("a"))
        await looker.entered.wait()
        second = await engine.submit(some_hosts("a"))
        looker.hold["a"].set()
        seen = await until_done(events, second)
    assert looker.looks["a"] == 1
    assert SweepDone(first) in seen and SweepDone(second) in seen


async def test_all_ports_asked_for_meanwhile_are_looked_at_afterwards(tmp_path: Path) -> None:
    looker = Scripted()
    looker.hold["a"] = asyncio.Event()
    async with running(tmp_path, looker) as engine:
        events = engine.watch()
        await engine.submit(some_hosts("a"))
        await looker.entered.wait()
        sweep = await engine.submit(some_hosts("a"), Look.ALL_PORTS)
        looker.hold["a"].set()
        await until_done(events, sweep)
    assert looker.wanted == [Look.NORMAL, Look.ALL_PORTS]


async def test_one_endpoint_asked_for_meanwhile_is_looked_at_afterwards(tmp_path: Path) -> None:
    """What the running look saw of it may be from before it was fixed."""
    looker = Scripted()
    looker.hold["a"] = asyncio.Event()
    async with running(tmp_path, looker) as engine:
        events = engine.watch()
        await engine.submit(some_hosts("a"))
        await looker.entered.wait()
        sweep = await engine.submit(some_hosts("a"), Look.ENDPOINT, only=(WEB,))
        looker.hold["a"].set()
        await until_done(events, sweep)
        assert (looker.wanted, looker.only) == ([Look.NORMAL, Look.ENDPOINT], [(), (WEB,)])
        await until_done(events, await engine.submit(some_hosts("a"), Look.FULL_TLS))
    assert looker.wanted[-1] is Look.FULL_TLS


@pytest.mark.parametrize(
    ("under_way", "asked", "covered"),
    [
        (Wish(), Wish(), True),
        (Wish(Look.ALL_PORTS), Wish(), True),
        (Wish(), Wish(Look.ALL_PORTS), False),
        (Wish(Look.ALL_PORTS), Wish(Look.FULL_TLS), False),
        (Wish(Look.INSIDE), Wish(), False),
        (Wish(), Wish(Look.ENDPOINT, (WEB,)), True),
        (Wish(Look.ENDPOINT, (WEB,)), Wish(), False),
        (Wish(Look.ENDPOINT, (WEB, MAIL)), Wish(Look.ENDPOINT, (MAIL,)), True),
        (Wish(Look.ENDPOINT, (WEB,)), Wish(Look.ENDPOINT, (MAIL,)), False),
        (Wish(Look.ENDPOINT, (MAIL,)), Wish(Look.BEFORE_TLS, (MAIL,)), False),
        (Wish(Look.SSH), Wish(Look.INSIDE), True),
    ],
)
def test_whose_wish_a_look_under_way_fulfils(under_way: Wish, asked: Wish, covered: bool) -> None:
    assert under_way.covers(asked) is covered
    both = under_way.together(asked)
    apart = ({Look.ALL_PORTS, Look.FULL_TLS}, {Look.ENDPOINT, Look.BEFORE_TLS})
    assert (both is None) == ({under_way.look, asked.look} in apart)
    assert both is None or (both.covers(asked) and both.covers(under_way))


async def test_a_silent_host_is_tried_three_times_with_jitter(tmp_path: Path) -> None:
    looker, slept = Scripted(), list[float]()
    looker.fails["a"] = [HostError(ErrorClass.SILENT, "a: silent")] * 3
    async with running(tmp_path, looker, slept=slept.append) as engine:
        events = engine.watch()
        seen = await until_done(events, await engine.submit(some_hosts("a")))
    assert looker.looks["a"] == 3
    assert len(slept) == 2 and 1 <= slept[0] <= 4 <= slept[1] <= 16
    (end,) = (event for event in seen if isinstance(event, Finished))
    assert end.summary is not None and end.summary.error_class == "silent"
    assert isinstance(seen[-1], SweepDone) and seen[-1].failed == ("a",)


async def test_every_error_begins_with_the_host_and_a_new_try_says_what_went_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looker = Scripted()
    looker.fails["a"] = [HostError(ErrorClass.DEADLINE, "the host did not finish within 60 seconds", "look at its load")]
    looker.fails["b"] = [HostError(ErrorClass.DROPPED, "b: the connection ended")]
    async with running(tmp_path, looker) as engine:
        told: list[AnyEvent] = []  # a watcher may miss a step that another one follows at once
        tell = engine.watchers.tell

        def note(event: AnyEvent) -> None:
            told.append(event)
            tell(event)

        monkeypatch.setattr(engine.watchers, "tell", note)
        seen = await until_done(engine.watch(), await engine.submit(some_hosts("a", "b")))
    errors = {event.host: event.summary.error for event in seen if isinstance(event, Finished) and event.summary}
    assert errors == {"a": "a: the host did not finish within 60 seconds; look at its load", "b": ""}
    assert Step("b", "dropped, again soon", 1, 2) in told


async def test_a_refused_login_or_a_changed_key_is_never_tried_again(tmp_path: Path) -> None:
    looker = Scripted()
    looker.fails["a"] = [HostError(ErrorClass.LOGIN_REFUSED, "a: refused")]
    looker.fails["b"] = [HostError(ErrorClass.KEY_CHANGED, "b: changed")]
    async with running(tmp_path, looker) as engine:
        events = engine.watch()
        await until_done(events, await engine.submit(some_hosts("a", "b")))
    assert looker.looks == {"a": 1, "b": 1}


async def test_three_refusals_pause_all_who_share_the_key(tmp_path: Path) -> None:
    looker = Scripted()
    names = [f"h{number}" for number in range(8)]
    looker.fails = {name: [HostError(ErrorClass.LOGIN_REFUSED, f"{name}: refused")] for name in names}
    hosts = [*some_hosts(*names), Host(name="other", user="deploy", ssh_config="")]
    async with running(tmp_path, looker, Limits(concurrent=1, start_rate=1e6)) as engine:
        events = engine.watch()
        seen = await until_done(events, await engine.submit(hosts))
        assert sum(looker.looks[name] for name in names) == 3
        assert looker.looks["other"] == 1
        errors = [event.summary.error for event in seen if isinstance(event, Finished) and event.summary]
        assert sum("not tried" in error for error in errors) == 5
        # A person who asks again gets another try.
        await until_done(events, await engine.submit(some_hosts("h7")))
    assert looker.looks["h7"] == 1


async def test_sick_hosts_delay_nobody(tmp_path: Path) -> None:
    looker = Scripted()
    sick = [f"sick{number}" for number in range(10)]
    looker.fails = {name: [HostError(ErrorClass.NO_NAME, name)] for name in sick}
    async with running(tmp_path, looker, Limits(concurrent=2, start_rate=1e6)) as engine:
        events = engine.watch()
        await until_done(events, await engine.submit(some_hosts(*sick)))
        looker.hold = {name: asyncio.Event() for name in sick}
        sweep = await engine.submit(some_hosts(*sick, "good1", "good2", "good3"))
        good: list[str] = []
        async for event in events:
            if isinstance(event, Finished):
                good.append(event.host)
            if len(good) == 3:
                break
        assert sorted(good) == ["good1", "good2", "good3"]
        assert len(looker.running) == 5
        for event_ in looker.hold.values():
            event_.set()
        await until_done(events, sweep)


async def test_a_rescan_overtakes_the_sweep(tmp_path: Path) -> None:
    looker = Scripted()
    names = [f"h{number}" for number in range(9)]
    looker.hold = {name: asyncio.Event() for name in names[:-1]}
    async with running(tmp_path, looker, Limits(concurrent=1, start_rate=1e6)) as engine:
        events = engine.watch()
        await engine.submit(some_hosts(*names))
        await looker.entered.wait()
        seen = await until_done(events, await engine.submit(some_hosts("h8")))
        assert finished(seen) == ["h8"]


async def test_cancelling_one_leaves_the_others_and_touches_no_history(tmp_path: Path) -> None:
    looker = Scripted()
    looker.hold = {"a": asyncio.Event(), "b": asyncio.Event()}
    async with running(tmp_path, looker) as engine:
        events = engine.watch()
        sweep = await engine.submit(some_hosts("a", "b"))
        while looker.running != {"a", "b"}:
            await anext(events)
        await engine.cancel(["a"])
        assert looker.running == {"b"}
        looker.hold["b"].set()
        seen = await until_done(events, sweep)
    assert Finished("a", None) in seen
    assert isinstance(seen[-1], SweepDone) and seen[-1].failed == ("a",)


async def test_closing_ends_everything(tmp_path: Path) -> None:
    looker = Scripted()
    looker.hold = {name: asyncio.Event() for name in "abc"}
    async with running(tmp_path, looker) as engine:
        await engine.submit(some_hosts("a", "b", "c"))
        await looker.entered.wait()
    assert looker.closed and not looker.running and not engine.busy


async def test_a_mistake_of_ours_costs_one_host(tmp_path: Path) -> None:
    class Broken(Scripted):
        async def look(self, host, look, previous, on_step, only=None):  # type: ignore[no-untyped-def]
            if host.name == "a":
                raise ZeroDivisionError("oops")
            return await super().look(host, look, previous, on_step)

    async with running(tmp_path, Broken()) as engine:
        events = engine.watch()
        seen = await until_done(events, await engine.submit(some_hosts("a", "b")))
    states = {event.host: event.summary.error_class for event in seen if isinstance(event, Finished) and event.summary}
    assert states == {"a": "internal", "b": ""}
    assert not any(isinstance(event, Notice) for event in seen)


async def test_the_second_look_knows_what_the_first_saw(tmp_path: Path) -> None:
    looker = Scripted()
    async with running(tmp_path, looker) as engine:
        events = engine.watch()
        await until_done(events, await engine.submit(some_hosts("a")))
        assert looker.previous["a"] is None
        await until_done(events, await engine.submit(some_hosts("a")))
    assert looker.previous["a"] is not None


async def test_a_slow_watcher_loses_steps_but_no_end(tmp_path: Path) -> None:
    async with running(tmp_path, Scripted()) as engine:
        slow, quick = engine.join(), engine.watch()
        for _ in range(3):
            await until_done(quick, await engine.submit(some_hosts("a", "b")))
        waiting = await slow.take()
    assert sum(isinstance(event, Finished) for event in waiting) == 6
    assert sum(isinstance(event, Step) for event in waiting) == 2
