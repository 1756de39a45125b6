"""Network services seen from both sides: what they showed outside beside the configuration that answers there.

One service is a set of ports that is set up in one place, so that one thing to fix is one finding: the ports of
submission, those of mailboxes, those of FTP, and any other port by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import TypeVar

from schouw.model.daemons import DAEMONS, FTP_DAEMONS, WEB_DAEMONS, Block, Daemon
from schouw.model.deep import DeepLook
from schouw.model.facts import Facts, Inside
from schouw.model.protocol import Protocol, ServiceClass
from schouw.model.tls import CertificateOffer, Looked, PlainOffer, TlsOffer

T = TypeVar("T")

#: What usually speaks on a port.
USUAL = {
    21: Protocol.FTP, 25: Protocol.SMTP, 110: Protocol.POP3, 143: Protocol.IMAP, 443: Protocol.HTTPS, 465: Protocol.SMTPS,
    587: Protocol.SUBMISSION, 990: Protocol.FTPS, 993: Protocol.IMAPS, 995: Protocol.POP3S, 4190: Protocol.SIEVE,
}  # fmt: skip

_SHARED = {
    **dict.fromkeys((Protocol.SUBMISSION, Protocol.SMTPS), "submission"),
    **dict.fromkeys((Protocol.IMAP, Protocol.IMAPS, Protocol.POP3, Protocol.POP3S, Protocol.SIEVE), "mailboxes"),
    **dict.fromkeys((Protocol.FTP, Protocol.FTPS), "ftp"),
}

#: What a daemon speaks on a port that is not a usual one.
_SPEAKS = {
    **dict.fromkeys(WEB_DAEMONS, Protocol.HTTPS),
    **dict.fromkeys(("dovecot", "courier"), Protocol.IMAP),
    **dict.fromkeys(("postfix", "exim"), Protocol.SUBMISSION),
    **dict.fromkeys(FTP_DAEMONS, Protocol.FTP),
}


SMTP = "smtp"
"""Who may log in where, and send what on, is set once for mail from servers and mail from clients."""


def subject_of(port: int, protocol: Protocol) -> str:
    """What a finding about this port is about: the same for ports that share their settings, whichever view saw them."""
    return _SHARED.get(protocol, f"{port}/tcp")


def is_about(subject: str, port: int, protocol: Protocol) -> bool:
    """Whether a finding with that subject says something of this port."""
    own = subject_of(port, protocol)
    return subject == own or (subject == SMTP and (protocol.service_class is ServiceClass.MX or own == "submission"))


@dataclass(frozen=True, slots=True)
class Part:
    """One block of one daemon's configuration."""

    daemon: Daemon
    block: Block


@dataclass(frozen=True, slots=True)
class Service:
    subject: str
    service_class: ServiceClass
    ports: tuple[int, ...] = ()
    offers: tuple[Looked[TlsOffer], ...] = ()
    certificates: tuple[Looked[CertificateOffer], ...] = ()
    plain: tuple[Looked[PlainOffer], ...] = ()
    deep: tuple[Looked[DeepLook], ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that it is known to answer to, sorted."""
        looked = [look.endpoint.name for look in self.offers] + [look.endpoint.name for look in self.certificates]
        return tuple(sorted({*looked, *(name for part in self.parts for name in part.block.names)} - {""}))

    def deciding(self, ports: Iterable[int]) -> tuple[Part, ...]:
        """The parts that a listener's versions and suites come from: of many names on a port, the default's."""
        found: list[Part] = []
        for port in ports:
            here = [part for part in self.parts if port in part.block.ports]
            found += [part for part in here if port in part.block.default_ports] or here
        return tuple(part for at, part in enumerate(found) if part not in found[:at])


def services(facts: Facts) -> tuple[Service, ...]:
    """All that either view knows of, by subject; what is bound to loopback only, and what does not run, is left out."""
    outside, inside = facts.outside.result, facts.inside.result
    tls, certificates, plain = (outside.tls, outside.certificates, outside.plain) if outside is not None else ((), (), ())
    deep = outside.deep if outside is not None else ()
    parts = tuple(_parts(inside)) if inside is not None else ()
    ports = {port: spoken(part, port) for part in parts for port in part.block.ports}
    looked = [look.endpoint for looks in (deep, tls, certificates, plain) for look in looks]
    ports |= {endpoint.port: endpoint.protocol for endpoint in looked}
    found: dict[str, Service] = {}
    for port, protocol in sorted(ports.items()):
        subject = subject_of(port, protocol)
        one = found.get(subject) or Service(subject, protocol.service_class)
        found[subject] = replace(
            one,
            ports=(*one.ports, port),
            offers=one.offers + _on(port, tls),
            certificates=one.certificates + _on(port, certificates),
            plain=one.plain + _on(port, plain),
            deep=one.deep + _on(port, deep),
            parts=(*one.parts, *(part for part in parts if port in part.block.ports and part not in one.parts)),
        )
    return tuple(found.values())


def _parts(inside: Inside) -> Iterator[Part]:
    for name in DAEMONS:
        daemon: Daemon | None = getattr(inside, name).result
        if daemon is None or daemon.running is False:
            continue
        for block in daemon.blocks:
            # A web server that speaks without TLS is none of ours; whoever takes passwords without it is.
            if (block.tls != "none" or _SPEAKS[name] is not Protocol.HTTPS) and _reachable(block.addresses):
                yield Part(daemon, block)


def spoken(part: Part, port: int) -> Protocol:
    """What a daemon speaks on a port: the usual, else what it is for."""
    return USUAL.get(port, _SPEAKS.get(part.daemon.name, Protocol.TLS))


def _reachable(addresses: Iterable[str]) -> bool:
    bound = list(addresses)
    return not bound or any(not _loopback(address) for address in bound)


def _loopback(address: str) -> bool:
    try:
        return ip_address(address.strip("[]").partition("%")[0]).is_loopback
    except ValueError:
        return address == "localhost"


def _on(port: int, looks: Iterable[Looked[T]]) -> tuple[Looked[T], ...]:
    return tuple(look for look in looks if look.endpoint.port == port)
