"""What was seen of one host: plain facts, no judgement.

The inside view has one `Attempt` a section (see `schouw.collect`); the outside view is `schouw.model.outside`.
Every string in here is clean text (see `schouw.text`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from schouw.model.attempt import Attempt, absent
from schouw.model.daemons import Daemon, Exemption, Renewal
from schouw.model.libraries import Libraries
from schouw.model.logins import Logins
from schouw.model.outside import Outside
from schouw.model.vulnerability import LivePatch


class Privilege(StrEnum):
    ROOT = "root"
    SUDO = "sudo"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are on the host, and what the host calls itself."""

    hostname: str
    user: str
    privilege: Privilege
    sudo: tuple[str, ...] = ()
    """Commands of ours that `sudo -n -l` allows, as full command lines."""
    addresses: tuple[str, ...] = ()
    """IP addresses of its interfaces, loopback and link-local left out."""
    clock: float = 0.0
    """The host's own clock, seconds since 1970: an observation, never used as time."""


@dataclass(frozen=True, slots=True)
class System:
    """/etc/os-release and the architecture."""

    id: str
    version: str
    pretty: str
    codename: str = ""
    like: tuple[str, ...] = ()
    architecture: str = ""
    container: str = ""
    """The kind of container it runs in ("lxc", "docker", …), "" for none known."""


@dataclass(frozen=True, slots=True)
class Kernel:
    running: str
    installed: tuple[str, ...] = ()
    """Releases under /boot or /lib/modules, oldest first; empty where the host has no kernel of its own."""
    reboot_required: bool = False
    reboot_packages: tuple[str, ...] = ()
    """What asks for the reboot."""


@dataclass(frozen=True, slots=True)
class Package:
    """One installed binary package. RPM versions are ``epoch:version-release``."""

    name: str
    version: str
    architecture: str
    source: str = ""
    source_version: str = ""
    vendor: str = ""
    module: str = ""
    """RPM modularity label ``name:stream:version:context``."""

    def __hash__(self) -> int:
        return hash((self.name, self.version))  # enough to tell them apart, and asked for by the million


@dataclass(frozen=True, slots=True)
class Packages:
    manager: Literal["dpkg", "rpm"]
    packages: tuple[Package, ...]
    broken: tuple[str, ...] = ()
    """Packages that are half-installed or half-configured."""
    held: tuple[str, ...] = ()
    unparsed: int = 0
    """Rows that did not fit the grammar; never dropped quietly."""


@dataclass(frozen=True, slots=True)
class Update:
    """A newer version that the host's own repositories offer."""

    package: str
    installed: str
    candidate: str
    origin: str
    security: bool
    advisories: tuple[str, ...] = ()
    """Those that it carries out, in the words of the host's own package manager (dnf)."""
    cves: tuple[str, ...] = ()
    """What these say they close."""


@dataclass(frozen=True, slots=True)
class Updates:
    manager: Literal["apt", "dnf"]
    pending: tuple[Update, ...]
    fetched_at: float | None = None
    """When the package lists were fetched, by the host's own clock, seconds since 1970; None: never or not known."""


@dataclass(frozen=True, slots=True)
class Origins:
    """Where installed packages come from."""

    nowhere: tuple[str, ...]
    """Installed, and no repository offers the package in any version."""
    foreign: tuple[tuple[str, str], ...] = ()
    """(package, repository) for packages not from the distribution itself."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening socket."""

    proto: Literal["tcp", "udp"]
    address: str
    """"0.0.0.0", "::" or a concrete address, without brackets or zone."""
    port: int
    process: str | None = None
    """None where the name could not be seen."""
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Directive:
    """One line of a configuration file."""

    keyword: str
    value: str
    file: str
    line: int
    match: str = ""
    """The conditions of the Match blocks that it stands in, such as "Group sftp"; "" for a line that holds for all."""


