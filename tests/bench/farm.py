"""One sshd that answers on many loopback addresses: a fleet for measuring."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PORT = 2222


@dataclass(frozen=True, slots=True)
class Farm:
    folder: Path
    addresses: tuple[str, ...]
    silent: tuple[str, ...]

    @property
    def key(self) -> Path:
        return self.folder / "key"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    def fleet(self, addresses: tuple[str, ...]) -> Path:
        """A hosts.toml with one host an address."""
        tables = [
            f'[defaults]\nuser = "root"\nport = {PORT}\nssh_config = ""\nidentity = "{self.key}"\n'
            f'known_hosts = ["{self.known_hosts}"]\n'
        ]
        tables += [f'[hosts.h{number}]\naddress = "{address}"\n' for number, address in enumerate(addresses)]
        path = self.folder / f"hosts-{len(addresses)}-{len(set(addresses) & set(self.silent))}.toml"
        path.write_text("\n".join(tables))
        return path


@contextlib.contextmanager
def farm(hosts: int, silent: int = 0) -> Iterator[Farm]:
    """`hosts` addresses that answer, and `silent` ones that accept and never say a word."""
    with tempfile.TemporaryDirectory(prefix="schouw-bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o700)
        for file in ("key", "host"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / file], check=True)
        (folder / "authorized_keys").write_text((folder / "key.pub").read_text())
        addresses = tuple(f"127.77.{number // 200}.{number % 200 + 1}" for number in range(hosts))
        mute = tuple(f"127.78.0.{number + 1}" for number in range(silent))
        public = " ".join((folder / "host.pub").read_text().split()[:2])
        (folder / "known_hosts").write_text(f"[127.77.*]:{PORT} {public}\n")
        for address in mute:
            stack.enter_context(socket.create_server((address, PORT)))
        (folder / "sshd_config").write_text(
            f"ListenAddress 0.0.0.0:{PORT}\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized_keys\n"
            "PasswordAuthentication no\nPermitRootLogin prohibit-password\nStrictModes no\nUsePAM no\n"
            # SHLVL keeps bash from reading the start-up files of whoever works on this machine.
            f"MaxStartups 500:30:1000\nPidFile {folder}/pid\nSetEnv SHLVL=1\n"
        )
        server = subprocess.Popen(
            ["/usr/sbin/sshd", "-D", "-e", "-f", folder / "sshd_config"], stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            _await(addresses[0])
            yield Farm(folder, addresses, mute)
        finally:
            server.terminate()
            server.wait()


def _await(address: str) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection((address, PORT), timeout=1) as link:
            link.recv(4)
            return
        subprocess.run(["sleep", "0.05"], check=True)
    raise RuntimeError("sshd did not start")
