"""For the deep look's tests: sslyze's environment, TLS servers that are odd in one way each, runners that misbehave."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schouw.model.protocol import Protocol
from schouw.model.tls import Endpoint
from schouw.probe.budget import Budget
from schouw.probe.deep import environment
from schouw.probe.deep.look import DeepResult, Limits, look
from tests.unit.transport_lab import free_port

NAME = "www.example.nl"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
USUAL = Limits()
OPENSSL = shutil.which("openssl") or "openssl"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "nginx"


def sslyze() -> Path:
    """The interpreter of sslyze's environment; `make test` makes one."""
    found = environment.status(environment.location(Path("/nowhere")))
    if found.problem and os.environ.get("CI") != "true":
        pytest.skip(found.problem)
    assert found.problem == ""
    return found.interpreter


@dataclass(frozen=True)
class Pair:
    """A certificate for `NAME` and its key, signed by itself."""

    certificate: Path
    key: Path

    @classmethod
    def make(cls, folder: Path) -> Pair:
        pair = cls(folder / "certificate.pem", folder / "key.pem")
        command = [OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={NAME}"]
        names = ["-addext", f"subjectAltName=DNS:{NAME}", "-addext", "basicConstraints=critical,CA:FALSE"]
        files = ["-keyout", str(pair.key), "-out", str(pair.certificate)]
        subprocess.run([*command, *names, *files], check=True, capture_output=True)
        return pair

    def context(self) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.certificate, self.key)
        return made


@asynccontextmanager
async def program(*command: str, port: int, config: Path | None = None) -> AsyncIterator[int]:
    """A server of somebody else's on `port`, for as long as the block lasts. `config`: openssl.cnf."""
    env = {"PATH": os.environ["PATH"]} | ({"OPENSSL_CONF": str(config)} if config else {})
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, env=env
    )
    try:
        async with asyncio.timeout(20):
            while not listens(port):
                assert process.returncode is None, f"{command[0]} did not start"
                await asyncio.sleep(0.02)
        yield port
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def listens(port: int) -> bool:
    """Without a connection, which some of these servers would count."""
    listening = f"0100007F:{port:04X} 00000000:0000 0A"
    return any(listening in line for line in Path("/proc/net/tcp").read_text().splitlines())


def s_server(pair: Pair, *options: str, config: Path | None = None) -> AbstractAsyncContextManager[int]:
    port = free_port()
    given = ("-accept", f"127.0.0.1:{port}", "-cert", str(pair.certificate), "-key", str(pair.key), *options)
    return program(OPENSSL, "s_server", "-quiet", *given, port=port, config=config)


def openssl_settings(folder: Path, options: str) -> Path:
    """An openssl.cnf for what `s_server` has no option for."""
    path = folder / "openssl.cnf"
    path.write_text(f"openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nOptions = {options}\n")
    return path


def nginx(pair: Pair, folder: Path, *settings: str) -> AbstractAsyncContextManager[int]:
    """A real one, as its own master, with `settings` in its only server."""
    port = free_port()
    inside = "".join(f"    {line};\n" for line in settings)
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/errors;\n"
        f"events {{}}\nhttp {{\n  access_log {folder}/access;\n"
        + "".join(f"  {kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        + f"  server {{\n    listen 127.0.0.1:{port} ssl;\n    ssl_certificate {pair.certificate};\n"
        f"    ssl_certificate_key {pair.key};\n    ssl_session_cache shared:a:1m;\n{inside}    return 204;\n  }}\n}}\n"
    )
    return program(NGINX, "-e", str(folder / "errors"), "-c", str(config), port=port)


class Mail:
    """An SMTP server that begins TLS after a few words. `limit`: the connections that it takes; then it says 421."""

    def __init__(self, pair: Pair, limit: int = 10_000) -> None:
        self._context, self._limit = pair.context(), limit
        self.taken = self.now = self.most = 0
        self.named: set[str] = set()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.taken += 1
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the probe has seen enough
        finally:
            self.now -= 1

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.taken > self._limit:
            writer.write(b"421 too many connections from your address\r\n")
            await writer.drain()
            return
        writer.write(b"220-mail.example.nl\r\n220 ready\r\n")
        self.named.add((await reader.readuntil(b"\n")).decode().strip())
        writer.write(b"250-mail.example.nl\r\n250 STARTTLS\r\n")
        await reader.readuntil(b"\n")
        writer.write(b"220 go on\r\n")
        await writer.drain()
        await writer.start_tls(self._context, ssl_handshake_timeout=5)
        await reader.read(100)


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes the connection and says nothing."""
    await reader.read()


async def resetting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Resets after the ClientHello."""
    await reader.read(100)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def babbling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A banner without end."""
    while not writer.is_closing():
        writer.write(b"220-\xff\x1b[31m banner\r\n" * 500)
        await writer.drain()
        await asyncio.sleep(0)


async def gibberish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers a ClientHello with something else."""
    await reader.read(100)
    writer.write(os.urandom(3000))
    await writer.drain()


async def deep(
    *those: Endpoint,
    interpreter: Path | None = None,
    budget: Budget | None = None,
    limits: Limits = USUAL,
    on_step: Callable[[str, int, int], None] = lambda _step, _done, _total: None,
) -> DeepResult:
    runner = sslyze() if interpreter is None else interpreter
    return await look(those, "host.example.nl", runner, budget or Budget(6000), lambda: NOW, on_step, limits)


def endpoint(port: int, protocol: Protocol = Protocol.HTTPS, name: str = NAME) -> Endpoint:
    return Endpoint("127.0.0.1", port, protocol, name)


def fake(folder: Path, *lines: str, greeting: str = '{"version": 1, "sslyze": "6.3.9", "problem": ""}') -> Path:
    """An interpreter that greets and then does as the `lines` of Python say, whatever it is asked to run. `ask()` waits for a
    request, `say(text)` writes a line."""
    path = folder / "python"
    head = "import os, signal, subprocess, sys, time\nask = sys.stdin.readline\nsay = lambda text: print(text, flush=True)\n"
    path.write_text(f"#!{sys.executable}\n{head}say({greeting!r})\n" + "\n".join(lines) + "\n")
    path.chmod(0o755)
    return path


async def gone(pid: int) -> bool:
    """Wait for the end of a process that need not be our child; False when it has not come after 20 s."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, ended.set)
    try:
        async with asyncio.timeout(20):
            await ended.wait()
        return True
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def children() -> dict[int, str]:
    """Processes of ours that run a deep look: their number and command line."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                command = (entry / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue
            if parent == os.getpid() and "runner.py" in command:
                found[int(entry.name)] = command
    return found
