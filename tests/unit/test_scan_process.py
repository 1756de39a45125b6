"""The engine as a process of its own: started, shared, killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from schouw.errors import EngineError, HistoryError
from schouw.inventory.fleet import Limits
from schouw.model.host import Host, Reach
from schouw.scan.attach import attach, open_runner
from schouw.scan.client import Client
from schouw.scan.engine import Engine
from schouw.scan.events import Finished, Hello, Notice, SweepDone
from schouw.scan.place import Lock, Place
from schouw.transport.surroundings import Surroundings
from tests.unit.scan_support import until_done

HERE = Host(name="here", reach=Reach.LOCAL)
LIMITS = Limits()


class Home:
    """Folders for one test; ends what engine it left."""

    def __init__(self, folder: Path) -> None:
        self.history, self.state, self.runtime = folder / "history.db", folder / "state", folder / "run"
        self.around = Surroundings(home=folder, user="nobody", accepted=folder / "known_hosts")

    @property
    def where(self) -> tuple[Path, Path, Path, Limits, Surroundings]:
        return self.history, self.state, self.runtime, LIMITS, self.around

    @property
    def place(self) -> Place:
        return Place.of(self.history, self.state, self.runtime)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    yield made
    lock = tmp_path / "history.db.lock"
    text = lock.read_text().strip() if lock.exists() else ""
    if text and int(text) != os.getpid():
        os.kill(int(text), signal.SIGKILL)


@pytest.fixture
async def silent() -> asyncio.Server:  # type: ignore[misc]
    async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(nothing, "127.0.0.1")
    yield server
    server.close()


def port_of(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])


async def ended(pid: int) -> None:
    """Wait until a process that is not our child is gone."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    gone, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_reader(descriptor, gone.set)
    try:
        async with asyncio.timeout(20):
            await gone.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def test_the_second_dashboard_finds_the_engine_of_the_first(home: Home) -> None:
    async with attach(*home.where) as one, attach(*home.where) as two:
        assert one.pid == two.pid != os.getpid()
        events = two.watch()
        sweep = await one.submit([HERE])
        seen = await until_done(events, sweep)
        (end,) = (event for event in seen if isinstance(event, Finished))
        assert end.summary is not None and end.summary.state in ("scanned", "partial")


async def test_a_killed_engine_is_started_anew_and_watchers_are_told(home: Home, silent: asyncio.Server) -> None:
    async with attach(*home.where) as client:
        first, events = client.pid, client.watch()
        sweep = await client.submit([Host(name="slow", address="127.0.0.1", port=port_of(silent), ssh_config="")])
        os.kill(first, signal.SIGKILL)
        seen = await until_done(events, sweep)
        assert seen[-1] == SweepDone(sweep, ("slow",))
        hello = None
        told = False
        async for event in events:
            told = told or (isinstance(event, Notice) and "ended" in event.text)
            if isinstance(event, Hello) and event.pid:
                hello = event
                break
        assert told and hello is not None and hello.pid not in (0, first) and hello.queued == ()
        again = await client.submit([HERE])
        assert any(isinstance(event, Finished) and event.host == "here" for event in await until_done(events, again))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_ends_it_cleanly_in_mid_scan(home: Home, silent: asyncio.Server, number: signal.Signals) -> None:
    async with attach(*home.where) as client:
        events = client.watch()
        await client.submit([Host(name="slow", address="127.0.0.1", port=port_of(silent), ssh_config="")])
        socket, pid = home.place.socket, client.pid
        os.kill(pid, number)
        async for event in events:
            if isinstance(event, Hello) and event.pid not in (0, pid):
                break
        await ended(pid)
        assert socket.exists()  # the new engine's
    assert "Traceback" not in home.place.log.read_text()


async def test_a_scan_without_a_screen_joins_the_engine_or_is_one_itself(home: Home) -> None:
    async with open_runner(*home.where) as runner:
        assert isinstance(runner, Engine)
        # A dashboard that is opened meanwhile attaches to it.
        async with attach(*home.where) as client:
            assert client.pid == os.getpid()
            async with open_runner(*home.where) as second:
                assert isinstance(second, Client)
    async with attach(*home.where) as client:
        assert client.pid != os.getpid()


async def test_two_dashboards_at_the_same_moment_share_one_engine(home: Home) -> None:
    async def pid() -> int:
        async with attach(*home.where) as client:
            return client.pid

    assert len(set(await asyncio.gather(*(pid() for _ in range(4))))) == 1


async def test_an_engine_that_cannot_start_says_why(home: Home) -> None:
    home.history.write_bytes(b"this is not a database, and long enough to be taken for one" * 40)
    with pytest.raises(EngineError, match=r"history\.db"):
        async with attach(*home.where):
            pass
    with pytest.raises(HistoryError, match=r"history\.db"):
        async with open_runner(*home.where):
            pass
    lock = Lock.take(home.place.lock)
    assert lock is not None
    lock.release()


async def test_a_recording_needs_an_engine_of_its_own(home: Home, tmp_path: Path) -> None:
    async with attach(*home.where):
        with pytest.raises(EngineError, match="recorded"):
            async with open_runner(*home.where, record=tmp_path / "r.jsonl"):
                pass


def test_a_path_that_is_too_long_for_a_socket_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="XDG_RUNTIME_DIR"):
        Place.of(tmp_path / "h.db", tmp_path, tmp_path / ("x" * 120))


def test_importing_the_engine_loads_no_heavy_library() -> None:
    code = "import sys, schouw.scan; print(sorted({'asyncssh', 'sqlalchemy', 'textual', 'schouw.checks'} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
