"""A host as the fleet file describes it, everything merged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

from schouw.model.profile import Profile
from schouw.model.protocol import Protocol, ServiceClass


class Port(NamedTuple):
    """A transport port, written ``443/tcp``."""

    number: int
    proto: Literal["tcp", "udp"] = "tcp"

    def __str__(self) -> str:
        return f"{self.number}/{self.proto}"

    @classmethod
    def parse(cls, text: str) -> Port:
        """From ``443``, ``443/tcp`` or ``53/udp``; `ValueError` for anything else."""
        number, _, proto = text.partition("/")
        if not number.isascii() or not number.isdigit() or not 0 < int(number) < 65536:
            raise ValueError(f"{text!r} is not a port; expected a number from 1 to 65535, such as 443/tcp")
        if proto not in ("", "tcp", "udp"):
            raise ValueError(f"{text!r} is not a port; expected /tcp or /udp after the number")
        return cls(int(number), "udp" if proto == "udp" else "tcp")


class TlsPort(NamedTuple):
    """What a person says of a port that cannot be found out, or not well enough."""

    port: int
    protocol: Protocol
    names: tuple[str, ...] = ()
    """Asked for by SNI, the main one first."""


class Reach(StrEnum):
    """How schouw looks inside a host."""

    SSH = "ssh"
    LOCAL = "local"
    OUTSIDE = "outside"  # not at all: only what the network shows


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for each phase of a scan."""

    connect: float = 10.0
    login: float = 10.0
    collect: float = 60.0


@dataclass(frozen=True, slots=True)
class Profiles:
    """Names of what TLS is judged by, for each class of services."""

    web: str = "ncsc-nl"
    mail: str = "ncsc-nl"
    mx: str = "ncsc-nl"
    ftp: str = "ncsc-nl"
    other: str = "ncsc-nl"

    def of(self, service: ServiceClass) -> str:
        name: str = getattr(self, service.value)
        return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One server. `name` is what people call it and the key of its history."""

    name: str
    address: str = ""
    """A DNS name or an IP address; left out: ssh_config's HostName, else the name itself."""
    reach: Reach = Reach.SSH
    user: str | None = None
    port: int | None = None
    """None: what ssh_config says, else 22."""
    identity: tuple[str, ...] = ()
    """Paths of private keys; with any given, the agent is not asked for others."""
    known_hosts: tuple[str, ...] = ()
    ssh_config: str = "~/.ssh/config"
    """A path, or "" for none."""
    jump: str = ""
    """`[user@]host[:port]` or the name of another host of the fleet; "" for none."""
    privilege: Literal["sudo", "none"] = "sudo"
    groups: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    listen: tuple[Port, ...] | None = None
    """Ports that it is expected to offer; None: nothing was said, so none is unexpected."""
    tls: tuple[TlsPort, ...] = ()
    """Services whose encryption is looked at beside those that are found, or under other names."""
    ssh_profile: str = "default"
    profiles: Profiles = Profiles()
    own_profiles: tuple[Profile, ...] = ()
    """Those of `profiles` that do not come with schouw, in full: whoever judges need not have the user's files."""
    rescan: float = 6 * 3600.0
    """Seconds between scheduled scans; 0: only when asked."""
    rescan_inside: float = 0.0
    """Seconds between looks at the inside alone, beside those scans; 0: only when asked."""
    stale_after: float = 26 * 3600.0
    sweep_all_ports: float = 7 * 86400.0
    """Seconds between looks at all 65,535 ports; 0: only when asked."""
    deep: float = 0.0
    """Seconds between deep looks at its TLS; 0: only when asked."""
    timeouts: Timeouts = Timeouts()
    connections_per_minute: int = 240
    """Budget of outside connections, shared by all probes."""
    keep_accounts: float = 90 * 86400.0
    """Seconds that the names of accounts are kept after they were last seen."""
    enabled: bool = True
    owner: str = ""
    note: str = ""
