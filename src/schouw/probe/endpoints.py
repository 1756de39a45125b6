"""Which services of a host are looked at for their encryption: found by what is open, not listed by hand.

What the fleet file says of a port goes first, then what listens there, then the port's number, then its greeting.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from schouw.model.facts import Listener
from schouw.model.host import TlsPort
from schouw.model.outside import OutsidePort, PortState
from schouw.model.protocol import Protocol
from schouw.model.tls import Endpoint

WELL_KNOWN: dict[int, Protocol] = {
    21: Protocol.FTP, 990: Protocol.FTPS,
    25: Protocol.SMTP, 2525: Protocol.SMTP, 465: Protocol.SMTPS, 587: Protocol.SUBMISSION,
    110: Protocol.POP3, 995: Protocol.POP3S, 143: Protocol.IMAP, 993: Protocol.IMAPS, 4190: Protocol.SIEVE,
    80: Protocol.HTTP, 443: Protocol.HTTPS, 8443: Protocol.HTTPS,
    2078: Protocol.HTTPS, 2080: Protocol.HTTPS, 2083: Protocol.HTTPS, 2087: Protocol.HTTPS, 2096: Protocol.HTTPS,
    8006: Protocol.HTTPS, 9443: Protocol.HTTPS,
    3306: Protocol.MYSQL, 5432: Protocol.POSTGRES,
    636: Protocol.TLS, 853: Protocol.TLS, 989: Protocol.TLS, 2376: Protocol.TLS, 5061: Protocol.TLS, 5671: Protocol.TLS,
    5986: Protocol.TLS, 6514: Protocol.TLS, 6697: Protocol.TLS, 8883: Protocol.TLS,
}  # fmt: skip
"""Panels: 2078 to 2096 cPanel, 8443 Plesk, 8006 Proxmox."""

_MAYBE = frozenset({2222, 4443, 5601, 6443, 7443, 8080, 8888, 9090, 10000, 10250})
"""Often TLS, often not: one ClientHello tells."""

#: Printers print whatever comes here; RDP wants other words first.
_NEVER = frozenset({515, 3389, *range(9100, 9108)})

_PROGRAMS: dict[str, Protocol] = {
    "postgres": Protocol.POSTGRES,
    "mysqld": Protocol.MYSQL,
    "mariadbd": Protocol.MYSQL,
}
#: Programs whose ports speak HTTP; whether with TLS, one ClientHello tells.
_WEB = frozenset({"nginx", "apache2", "httpd", "lighttpd", "caddy", "haproxy", "litespeed", "openlitespeed", "traefik", "envoy"})
#: Programs that have no TLS of this kind to show.
_OTHERS = frozenset({"sshd", "rpcbind", "smbd", "named", "memcached", "rsync"})

_GREETINGS: tuple[tuple[re.Pattern[str], Protocol | None], ...] = (
    (re.compile(r"^SSH-"), None),
    (re.compile(r"^220[ -].*\bftp", re.IGNORECASE), Protocol.FTP),
    (re.compile(r"^220[ -].*\b(e|lm)?smtp", re.IGNORECASE), Protocol.SMTP),
    (re.compile(r"^\* (OK|PREAUTH)\b"), Protocol.IMAP),
    (re.compile(r"^\+OK\b"), Protocol.POP3),
    (re.compile(r'^"IMPLEMENTATION"', re.IGNORECASE), Protocol.SIEVE),
    (re.compile(r"mariadb|mysql", re.IGNORECASE), Protocol.MYSQL),
)

_NAME = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sources:
    """What is known of a host's services before they are looked at."""

    ports: tuple[OutsidePort, ...]
    listeners: tuple[Listener, ...] = ()
    names: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Port → names that its software answers to, the main one first."""
    added: tuple[TlsPort, ...] = ()
    """What the fleet file says."""
    name: str = ""
    """The host's own, "" where it is only known by an address."""
    ssh: tuple[int, ...] = ()
    """Ports of SSH servers, which have a look of their own."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """By what is asked of them."""

    services: tuple[Endpoint, ...]
    """The whole look, each under the first of its names."""
    names: tuple[Endpoint, ...] = ()
    """Further names of those with TLS: only their certificate is fetched."""
    unknown: tuple[Endpoint, ...] = ()
    """Open, and nobody knows what speaks there; `protocol` is what it is if it should answer a ClientHello."""


def find(sources: Sources) -> Endpoints:
    """In order of port and address. Further names are looked at under the first address of a port alone."""
    said = {one.port: one for one in sources.added}
    programs = {one.port: one.process for one in sources.listeners if one.proto == "tcp" and one.process}
    services: list[Endpoint] = []
    unknown: list[Endpoint] = []
    names: list[Endpoint] = []
    named: set[int] = set()
    for port in sorted(sources.ports, key=lambda one: (one.port, ":" in one.address, one.address)):
        if port.state is not PortState.OPEN or port.port in sources.ssh:
            continue
        protocol, sure = _protocol(port, said.get(port.port), programs.get(port.port, ""))
        if protocol is None:
            continue
        first, *others = _names(port.port, sources, said.get(port.port)) or [""]
        (services if sure else unknown).append(Endpoint(port.address, port.port, protocol, first))
        if port.port not in named and protocol is not Protocol.HTTP:
            named.add(port.port)
            names += [Endpoint(port.address, port.port, protocol, other) for other in others]
    return Endpoints(tuple(services), tuple(names), tuple(unknown))


def usable_names(names: Iterable[str]) -> list[str]:
    """Those that SNI can carry: no patterns, no addresses."""
    return list(dict.fromkeys(name.lower() for name in names if _NAME.fullmatch(name)))


def own_name(host: str, address: str) -> str:
    """What a host may be asked for under where nothing else is known: its DNS name, as far as it has one."""
    for name in (address, host):
        if usable_names([name]):
            return name.lower()
    return ""


def _protocol(port: OutsidePort, said: TlsPort | None, program: str) -> tuple[Protocol | None, bool]:
    """What it speaks, None for what is none of our business, and whether that is sure."""
    if said is not None:
        return said.protocol, True
    for pattern, protocol in _GREETINGS:
        if pattern.search(port.greeting):
            return (Protocol.SUBMISSION if protocol is Protocol.SMTP and port.port == 587 else protocol), True
    if port.greeting:  # what speaks first has no TLS to begin with
        return WELL_KNOWN.get(port.port), True
    if program in _PROGRAMS:
        return _PROGRAMS[program], True
    if program in _OTHERS or port.port in _NEVER:
        return None, True
    if port.port in WELL_KNOWN:
        return WELL_KNOWN[port.port], True
    return (Protocol.HTTPS if program in _WEB or port.port in _MAYBE else Protocol.TLS), False


def _names(port: int, sources: Sources, said: TlsPort | None) -> list[str]:
    own = [sources.name] if sources.name else []
    return usable_names([*(said.names if said is not None else ()), *sources.names.get(port, ()), *own])