@dataclass(frozen=True, slots=True)
class HostKeyFile:
    type: str
    """"ED25519", "RSA", "ECDSA", "DSA"."""
    bits: int
    fingerprint: str
    path: str


@dataclass(frozen=True, slots=True)
class Sshd:
    """The SSH server's effective configuration."""

    version: str
    """As `ssh -V` prints it, for example ``OpenSSH_9.2p1``."""
    settings: dict[str, tuple[str, ...]]
    """Keyword in lower case → its values, from `sshd -T` (or `sshd -G`)."""
    directives: tuple[Directive, ...] = ()
    """The lines that people wrote, in reading order, with file and line."""
    host_keys: tuple[HostKeyFile, ...] = ()
    ports: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Firewall:
    """What filters incoming traffic."""

    tool: str
    """"nftables", "iptables", "ufw", "firewalld", "csf" or "" for none."""
    active: bool
    filters_ipv4: bool
    filters_ipv6: bool
    rules: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AutomaticUpdates:
    """unattended-upgrades or dnf-automatic."""

    tool: str
    """"" where none is installed."""
    enabled: bool
    detail: str = ""
    succeeded_at: float | None = None
    """Its last success, by the host's own clock, seconds since 1970; None: never or not known."""


@dataclass(frozen=True, slots=True)
class Restart:
    """A running program that still uses files replaced on disk."""

    process: str
    unit: str
    files: tuple[str, ...]


NOT_LOOKED_AT: Attempt[Any] = absent("not looked at")


@dataclass(frozen=True, slots=True)
class Inside:
    """The inside view. A field's name is the section's name (see `schouw.collect.COLLECTORS`)."""

    identity: Attempt[Identity]
    system: Attempt[System]
    kernel: Attempt[Kernel]
    packages: Attempt[Packages]
    updates: Attempt[Updates]
    origins: Attempt[Origins]
    listeners: Attempt[tuple[Listener, ...]]
    """Complete when no socket is missing; what their programs are called is another question."""
    sshd: Attempt[Sshd]
    firewall: Attempt[Firewall]
    automatic: Attempt[AutomaticUpdates]
    restarts: Attempt[tuple[Restart, ...]]
    nginx: Attempt[Daemon]
    apache: Attempt[Daemon]
    dovecot: Attempt[Daemon]
    postfix: Attempt[Daemon]
    exim: Attempt[Daemon]
    courier: Attempt[Daemon]
    vsftpd: Attempt[Daemon]
    proftpd: Attempt[Daemon]
    pureftpd: Attempt[Daemon]
    renewals: Attempt[tuple[Renewal, ...]]
    exemptions: Attempt[tuple[Exemption, ...]]
    processes: Attempt[int] = NOT_LOOKED_AT
    """How many listening sockets have the name of their process; why the others have none."""
    live_patch: Attempt[LivePatch] = NOT_LOOKED_AT
    pro: Attempt[tuple[str, ...]] = NOT_LOOKED_AT
    """Services of Ubuntu Pro that are on, such as "esm-apps"."""
    streams: Attempt[tuple[str, ...]] = NOT_LOOKED_AT
    """Module streams that dnf has enabled, ``name:stream``."""
    logins: Attempt[Logins] = NOT_LOOKED_AT
    libraries: Attempt[Libraries] = NOT_LOOKED_AT
    fingerprints: dict[str, str] = field(default_factory=dict)
    """Section → fingerprint of what the host last sent for it; a rescan sends these back."""

    def age(self, moment: float | None) -> float | None:
        """Seconds since a moment of the host's own clock, 0 for one to come; None where either is not known."""
        who = self.identity.result
        return max(0.0, who.clock - moment) if who is not None and who.clock and moment is not None else None


@dataclass(frozen=True, slots=True)
class Facts:
    """One look at one host. `taken_at`: when it began, by our own clock, UTC.

    What is older in here was seen at an earlier look, and is carried over with its own moment.
    """

    host: str
    taken_at: datetime
    inside: Attempt[Inside]
    outside: Attempt[Outside]
