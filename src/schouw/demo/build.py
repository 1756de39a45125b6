"""Facts from few words: a server is described by what differs from a well-kept one of its distribution."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from schouw.demo import encryption, stock
from schouw.demo.encryption import Tls
from schouw.demo.stock import Release
from schouw.model.attempt import not_checked, seen
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
from schouw.model.logins import LoginClass, LoginCount, Logins, LoginService
from schouw.model.outside import Outside, OutsidePort, PortState, SshOffer
from schouw.scan.keeper import now


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What is particular about one server at one moment; the rest is `stock` and well kept."""

    release: Release
    addresses: tuple[str, ...]
    services: tuple[tuple[int, str], ...] = ()
    """(TCP port, process) on all addresses, beside sshd on 22."""
    local: tuple[tuple[int, str], ...] = ()
    """The same on loopback."""
    filtered: tuple[int, ...] = ()
    """Of `services`, those that the firewall keeps from strangers."""
    forwarded: tuple[int, ...] = ()
    """Open outside although nothing listens inside."""
    security: tuple[str, ...] = ()
    """Security updates, ``package installed candidate``."""
    updates: tuple[str, ...] = ()
    lists_days: float = 0.2
    kernel: str = ""
    """The running kernel, where it is not the installed one."""
    sshd: tuple[tuple[str, str], ...] = ()
    """Settings that people wrote, in the order of their file."""
    kex: tuple[str, ...] = ()
    ciphers: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    host_key_types: tuple[str, ...] = ()
    """What is offered before the release's own."""
    rsa_bits: int = 3072
    firewall: str = "nftables"
    ipv6_filtered: bool = True
    automatic: bool = True
    restarts: tuple[tuple[str, str], ...] = ()
    """(process, library) still in use although replaced."""
    nowhere: tuple[str, ...] = ()
    foreign: tuple[tuple[str, str], ...] = ()
    held: tuple[str, ...] = ()
    privilege: Privilege = Privilege.SUDO
    tls: Tls | None = None
    logins: tuple[tuple[str, LoginClass, int], ...] = ()
    """Of a mail server: (protocol, class, accounts seen in the last 30 days)."""
    packages: tuple[str, ...] = field(default=())
    """Beside the stock ones, ``name version``."""


def facts(name: str, server: Server, at: datetime | None = None) -> Facts:
    at = at or now()
    return Facts(name, at, seen(_inside(name, server, at)), seen(_outside(server, at)))


def _inside(name: str, server: Server, at: datetime) -> Inside:
    release = server.release
    root = server.privilege is not Privilege.NONE
    user = "root" if server.privilege is Privilege.ROOT else "schouw"
    updates = [_update(row, release, True) for row in server.security] + [_update(row, release, False) for row in server.updates]
    restarts = tuple(Restart(process, f"{process}.service", (library,)) for process, library in server.restarts)
    hidden = "it needs root: allow schouw's commands in sudoers (schouw doctor prints the lines)"
    daemons: dict[str, Any] = encryption.sections(server.tls)
    return Inside(
        identity=seen(Identity(name, user, server.privilege, (), server.addresses, at.timestamp())),
        system=seen(System(release.id, release.version, release.pretty, release.codename, release.like, "x86_64")),
        kernel=seen(Kernel(server.kernel or release.kernel, (release.kernel,))),
        packages=seen(_packages(server)),
        updates=seen(Updates("apt" if release.dpkg else "dnf", tuple(updates), at.timestamp() - server.lists_days * 86400)),
        origins=seen(Origins(server.nowhere, server.foreign)),
        listeners=seen(_listeners(server, root)),
        sshd=seen(_sshd(server)) if root else not_checked(hidden),
        firewall=seen(_firewall(server)) if root else not_checked(hidden),
        automatic=seen(_automatic(server, at)),
        restarts=seen(restarts) if root else not_checked(hidden),
        processes=seen(2 + 2 * len(server.services) + len(server.local)) if root else not_checked(hidden),
        **daemons,
        logins=seen(_logins(server)),
    )


def _packages(server: Server) -> Packages:
    """What is to be updated is installed in the version that it has until then."""
    release = server.release
    rows = {row.split()[0]: row.split() for row in (*release.packages, *server.packages, *_kernels(server))}
    for pending in (*server.security, *server.updates):
        name, installed, _ = pending.split()
        rows[name] = [name, installed, *rows.get(name, [])[2:3]]
    listed = []
    for name, version, *rest in rows.values():
        source, source_version = (*rest, name)[0], (*rest[1:], version)[0]
        listed.append(Package(name, version, "amd64" if release.dpkg else "x86_64", source, source_version, release.vendor))
    return Packages("dpkg" if release.dpkg else "rpm", tuple(listed), held=server.held)


