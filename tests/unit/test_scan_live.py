"""Looking at real hosts: this machine, and an sshd on loopback."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from schouw.errors import ErrorClass, HostError
from schouw.model.facts import Facts
from schouw.model.host import Host, Reach
from schouw.model.outside import PortState
from schouw.scan.live import LiveLooker
from schouw.scan.look import Look
from schouw.transport import open_transport
from tests.unit.transport_lab import Home, free_port

HERE = Host(name="here", reach=Reach.LOCAL)


def quiet(step: str, done: int, total: int) -> None:
    pass


@asynccontextmanager
async def looking(home: Home) -> AsyncIterator[LiveLooker]:
    looker = LiveLooker(open_transport({}, home.around()))
    try:
        yield looker
    finally:
        await looker.close()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def shells() -> set[int]:
    """Children of ours, whatever they are."""
    return {
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and (stat := _read(entry / "stat")) and int(stat.rpartition(")")[2].split()[1]) == os.getpid()
    }


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


async def test_this_machine_has_an_inside_and_says_why_it_has_no_outside(home: Home) -> None:
    async with looking(home) as looker:
        seen = await looker.look(HERE, Look.NORMAL, None, quiet)
    assert seen.inside.result is not None and seen.inside.result.system.result is not None
    assert seen.outside.result is None and "itself" in seen.outside.reason


async def test_a_host_has_both_views_and_its_ssh_offer_costs_no_connection(home: Home) -> None:
    async with home.sshd() as server, looking(home) as looker:
        home.know(f"{server.name} {server.key}")
        host = home.host(server.port)
        seen = await looker.look(host, Look.NORMAL, None, quiet)
        assert seen.inside.result is not None and seen.outside.result is not None
        ports = {one.port: one.state for one in seen.outside.result.ports.result or ()}
        assert ports[server.port] is PortState.OPEN
        offer = next(one.result for one in seen.outside.result.ssh if one.result and one.result.port == server.port)
        assert "curve25519-sha256" in offer.kex
        assert server.count("Connection from") == server.logins == 1


async def test_only_a_watched_host_keeps_its_connection(home: Home) -> None:
    async with home.sshd() as server, looking(home) as looker:
        home.know(f"{server.name} {server.key}")
        host = home.host(server.port)
        before: Facts | None = None
        for _ in range(2):
            before = await looker.look(host, Look.INSIDE, before, quiet)
        assert server.logins == 2
        await looker.keep(host)
        for _ in range(3):
            before = await looker.look(host, Look.INSIDE, before, quiet)
        assert server.logins == 3


async def test_cancelling_leaves_no_process_behind(home: Home) -> None:
    before = shells()
    entered = asyncio.Event()
    async with looking(home) as looker:
        task = asyncio.create_task(looker.look(HERE, Look.NORMAL, None, lambda *_: entered.set()))
        await entered.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert shells() == before


async def test_a_host_without_a_way_in_is_looked_at_from_outside(home: Home) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    with listener:
        port = listener.getsockname()[1]
        host = Host(name="cdn", address="127.0.0.1", reach=Reach.OUTSIDE, port=port)
        async with looking(home) as looker:
            seen = await looker.look(host, Look.NORMAL, None, quiet)
    assert seen.inside.result is None and seen.inside.reason
    assert seen.outside.result is not None
    assert any(one.port == port and one.state is PortState.OPEN for one in seen.outside.result.ports.result or ())


async def test_a_host_that_refuses_or_is_not_known_is_not_scanned(home: Home) -> None:
    async with home.sshd() as server, looking(home) as looker:
        with pytest.raises(HostError) as unknown:
            await looker.look(home.host(server.port), Look.NORMAL, None, quiet)
        with pytest.raises(HostError) as refused:
            await looker.look(home.host(free_port()), Look.NORMAL, None, quiet)
    assert unknown.value.kind is ErrorClass.KEY_UNKNOWN
    assert refused.value.kind is ErrorClass.REFUSED
