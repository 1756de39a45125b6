"""Servers that refuse, drip, lie or talk something else: each ends in its own class of error, and in time."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import asyncssh
import pytest

from schouw.errors import WORTH_RETRYING, ErrorClass, HostError
from schouw.model.host import Host, Timeouts
from schouw.transport.ssh import SshTransport
from schouw.transport.ssh.dial import dial
from tests.unit.transport_lab import Handler, Home, free_port, odd_server

SHORT = Timeouts(connect=0.3, login=0.3)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


async def failure(home: Home, host: Host) -> HostError:
    before = asyncio.all_tasks()
    ssh = SshTransport({}, home.around())
    with pytest.raises(HostError) as caught:
        async with asyncio.timeout(20):
            await ssh.connect(host)
    await ssh.close()
    assert str(caught.value).isprintable()
    assert asyncio.all_tasks() <= before | {task for task in asyncio.all_tasks() if "serve" in repr(task)}
    return caught.value


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def greets_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-odd\r\n")
    await reader.read()


async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"S")
        await asyncio.sleep(0.05)


async def drips_lines(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"wait\r\n")
        await asyncio.sleep(0.05)


async def closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def speaks_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n<html>\x1b]0;pwn\x07</html>")
    writer.close()


async def endless_banner(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"welcome\r\n" * 1000)
        await writer.drain()


async def endless_line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def old_ssh(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-1.5-ancient\r\n")
    await reader.read()


async def odd_version(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-\xff\x1b[31m\r\n")
    await reader.read()


async def huge_packet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-odd\r\n" + b"\xff" * 64)
    await reader.read()


async def says_goodbye(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    text = b"\x1b[2J[bold]Too many"
    payload = b"\x01" + (12).to_bytes(4) + len(text).to_bytes(4) + text + bytes(4)
    padding = 8 - (len(payload) + 5) % 8 + 8
    packet = bytes([padding]) + payload + bytes(padding)
    writer.write(b"SSH-2.0-odd\r\n" + len(packet).to_bytes(4) + packet)
    await reader.read()


@pytest.mark.parametrize(
    ("handler", "kind", "says"),
    [
        (silent, ErrorClass.SILENT, "version"),
        (greets_only, ErrorClass.SILENT, "kex"),
        (drips, ErrorClass.SILENT, "version"),
        (drips_lines, ErrorClass.SILENT, "version"),
        (closes, ErrorClass.DROPPED, "closed before an SSH greeting"),
        (speaks_http, ErrorClass.DROPPED, "closed before an SSH greeting"),
        (endless_banner, ErrorClass.OUTPUT_ODD, "anner"),
        (endless_line, ErrorClass.OUTPUT_ODD, "anner"),
        (old_ssh, ErrorClass.OUTPUT_ODD, "nsupported SSH version"),
        (odd_version, ErrorClass.OUTPUT_ODD, "not understood"),
        (huge_packet, ErrorClass.OUTPUT_ODD, ""),
        (says_goodbye, ErrorClass.DROPPED, "�[2J[bold]Too many"),
    ],
)
async def test_servers_that_do_not_let_us_log_in(home: Home, handler: Handler, kind: ErrorClass, says: str) -> None:
    async with odd_server(handler) as port:
        error = await failure(home, home.host(port, timeouts=SHORT if kind is ErrorClass.SILENT else Timeouts()))
    assert error.kind is kind
    assert says in error.message


async def test_a_port_that_nothing_listens_on(home: Home) -> None:
    error = await failure(home, home.host(free_port()))
    assert error.kind is ErrorClass.REFUSED
    assert error.kind in WORTH_RETRYING


async def test_a_port_that_never_answers(home: Home) -> None:
    with socket.socket() as full:  # its queue is full: further connects wait
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()):
            error = await failure(home, home.host(full.getsockname()[1], timeouts=SHORT))
    assert error.kind is ErrorClass.SILENT
    assert "within 0.3 s" in error.message
    assert "tcp" in error.message


async def test_a_name_that_does_not_exist(home: Home) -> None:
    error = await failure(home, home.host(22, address="no-such-host.invalid"))
    assert error.kind is ErrorClass.NO_NAME
    assert "no-such-host.invalid" in error.message


async def test_no_route(home: Home) -> None:
    error = await failure(home, home.host(22, address="255.255.255.255"))
    assert error.kind is ErrorClass.NO_ROUTE


class _Open(asyncssh.SSHServer):
    """Lets everyone in without a login."""

    def begin_auth(self, username: str) -> bool:
        return False


async def test_a_server_that_asks_for_no_login(home: Home) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen("127.0.0.1", 0, server_host_keys=[key], server_factory=_Open)
    home.know(f"[127.0.0.1]:{server.get_port()} {key.export_public_key().decode().strip()}")
    error = await failure(home, home.host(server.get_port()))
    assert error.kind is ErrorClass.LOGIN_REFUSED
    assert "without asking for any proof" in error.message
    server.close()
    await server.wait_closed()


async def test_an_address_that_is_silent_does_not_delay_the_next(home: Home) -> None:
    async with odd_server(silent) as port:
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            with socket.create_connection(full.getsockname()):
                opened = await dial([(socket.AF_INET, full.getsockname()), (socket.AF_INET, ("127.0.0.1", port))])
        assert opened.getpeername()[1] == port
        opened.close()


async def test_the_error_of_the_address_that_came_closest(home: Home) -> None:
    with pytest.raises(ConnectionRefusedError):
        await dial([(socket.AF_INET, ("255.255.255.255", 22)), (socket.AF_INET, ("127.0.0.1", free_port()))])
