"""Small facts for tests: `facts(...)` is a stock, healthy Debian 12 with an SSH server; say only what differs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from schouw import checks
from schouw.model.attempt import Attempt, absent, not_checked, seen
from schouw.model.basis import Basis
from schouw.model.daemons import DAEMONS
from schouw.model.facts import (
    AutomaticUpdates,
    Directive,
    Facts,
    Firewall,
    HostKeyFile,
    Identity,
    Inside,
    Kernel,
    Listener,
    Origins,
    Package,
    Packages,
    Privilege,
    Restart,
    Sshd,
    System,
    Update,
    Updates,
)
from schouw.model.finding import Verdict
from schouw.model.host import Host, Port
from schouw.model.libraries import Libraries
from schouw.model.logins import Logins
from schouw.model.outside import Outside, OutsidePort, PortState, SshOffer
from schouw.model.vulnerability import Assessment, FeedAge, Knowledge

NO_DAEMONS: dict[str, Any] = {name: absent(f"it has no {name}") for name in (*DAEMONS, "renewals", "exemptions")}
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CLOCK = NOW.timestamp()
"""The host's own clock."""
ADDRESS = "198.51.100.7"
HOST = Host(name="web1", listen=(Port(22),))

#: What OpenSSH 9.2p1 of Debian 12 says without a line of configuration.
KEX = (
    "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org,"
    "ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,"
    "diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256"
)
CIPHERS = "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com"
MACS = (
    "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
    "hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1"
)
HOST_KEYS = "rsa-sha2-512,rsa-sha2-256,ecdsa-sha2-nistp256,ssh-ed25519"

SETTINGS = {
    "port": "22",
    "usepam": "yes",
    "logingracetime": "120",
    "maxauthtries": "6",
    "permitrootlogin": "without-password",
    "passwordauthentication": "no",
    "kbdinteractiveauthentication": "no",
    "permitemptypasswords": "no",
    "x11forwarding": "no",
    "allowtcpforwarding": "no",
    "gatewayports": "no",
    "permituserenvironment": "no",
    "ignorerhosts": "yes",
    "hostbasedauthentication": "no",
    "strictmodes": "yes",
    "authenticationmethods": "any",
    "kexalgorithms": KEX,
    "ciphers": CIPHERS,
    "macs": MACS,
    "hostkeyalgorithms": HOST_KEYS,
}
INCLUDE = Directive("Include", "/etc/ssh/sshd_config.d/*.conf", "/etc/ssh/sshd_config", 12)
HOST_KEY_FILES = (
    HostKeyFile("ED25519", 256, "SHA256:one", "/etc/ssh/ssh_host_ed25519_key"),
    HostKeyFile("RSA", 3072, "SHA256:two", "/etc/ssh/ssh_host_rsa_key"),
)


def sshd(
    settings: dict[str, str] | None = None,
    directives: tuple[Directive, ...] = (INCLUDE,),
    version: str = "OpenSSH_9.2p1",
    host_keys: tuple[HostKeyFile, ...] = HOST_KEY_FILES,
) -> Sshd:
    """Debian's defaults, hardened where the defaults are not, with `settings` over them."""
    effective: dict[str, tuple[str, ...]] = {
        keyword: (value,) for keyword, value in (SETTINGS | (settings or {})).items() if value
    }
    return Sshd(version, effective, directives, host_keys, ports=(22,))


def offer(
    kex: str = KEX + ",kex-strict-s-v00@openssh.com",
    host_keys: str = HOST_KEYS,
    ciphers: str = CIPHERS,
    macs: str = MACS,
    *,
    port: int = 22,
    software: str = "OpenSSH_9.2p1 Debian-2+deb12u10",
    compression: str = "none,zlib@openssh.com",
) -> SshOffer:
    names = (tuple(text.split(",")) for text in (kex, host_keys, ciphers, macs, compression))
    return SshOffer(ADDRESS, port, software, *names)


def listener(port: int, address: str = "0.0.0.0", process: str | None = "sshd", proto: Literal["tcp", "udp"] = "tcp") -> Listener:
    return Listener(proto, address, port, process, f"{process}.service" if process else None)


def met(port: int, state: PortState = PortState.OPEN, address: str = ADDRESS, greeting: str = "") -> OutsidePort:
    return OutsidePort(address, port, state, greeting)


def update(package: str, *, security: bool = False) -> Update:
    return Update(package, "1.0-1", "1.0-2", "https://deb.debian.org bookworm", security)


def inside(**sections: object) -> Inside:
    """`sections` by name: an `Attempt`, or what was seen."""
    whole = Inside(
        identity=seen(Identity("web1", "root", Privilege.ROOT, addresses=(ADDRESS,), clock=CLOCK)),
        system=seen(System("debian", "12", "Debian GNU/Linux 12 (bookworm)", "bookworm")),
        kernel=seen(Kernel("6.1.0-27-amd64", ("6.1.0-26-amd64", "6.1.0-27-amd64"))),
        packages=seen(Packages("dpkg", (Package("openssh-server", "1:9.2p1-2+deb12u10", "amd64"),))),
        updates=seen(Updates("apt", (), fetched_at=CLOCK - 3600)),
        origins=seen(Origins(())),
        listeners=seen((listener(22), listener(22, "::"))),
        sshd=seen(sshd()),
        firewall=seen(Firewall("nftables", True, True, True, 9)),
        automatic=seen(AutomaticUpdates("unattended-upgrades", True)),
        restarts=seen(tuple[Restart, ...]()),
        logins=seen(Logins((), counts=())),
        libraries=seen(Libraries()),
        processes=seen(2),
        **NO_DAEMONS,
    )
    changed: dict[str, Any] = {name: part if isinstance(part, Attempt) else seen(part) for name, part in sections.items()}
    return replace(whole, **changed)


def outside(*ports: OutsidePort, ssh: tuple[Attempt[SshOffer], ...] | None = None, lacking: str = "") -> Outside:
    """Port 22 answers, and `ports` besides."""
    return Outside(
        addresses=(ADDRESS,),
        scope="guided",
        ports=seen((met(22), *ports), lacking),
        ssh=(seen(offer()),) if ssh is None else ssh,
    )


def facts(within: Inside | str | None = None, without: Outside | str | None = None) -> Facts:
    """A text in place of a view is the reason why it was not looked at."""
    return Facts(
        host=HOST.name,
        taken_at=NOW,
        inside=not_checked(within) if isinstance(within, str) else seen(within or inside()),
        outside=not_checked(without) if isinstance(without, str) else seen(without or outside()),
    )


FEED = FeedAge("debian-tracker", NOW.date(), 2)
HARMLESS = seen(Knowledge(Assessment("debian:12", (FEED,), ()), {}, Basis("debian:12", "f", FEED.date, FEED.fresh_until)))
"""A vulnerability database that knows nothing against the host."""


def judge(looked: Facts, host: Host = HOST, now: datetime = NOW, known: Attempt[Knowledge] | None = None) -> Verdict:
    """With a database that knows nothing against the host, where none is given."""
    if known is None:
        known = HARMLESS if looked.inside.result is not None else not_checked(looked.inside.reason)
    return checks.judge(looked, host, now, known)
