"""How a script reaches a host: one protocol for SSH and for this machine."""

from __future__ import annotations

from typing import Protocol

from schouw.model.host import Host


class Shell(Protocol):
    """A POSIX ``sh`` running on the host, spoken to in bytes. Standard error is discarded."""

    async def send(self, data: bytes) -> None:
        """Write to its standard input. `HostError` when it is gone."""

    async def receive(self, limit: int) -> bytes:
        """At most `limit` bytes of its standard output, as soon as there are any; b"" at its end."""

    async def close(self, idle: bool = False) -> None:
        """End it and what it started, as far as the way there allows; never raises.

        `idle`: it waits for input, and ends with that; nothing waits for it.
        """


class Connection(Protocol):
    """One login on one host; several shells may run over it, one after another or at once."""

    @property
    def peer(self) -> str:
        """The IP address that was reached, "" for this machine."""

    @property
    def direct(self) -> tuple[str, int] | None:
        """IP address and port that were connected to straight from here; None through a jump host and on this machine."""

    @property
    def kexinit(self) -> bytes | None:
        """The server's SSH_MSG_KEXINIT payload (RFC 4253, 7.1), where this connection has it."""

    @property
    def server_version(self) -> str:
        """The server's identification line, clean; "" for this machine."""

    @property
    def alive(self) -> bool:
        """False once the connection is known to be gone."""

    async def shell(self) -> Shell:
        """Start ``sh`` on the host, bounded in time by ``timeout`` where the host has it."""

    async def close(self) -> None:
        """Log out; never raises."""


class Transport(Protocol):
    """Opens connections. Keys and known_hosts files are loaded once and shared by all hosts."""

    async def connect(self, host: Host) -> Connection:
        """Log in, within `host.timeouts`. `HostError` with its class when that is not to be had."""

    async def close(self) -> None:
        """Close shared jump connections; never raises."""
