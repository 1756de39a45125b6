"""Between engine and screen: what is kept, what is merged, what happens when the engine goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from schouw.errors import EngineError
from schouw.model.host import Host
from schouw.model.tls import Endpoint
from schouw.scan.events import AnyEvent, Finished, Hello, Queued, Step, SweepDone, SweepProgress
from schouw.scan.look import Look
from schouw.tui.engine import EngineLink
from schouw.tui.feed import Feed
from schouw.tui.hearing import hear
from schouw.views.status import Live
from tests.tui.fleet import NOW, FakeRunner, summary


def test_only_the_last_step_of_a_host_is_kept_and_a_finish_never_lost() -> None:
    feed = Feed()
    done = summary("a")
    hear(feed, Queued(("a",)))
    for number in range(1000):
        hear(feed, Step("a", "x", number, 9))
    hear(feed, Finished("a", done))
    hear(feed, Queued(("a",)))
    batch = feed.drain()
    assert batch.changes == {"a": (done, Live())}
    assert batch.finished == {"a"}
    assert feed.drain().changes == {}


def test_a_cancelled_scan_leaves_what_was_known() -> None:
    feed = Feed()
    hear(feed, Step("a", "x"))
    hear(feed, Finished("a", None))
    assert feed.drain().changes == {"a": (None,)}


def test_a_sweep_is_over_when_it_is_said_to_be() -> None:
    feed = Feed()
    hear(feed, SweepProgress("one", 1, 2, NOW))
    hear(feed, SweepDone("another"))
    assert feed.sweep
    hear(feed, SweepDone("one"))
    assert feed.sweep is None


def test_hello_says_what_runs_and_nothing_else_does() -> None:
    feed = Feed()
    hear(feed, Step("a", "x"))
    feed.drain()
    hear(feed, Hello(1, 1, ("b",)))
    batch = feed.drain()
    assert batch.changes == {"a": (None,), "b": (Live(),)}
    assert batch.hello


class Failing(FakeRunner):
    async def submit(
        self, hosts: Sequence[Host], look: Look = Look.NORMAL, by: str = "person", only: tuple[Endpoint, ...] = ()
    ) -> str:
        raise EngineError("the engine is another version")

    async def watch(self) -> AsyncIterator[AnyEvent]:
        yield Hello(1, 1)
        await asyncio.Event().wait()


async def test_an_engine_that_cannot_be_started_is_said_and_tried_again() -> None:
    tries = 0
    told = asyncio.Event()
    runner = Failing()

    async def factory() -> FakeRunner:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise EngineError("no room for a socket")
        return runner

    troubles: list[str] = []
    link = EngineLink(factory, Feed())

    def changed() -> None:
        troubles.append(link.trouble)
        if not link.trouble:
            told.set()

    task = asyncio.create_task(link.follow(changed))
    async with asyncio.timeout(10):
        await told.wait()
    assert "no room for a socket" in troubles[0]
    assert troubles[-1] == ""
    assert await link.submit([Host(name="a")]) == "the engine is another version"
    assert await link.cancel(["a"]) == ""
    task.cancel()