def _kernels(server: Server) -> list[str]:
    """The installed kernel, and the one that runs where that is another one."""
    found = []
    for release in dict.fromkeys((server.release.kernel, server.kernel or server.release.kernel)):
        version = stock.KERNELS[release]
        if not server.release.dpkg:
            found.append(f"kernel-core {version} kernel {version.partition(':')[2]}")
        elif server.release.id == "debian":
            found.append(f"linux-image-{release} {version} linux-signed-amd64 {version.replace('-1', '+1')}")
        else:
            found.append(f"linux-image-{release} {version} linux-signed {version}")
    return found


def _update(row: str, release: Release, security: bool) -> Update:
    package, installed, candidate = row.split()
    return Update(package, installed, candidate, release.security if security else release.updates, security)


def _listeners(server: Server, root: bool) -> tuple[Listener, ...]:
    everywhere = [(address, port, process) for port, process in ((22, "sshd"), *server.services) for address in ("0.0.0.0", "::")]  # noqa: S104
    local = [("127.0.0.1", port, process) for port, process in server.local]
    return tuple(
        Listener("tcp", address, port, process if root else None, f"{process}.service" if root else None)
        for address, port, process in (*everywhere, *local)
    )


def _sshd(server: Server) -> Sshd:
    settings = (
        stock.SSHD
        | stock.PENALTIES.get(server.release.openssh, {})
        | {keyword.lower(): (value,) for keyword, value in server.sshd}
    )
    written = tuple(
        Directive(keyword, value, "/etc/ssh/sshd_config", 20 + 3 * number) for number, (keyword, value) in enumerate(server.sshd)
    )
    keys = [
        HostKeyFile(kind, bits, stock.fingerprint(server.addresses[0] + kind), f"/etc/ssh/ssh_host_{kind.lower()}_key")
        for kind, bits in (("RSA", server.rsa_bits), ("ED25519", 256))
    ]
    return Sshd(f"OpenSSH_{server.release.openssh}", settings, written, tuple(keys), (22,))


def _firewall(server: Server) -> Firewall:
    if not server.firewall:
        return Firewall("", False, False, False)
    return Firewall(server.firewall, True, True, server.ipv6_filtered, 24)


def _automatic(server: Server, at: datetime) -> AutomaticUpdates:
    tool = "unattended-upgrades" if server.release.dpkg else "dnf-automatic"
    if server.automatic:
        return AutomaticUpdates(tool, True, "", at.timestamp() - 14 * 3600.0)
    return AutomaticUpdates("", False)


def _logins(server: Server) -> Logins:
    services = {
        "dovecot": LoginService("dovecot", "2.3.16", (stock.MAIL_LOG,)),
        "master": LoginService("postfix", "", (stock.MAIL_LOG,)),
    }
    here = tuple(one for process, one in services.items() if process in {process for _, process in server.services})
    counts = tuple(
        LoginCount("postfix" if protocol == "smtp" else "dovecot", protocol, kind, month * 9 // 10, month, month + month // 8)
        for protocol, kind, month in server.logins
    )
    return Logins(here, counts=counts)


def _outside(server: Server, at: datetime) -> Outside:
    inside = {22, *(port for port, _ in server.services)}
    tried = sorted(inside | set(server.forwarded) | set(stock.RISKY) | {110, 143})
    ports = tuple(
        OutsidePort(address, port, _met(server, port, inside), stock.GREETINGS.get(port, "") if port in inside else "")
        for address in server.addresses
        for port in tried
    )
    offers = tuple(seen(_offer(server, address)) for address in server.addresses)
    open_to_all = tuple(port for port, _ in server.services if port not in server.filtered)
    shown = encryption.shown(server.tls, server.addresses[0], open_to_all, at)
    return Outside(
        server.addresses,
        "guided",
        seen(ports),
        offers,
        tls=shown.tls,
        certificates=shown.certificates,
        plain=shown.plain,
        http=shown.http,
    )


def _met(server: Server, port: int, inside: set[int]) -> PortState:
    if port in server.forwarded or (port in inside and port not in server.filtered):
        return PortState.OPEN
    return PortState.FILTERED if server.firewall else PortState.CLOSED


def _offer(server: Server, address: str) -> SshOffer:
    release = server.release
    return SshOffer(
        address=address,
        port=22,
        software=f"OpenSSH_{release.openssh}",
        kex=(*server.kex, *release.kex),
        host_keys=(*server.host_key_types, "rsa-sha2-512", "rsa-sha2-256", "ssh-ed25519"),
        ciphers=(*server.ciphers, *stock.CIPHERS),
        macs=(*server.macs, *stock.MACS),
        compression=("none", "zlib@openssh.com"),
    )
