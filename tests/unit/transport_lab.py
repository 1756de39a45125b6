"""Real servers on loopback for the transport's tests: OpenSSH's sshd, its agent, and some that misbehave."""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

from schouw.model.host import Host, Timeouts
from schouw.transport import Surroundings
from schouw.transport.base import Connection

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "/usr/sbin/sshd"
USER = getpass.getuser()


@dataclass
class Server:
    """A running sshd. `log` is what it said so far."""

    port: int
    key: str
    """Its public host key, ``ssh-ed25519 AAAA…``."""
    log: list[str] = field(default_factory=list)

    def count(self, text: str) -> int:
        return sum(text in line for line in self.log)

    @property
    def logins(self) -> int:
        return self.count("Accepted publickey")

    @property
    def name(self) -> str:
        return f"[127.0.0.1]:{self.port}"


@dataclass
class Home:
    """A home of our own: nothing of the person who runs the tests is read or written."""

    path: Path

    def __post_init__(self) -> None:
        (self.path / ".ssh").mkdir(mode=0o700, parents=True)
        (self.path / "system").mkdir()
        self.key = self.new_key("id_test")
        self.accepted = self.path / "state" / "known_hosts"

    def new_key(self, name: str, passphrase: str | None = None, kind: str = "ssh-ed25519") -> Path:
        path = self.path / name
        key = asyncssh.generate_private_key(kind)
        form = "pkcs8-pem" if passphrase else "openssh"
        path.write_bytes(key.export_private_key(form, passphrase=passphrase))
        path.chmod(0o600)
        path.with_name(f"{name}.pub").write_bytes(key.export_public_key())
        return path

    def around(self, agent: str = "", per_jump: int = 8) -> Surroundings:
        return Surroundings(
            home=self.path, user=USER, accepted=self.accepted, agent=agent, system=self.path / "system", per_jump=per_jump
        )

    def know(self, *lines: str) -> None:
        with (self.path / ".ssh" / "known_hosts").open("a") as file:
            file.writelines(f"{line}\n" for line in lines)

    def host(self, port: int, name: str = "web1", **fields: Any) -> Host:
        known: dict[str, Any] = {
            "address": "127.0.0.1",
            "identity": (str(self.key),),
            "ssh_config": "",
            "timeouts": Timeouts(connect=10, login=10),
        }
        return Host(name=name, port=port, **{**known, **fields})

    @asynccontextmanager
    async def sshd(self, *settings: str, authorized: Path | None = None, kind: str = "ed25519") -> AsyncIterator[Server]:
        """An sshd that lets the home's key in. `settings` are lines of sshd_config and win."""
        port = free_port()
        folder = self.path / f"sshd-{port}"
        folder.mkdir()
        host_key = folder / "host_key"
        await run("ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(host_key))
        (folder / "authorized_keys").write_bytes(
            (authorized or self.key).with_name(f"{(authorized or self.key).name}.pub").read_bytes()
        )
        config = folder / "sshd_config"
        base = [
            f"ListenAddress 127.0.0.1:{port}",
            f"HostKey {host_key}",
            f"AuthorizedKeysFile {folder / 'authorized_keys'}",
            f"PidFile {folder / 'pid'}",
            "StrictModes no",
            "UsePAM no",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "PermitRootLogin prohibit-password",
            "MaxStartups 200",
            "LogLevel VERBOSE",
        ]
        config.write_text("\n".join([*settings, *base, ""]))
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)  # noqa: PTH103  # sshd wants it; usually its service makes it
        process = await asyncio.create_subprocess_exec(
            SSHD, "-D", "-e", "-f", str(config), stderr=asyncio.subprocess.PIPE, start_new_session=True
        )
        assert process.stderr is not None
        server = Server(port, " ".join(host_key.with_name("host_key.pub").read_text().split()[:2]))
        while not server.count("Server listening"):
            line = await process.stderr.readline()
            assert line, server.log
            server.log.append(line.decode())
        listening = asyncio.create_task(_follow(process.stderr, server.log))
        try:
            yield server
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # its children too: each holds the log open
            await asyncio.gather(listening, return_exceptions=True)
            await process.wait()

    @asynccontextmanager
    async def agent(self, *keys: Path) -> AsyncIterator[str]:
        """An ssh-agent holding `keys`; its socket."""
        path = self.path / "agent.sock"
        process = await asyncio.create_subprocess_exec("ssh-agent", "-D", "-a", str(path), stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        await process.stdout.readline()  # it prints its socket once that is there
        try:
            for key in keys:
                await run("ssh-add", "-q", str(key), env={**os.environ, "SSH_AUTH_SOCK": str(path)})
            yield str(path)
        finally:
            process.terminate()
            await process.wait()


async def _follow(stream: asyncio.StreamReader, log: list[str]) -> None:
    while line := await stream.readline():
        log.append(line.decode())


async def run(*command: str, env: dict[str, str] | None = None) -> None:
    process = await asyncio.create_subprocess_exec(*command, env=env, stderr=asyncio.subprocess.PIPE)
    _, problems = await process.communicate()
    assert process.returncode == 0, problems


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def odd_server(handler: Handler) -> AsyncIterator[int]:
    """A server that does with each connection what `handler` says, until the test ends; its port."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def say(connection: Connection, script: str) -> str:
    """Run `script` in a shell of its own and give back all it printed."""
    shell = await connection.shell()
    try:
        await shell.send(f"{script}\nexit\n".encode())
        out = b""
        while piece := await shell.receive(65536):
            out += piece
        return out.decode()
    finally:
        await shell.close()


def running(marker: str) -> list[int]:
    """Processes of this machine that have `marker` as one of their arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if marker.encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found
