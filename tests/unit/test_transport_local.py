"""This machine, without SSH."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from schouw.errors import ErrorClass, HostError
from schouw.model.host import Host, Reach
from schouw.transport import Surroundings, open_transport
from schouw.transport.local import LocalTransport
from tests.unit.transport_lab import running, say

HERE = Host(name="here", reach=Reach.LOCAL)


async def test_runs_a_script_with_nothing_of_our_environment() -> None:
    connection = await LocalTransport().connect(HERE)
    out = await say(connection, "echo $((6*7)); env | cut -d= -f1 | sort | tr '\\n' ' '; echo lost >&2")
    assert out.split()[0] == "42"
    assert set(out.split()[1:]) <= {"HOME", "LC_ALL", "PATH", "PWD", "OLDPWD", "SHLVL", "_"}
    assert (connection.peer, connection.kexinit, connection.server_version) == ("", None, "")
    assert connection.alive
    await connection.close()
    assert not connection.alive


async def test_closing_ends_everything_that_the_script_started() -> None:
    seconds = str(300_000_000 + os.getpid())
    connection = await LocalTransport().connect(HERE)
    shell = await connection.shell()
    await shell.send(f"trap '' TERM; sleep {seconds} & timeout 99 sleep {seconds} & echo on; sleep {seconds}\n".encode())
    assert await shell.receive(100) == b"on\n"
    await connection.close()
    assert running(seconds) == []


async def test_something_that_left_the_group_does_not_hold_us_up() -> None:
    seconds = str(400_000_000 + os.getpid())
    connection = await LocalTransport().connect(HERE)
    shell = await connection.shell()
    await shell.send(f"setsid sleep {seconds} & sleep 0.2; echo on; sleep 60\n".encode())
    assert await shell.receive(100) == b"on\n"
    await connection.close()
    for left in running(seconds):
        os.kill(left, 9)


async def test_a_shell_that_ended_says_so() -> None:
    connection = await LocalTransport().connect(HERE)
    shell = await connection.shell()
    await shell.send(b"exit\n")
    assert await shell.receive(100) == b""
    with pytest.raises(HostError) as caught:
        for _ in range(10):
            await shell.send(b"x" * 100_000)
    assert caught.value.kind is ErrorClass.DROPPED
    await shell.close()
    await connection.close()


async def test_a_host_is_reached_the_way_it_says(tmp_path: Path) -> None:
    around = Surroundings(home=tmp_path, user="me", accepted=tmp_path / "known_hosts", system=tmp_path)
    transport = open_transport({}, around)
    connection = await transport.connect(HERE)
    assert await say(connection, "echo here") == "here\n"
    await connection.close()
    with pytest.raises(HostError) as caught:
        await transport.connect(Host(name="dark", reach=Reach.OUTSIDE))
    assert caught.value.kind is ErrorClass.NO_SHELL
    with pytest.raises(HostError) as caught:
        await transport.connect(Host(name="web1", address="127.0.0.1", port=1, ssh_config=""))
    assert caught.value.kind is ErrorClass.NO_KEY
    await transport.close()


def test_importing_it_loads_no_ssh_library() -> None:
    code = "import sys, schouw.transport; sys.exit('asyncssh' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
