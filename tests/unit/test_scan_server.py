"""The engine's socket: good clients, bad clients, other versions."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schouw.errors import EngineError
from schouw.history import History
from schouw.model.finding import Decision
from schouw.model.severity import FindingState
from schouw.scan.client import Client, Streams
from schouw.scan.engine import Engine
from schouw.scan.events import VERSION, Decided, Finished, Hello, Notice, SweepDone, SweepProgress
from schouw.scan.look import Look
from schouw.scan.messages import LONGEST, Answer, Submit, read_incoming, to_line
from schouw.scan.server import serve
from tests.unit.scan_support import SERVER, Scripted, finished, running, some_hosts, until_done


def dialling(path: Path) -> Callable[[], Awaitable[Streams]]:
    async def dial() -> Streams:
        try:
            return await asyncio.open_unix_connection(str(path), limit=LONGEST)
        except OSError as error:
            raise EngineError("nobody listens") from error

    return dial


@asynccontextmanager
async def served(folder: Path, looker: Scripted) -> AsyncIterator[tuple[Engine, Path]]:
    async with running(folder, looker) as engine:
        server = await serve(engine, folder / "s")
        try:
            yield engine, folder / "s"
        finally:
            await server.close()


@asynccontextmanager
async def joined(path: Path) -> AsyncIterator[Client]:
    client = Client(dialling(path))
    await client.open()
    try:
        yield client
    finally:
        await client.close()


async def test_two_clients_see_the_same_sweep(tmp_path: Path) -> None:
    async with served(tmp_path, Scripted()) as (_, path), joined(path) as one, joined(path) as two:
        events, others = one.watch(), two.watch()
        assert isinstance(await anext(others), Hello)
        sweep = await one.submit(some_hosts("a", "b"))
        assert sorted(finished(await until_done(events, sweep))) == ["a", "b"]
        seen = await until_done(others, sweep)
        assert [event.summary.name for event in seen if isinstance(event, Finished) and event.summary] == finished(seen)


async def test_a_late_client_hears_what_is_being_scanned_and_may_cancel_it(tmp_path: Path) -> None:
    looker = Scripted()
    looker.hold["a"] = asyncio.Event()
    async with served(tmp_path, looker) as (_, path), joined(path) as one:
        sweep = await one.submit(some_hosts("a"))
        await looker.entered.wait()
        async with joined(path) as two:
            events = two.watch()
            hello = await anext(events)
            assert isinstance(hello, Hello) and hello.queued == ("a",) and hello.pid == os.getpid()
            await two.cancel()
            assert not looker.running
            assert SweepDone(sweep, ("a",)) in await until_done(events, sweep)


async def test_whoever_has_the_answer_to_a_submit_has_heard_of_its_sweep(tmp_path: Path) -> None:
    async with served(tmp_path, Scripted()) as (_, path):
        reader, writer = await dialling(path)()
        for number in range(3):
            writer.write(to_line(Submit(number, tuple(some_hosts("a", "b")), Look.NORMAL, "person")) + b"\n")
            swept = set()
            while not isinstance(said := read_incoming(await reader.readline()), Answer):
                swept |= {said.sweep} if isinstance(said, SweepProgress) else set()
            assert said.sweep in swept
        writer.close()


async def test_what_one_client_accepts_every_client_sees_and_the_history_holds(tmp_path: Path) -> None:
    looker = Scripted()
    looker.server = replace(SERVER, automatic=False)
    async with served(tmp_path, looker) as (_, path), joined(path) as one, joined(path) as two:
        events = one.watch()
        await until_done(events, await one.submit(some_hosts("a")))
        others = two.watch()
        history = History.open(tmp_path / "history.db", read_only=True)
        found = next(item for item in history.findings("a") if item.state.active)
        await one.decide(Decision("a", found.key, "ops", datetime.now(UTC) + timedelta(days=3), "till the move"))
        while not isinstance(decided := await anext(others), Decided):
            pass
        assert decided.summary == history.summary("a")
        tracked = {item.key: item for item in history.findings("a")}[found.key]
        assert (tracked.state, tracked.accepted_reason) == (FindingState.ACCEPTED, "till the move")
        with pytest.raises(EngineError, match="no finding 'nothing'"):
            await two.decide(Decision("a", "nothing", "ops", datetime.now(UTC) + timedelta(days=3), "why"))
        history.close()


async def test_the_socket_is_its_owners(tmp_path: Path) -> None:
    async with served(tmp_path, Scripted()) as (_, path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()


@pytest.mark.parametrize(
    "nonsense",
    [
        b"hello\n",
        b"[" * 100_000 + b"\n",
        b'{"command":"rm"}\n',
        b'{"command":"cancel","number":"x"}\n',
        b"\xff\xfe\n",
        b"x" * (LONGEST + 10),
    ],
)
async def test_nonsense_ends_that_client_alone(tmp_path: Path, nonsense: bytes) -> None:
    async with served(tmp_path, Scripted()) as (_, path), joined(path) as good:
        reader, writer = await dialling(path)()
        await reader.readline()
        writer.write(nonsense)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            while True:
                await reader.readuntil(b"\n")
        writer.close()
        events = good.watch()
        assert "a" in finished(await until_done(events, await good.submit(some_hosts("a"))))


async def test_an_engine_of_another_version_is_named_with_its_process(tmp_path: Path) -> None:
    async def strange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'{"event":"hello","version":%d,"pid":4711,"news":{}}\n' % (VERSION + 1))
        await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(strange, str(tmp_path / "s"))
    async with server:
        with pytest.raises(EngineError, match="kill 4711"):
            await Client(dialling(tmp_path / "s")).open()


async def test_an_engine_that_dies_right_after_its_answer_leaves_nobody_waiting(tmp_path: Path) -> None:
    async def mortal(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'{"event":"hello","version":%d,"pid":4711,"queued":[]}\n' % VERSION)
        number = json.loads(await reader.readline())["number"]
        writer.write(b'{"event":"answer","number":%d,"sweep":"s1"}\n' % number)
        writer.close()
        server.close()

    server = await asyncio.start_unix_server(mortal, str(tmp_path / "s"))
    async with joined(tmp_path / "s") as client:
        events = client.watch()
        sweep = await client.submit(some_hosts("b", "a"))
        async with asyncio.timeout(20):
            assert (await until_done(events, sweep))[-1] == SweepDone("s1", ("a", "b"))


async def test_an_engine_that_is_gone_for_good_is_said_and_nobody_waits(tmp_path: Path) -> None:
    looker = Scripted()
    looker.hold["a"] = asyncio.Event()
    async with served(tmp_path, looker) as (_, path):
        client = Client(dialling(path))
        await client.open()
        events = client.watch()
        sweep = await client.submit(some_hosts("a"))
        await looker.entered.wait()
    seen = await until_done(events, sweep)
    assert seen[-1] == SweepDone(sweep, ("a",))
    async for event in events:
        if isinstance(event, Notice) and event.text == "nobody listens":
            break
    with pytest.raises(EngineError, match="nobody listens"):
        await client.submit(some_hosts("a"))
    await client.close()
