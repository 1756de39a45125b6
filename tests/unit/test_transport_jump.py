"""Jump hosts: one login for all behind them, and clear words when they fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schouw.errors import ErrorClass, HostError
from schouw.model.host import Host
from schouw.transport.ssh import HostKeyError, SshTransport, accept_host_key
from tests.unit.transport_lab import Home, Server, free_port, say


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
async def pair(home: Home) -> AsyncIterator[tuple[Server, Server]]:
    """A jump host and a server behind it, both known."""
    async with home.sshd() as bastion, home.sshd() as server:
        home.know(f"{bastion.name} {bastion.key}", f"{server.name} {server.key}")
        yield bastion, server


async def failure(ssh: SshTransport, host: Host) -> HostError:
    with pytest.raises(HostError) as caught:
        await ssh.connect(host)
    return caught.value


async def test_many_hosts_share_one_login(home: Home, pair: tuple[Server, Server]) -> None:
    bastion, server = pair
    fleet = {"bastion": home.host(bastion.port, "bastion")}
    ssh = SshTransport(fleet, home.around(per_jump=2))
    hosts = [home.host(server.port, f"web{n}", jump="bastion") for n in range(5)]
    connections = await asyncio.gather(*(ssh.connect(host) for host in hosts))
    assert await asyncio.gather(*(say(each, "echo in") for each in connections)) == ["in\n"] * 5
    assert (bastion.logins, server.logins) == (1, 5)
    await connections[0].close()
    assert connections[1].alive, "one that leaves does not take the jump host along"
    await asyncio.gather(*(each.close() for each in connections))
    await (await ssh.connect(hosts[0])).close()
    assert bastion.logins == 1
    await ssh.close()


async def test_several_in_a_row_outside_the_fleet(home: Home, pair: tuple[Server, Server]) -> None:
    first, server = pair
    async with home.sshd() as second:
        home.know(f"{second.name} {second.key}")
        ssh = SshTransport({}, home.around())
        jump = f"127.0.0.1:{first.port},127.0.0.1:{second.port}"
        connection = await ssh.connect(home.host(server.port, jump=jump))
        assert await say(connection, "echo in") == "in\n"
        assert (first.logins, second.logins, server.logins) == (1, 1, 1)
        await connection.close()
        await ssh.close()


async def test_proxyjump_of_ssh_config(home: Home, pair: tuple[Server, Server]) -> None:
    bastion, server = pair
    config = home.path / "ssh_config"
    config.write_text(f"Host web1\n ProxyJump gate\nHost gate\n HostName 127.0.0.1\n Port {bastion.port}\n")
    for each in pair:  # OpenSSH takes its own files from the real home
        accept_host_key(home.accepted, each.name, each.key)
    ssh = SshTransport({}, home.around())
    await (await ssh.connect(home.host(server.port, ssh_config=str(config)))).close()
    assert bastion.logins == 1
    await ssh.close()


async def test_a_refused_jump_host_is_asked_once_for_all(home: Home, pair: tuple[Server, Server]) -> None:
    bastion, server = pair
    wrong = home.host(bastion.port, "bastion", identity=(str(home.new_key("wrong")),))
    ssh = SshTransport({"bastion": wrong}, home.around())
    hosts = [home.host(server.port, f"web{n}", jump="bastion") for n in range(4)]
    errors = await asyncio.gather(*(failure(ssh, host) for host in hosts))
    errors.append(await failure(ssh, hosts[0]))
    assert {error.kind for error in errors} == {ErrorClass.LOGIN_REFUSED}
    assert errors[1].message.startswith("web1: its jump host failed: bastion: login as")
    assert bastion.count("Connection from") == 1
    ssh.forgive()
    await failure(ssh, hosts[0])
    assert bastion.count("Connection from") == 2
    await ssh.close()


async def test_the_key_of_a_jump_host_can_be_accepted(home: Home, pair: tuple[Server, Server]) -> None:
    bastion, server = pair
    (home.path / ".ssh" / "known_hosts").unlink()
    ssh = SshTransport({"bastion": home.host(bastion.port, "bastion")}, home.around())
    error = await failure(ssh, home.host(server.port, jump="bastion"))
    assert isinstance(error, HostKeyError)
    assert (error.kind, error.known_as, error.key) == (ErrorClass.KEY_UNKNOWN, bastion.name, bastion.key)
    assert "bastion" in error.message
    await ssh.close()


async def test_what_the_jump_host_says_of_the_next(home: Home, pair: tuple[Server, Server]) -> None:
    bastion, _ = pair
    ssh = SshTransport({"bastion": home.host(bastion.port, "bastion")}, home.around())
    error = await failure(ssh, home.host(free_port(), jump="bastion"))
    assert error.kind is ErrorClass.REFUSED
    assert "the jump host says" in error.message
    await ssh.close()


async def test_a_jump_host_that_does_not_forward(home: Home) -> None:
    async with home.sshd("AllowTcpForwarding no") as bastion:
        home.know(f"{bastion.name} {bastion.key}")
        ssh = SshTransport({"bastion": home.host(bastion.port, "bastion")}, home.around())
        error = await failure(ssh, home.host(free_port(), jump="bastion"))
        assert error.kind is ErrorClass.CONFIG
        assert "AllowTcpForwarding" in error.advice
        await ssh.close()


async def test_a_circle_is_an_error_not_a_wait(home: Home) -> None:
    fleet = {name: home.host(free_port(), name, jump=jump) for name, jump in (("a", "b"), ("b", "c"), ("c", "b"))}
    ssh = SshTransport(fleet, home.around())
    for error in await asyncio.gather(*(failure(ssh, host) for host in fleet.values())):
        assert error.kind is ErrorClass.CONFIG
        assert "circle" in error.message
    await ssh.close()


@pytest.mark.parametrize("jump", ["host:port", "-oProxyCommand=x", "a b", "x@y@z:22:"])
async def test_a_jump_host_that_is_none(home: Home, jump: str) -> None:
    ssh = SshTransport({}, home.around())
    assert (await failure(ssh, home.host(free_port(), jump=jump))).kind is ErrorClass.CONFIG
    await ssh.close()


async def test_cancelling_all_who_wait_ends_the_attempt(home: Home) -> None:
    arrived, left = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        while await reader.read(1000):
            pass
        left.set()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    ssh = SshTransport({"bastion": home.host(port, "bastion")}, home.around())
    tasks = [asyncio.create_task(ssh.connect(home.host(22, f"web{n}", jump="bastion"))) for n in range(3)]
    await arrived.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.wait_for(left.wait(), 10)
    server.close()
    await ssh.close()
