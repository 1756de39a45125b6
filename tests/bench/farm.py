"""One sshd that answers on many loopback addresses: a fleet for measuring. It needs root."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: In a mount and process namespace of its own: what is mounted there is gone with it, and so is everything that runs in it.
_NAMESPACE = ("unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child")
_SERVE = 'if [ "$1" ]; then mount --bind "$1" "$2"; fi; exec /usr/sbin/sshd -D -e -f "$3"'

#: No server sees the processes of the others: a script looks through all that it sees, and fifty at once would look through
#: each other, fifty times fifty.
_ALONE = 'exec unshare --mount --pid --fork --mount-proc --kill-child sh -c "$SSH_ORIGINAL_COMMAND"'

#: As the script asks it (see `schouw.collect.updates`).
_POLICY = "dpkg-query -W -f '${Package}:${Architecture}\\n' | sed 's/:all$//' | xargs apt-cache policy"


@dataclass(frozen=True, slots=True)
class Farm:
    folder: Path
    port: int
    addresses: tuple[str, ...]
    silent: tuple[str, ...]
    silent_port: int

    @property
    def key(self) -> Path:
        return self.folder / "key"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    def fleet(self, addresses: tuple[str, ...]) -> Path:
        """A hosts.toml with one host an address."""
        tables = [
            f'[defaults]\nuser = "root"\nport = {self.port}\nssh_config = ""\nidentity = "{self.key}"\n'
            f'known_hosts = ["{self.known_hosts}"]\n'
        ]
        for number, address in enumerate(addresses):
            tables.append(f'[hosts.h{number}]\naddress = "{address}"\n')
            if address in self.silent:
                tables.append(f"port = {self.silent_port}\n")
        path = self.folder / f"hosts-{len(addresses)}-{len(set(addresses) & set(self.silent))}.toml"
        path.write_text("".join(tables))
        return path


@contextlib.contextmanager
def farm(hosts: int, silent: int = 0, *, recorded: bool = False) -> Iterator[Farm]:
    """`hosts` addresses that answer, and `silent` ones that accept and never say a word.

    `recorded`: the servers play back what `apt-cache policy` says on this machine, instead of spending half a second of
    processor time on it: two hundred servers on the client's own processors would measure apt and nothing else.
    """
    with tempfile.TemporaryDirectory(prefix="schouw-bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o700)
        for file in ("key", "host"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / file], check=True)
        (folder / "authorized_keys").write_text((folder / "key.pub").read_text())
        port, silent_port = _free_port(), _free_port()
        addresses = tuple(f"127.77.{number // 200}.{number % 200 + 1}" for number in range(hosts))
        mute = tuple(f"127.78.0.{number + 1}" for number in range(silent))
        public = " ".join((folder / "host.pub").read_text().split()[:2])
        (folder / "known_hosts").write_text(f"[127.77.*]:{port} {public}\n")
        for address in mute:
            stack.enter_context(socket.create_server((address, silent_port)))
        (folder / "sshd_config").write_text(
            f"ListenAddress 0.0.0.0:{port}\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized_keys\n"
            "PasswordAuthentication no\nPermitRootLogin prohibit-password\nStrictModes no\nUsePAM no\n"
            # SHLVL keeps bash from reading the start-up files of whoever works on this machine.
            f"MaxStartups 500:30:1000\nPidFile {folder}/pid\nSetEnv SHLVL=1\nForceCommand {_ALONE}\n"
        )
        stack.enter_context(_serving(folder, recorded))
        _await(addresses[0], port)
        yield Farm(folder, port, addresses, mute, silent_port)


@contextlib.contextmanager
def _serving(folder: Path, recorded: bool) -> Iterator[None]:
    apt = shutil.which("apt-cache") if recorded else None
    player = _player(folder) if apt else ""
    # The kernel ends the namespace when we end in whatever way, and it ends all that the "servers" still run.
    command = ["setpriv", "--pdeathsig", "KILL", *_NAMESPACE, "sh", "-c", _SERVE, "sh", player, apt or "", folder / "sshd_config"]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        yield
    finally:
        server.kill()
        server.wait()


def _player(folder: Path) -> Path:
    """A stand-in for apt-cache that says what the real one says."""
    answer, player = folder / "policy", folder / "apt-cache"
    with answer.open("wb") as file:
        subprocess.run(["sh", "-c", _POLICY], stdout=file, check=True)
    player.write_text(f"#!/bin/sh\nexec cat {answer}\n")
    player.chmod(0o755)
    return player


def _free_port() -> int:
    with socket.create_server(("0.0.0.0", 0)) as server:
        return int(server.getsockname()[1])


def _await(address: str, port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=1) as link:
            link.recv(4)
            return
        time.sleep(0.05)
    raise RuntimeError("sshd did not start")
