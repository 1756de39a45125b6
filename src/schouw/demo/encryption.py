"""What the demo's servers do with encryption: a few ways of being set up, and a line in a file for each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from schouw.model.attempt import Attempt, absent, seen
from schouw.model.daemons import DAEMONS, Block, Daemon, Setting
from schouw.model.libraries import Libraries
from schouw.model.protocol import Protocol
from schouw.model.services import USUAL
from schouw.model.tls import (
    NOT_ASKED,
    Accepted,
    Certificate,
    CertificateOffer,
    Endpoint,
    HttpOffer,
    Looked,
    PlainOffer,
    TlsOffer,
    TlsVersion,
)

_T10, _T11, _T12, _T13 = TlsVersion.TLS10, TlsVersion.TLS11, TlsVersion.TLS12, TlsVersion.TLS13
_GOOD = (
    (_T13, "TLS_AES_256_GCM_SHA384"),
    (_T13, "TLS_CHACHA20_POLY1305_SHA256"),
    (_T12, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
    (_T12, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
)
_OLD = (
    (_T12, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
    (_T12, "TLS_RSA_WITH_AES_128_GCM_SHA256"),
    (_T12, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
    (_T10, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
)
_FIRST_IN_CLEAR = (25, 21, 110, 143, 587, 4190)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """How the services of one server are set up; good unless something is said."""

    names: tuple[str, ...]
    """On every port; the first is what mail and FTP are asked for."""
    old: tuple[int, ...] = ()
    """Ports that still take TLS 1.0 and CBC."""
    quantum: bool = True
    days: int = 61
    """That the certificate has left."""
    alone: bool = False
    """Self-signed."""
    rsa: bool = False
    clear: tuple[int, ...] = ()
    """Ports that take passwords before TLS."""
    bare: tuple[int, ...] = ()
    """Ports without TLS."""
    hsts: bool = True
    redirects: bool = True
    daemons: tuple[Daemon, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What the outside view shows of it, by field."""

    tls: tuple[Looked[TlsOffer], ...] = ()
    certificates: tuple[Looked[CertificateOffer], ...] = ()
    plain: tuple[Looked[PlainOffer], ...] = ()
    http: tuple[Looked[HttpOffer], ...] = ()


def shown(tls: Tls | None, address: str, ports: tuple[int, ...], at: datetime) -> Seen:
    """Of the ports that speak TLS, or should."""
    if tls is None:
        return Seen()
    secure = [port for port in ports if port in USUAL and port not in tls.bare]
    first = tls.names[0]
    named = [(port, name) for port in secure for name in (tls.names if port == 443 else (first,))]
    return Seen(
        tls=tuple(Looked(_at(address, port, first), at, seen(_offer(tls, port))) for port in secure),
        certificates=tuple(Looked(_at(address, port, name), at, seen(_certificate(tls, at))) for port, name in named),
        plain=tuple(Looked(_at(address, port), at, seen(_plain(tls, port))) for port in ports if port in _FIRST_IN_CLEAR),
        http=tuple(
            Looked(_at(address, port, name), at, seen(_answer(tls, port, name)))
            for port in (80, 443)
            for name in (tls.names if port in ports else ())
        ),
    )


def _at(address: str, port: int, name: str = "") -> Endpoint:
    return Endpoint(address, port, Protocol.HTTP if port == 80 else USUAL.get(port, Protocol.HTTPS), name)


def _answer(tls: Tls, port: int, name: str) -> HttpOffer:
    if port == 80:
        return HttpOffer(301, f"https://{name}/") if tls.redirects else HttpOffer(200)
    return HttpOffer(200, hsts=63072000 if tls.hsts else None)


def _offer(tls: Tls, port: int) -> TlsOffer:
    old = port in tls.old
    versions = (_T10, _T12, _T13) if old else (_T12, _T13)
    suites = _GOOD[:1] + _OLD if old else _GOOD
    groups = ("x25519", "secp256r1") if old or not tls.quantum else ("X25519MLKEM768", "x25519", "secp256r1")
    accepted = tuple(
        Accepted(
            version, suite, "" if "_RSA_WITH_" in suite and "ECDHE" not in suite else groups[-2], 0, _signature(tls, version)
        )
        for version, suite in suites
    )
    return TlsOffer("light", {version: seen(version in versions) for version in TlsVersion}, seen(accepted), seen(groups), 8)


def _signature(tls: Tls, version: TlsVersion) -> str:
    if version is not _T12:
        return ""
    return "rsa_pss_rsae_sha256" if tls.rsa else "ecdsa_secp256r1_sha256"


def _certificate(tls: Tls, at: datetime) -> CertificateOffer:
    end = at.replace(hour=6, minute=12, second=0, microsecond=0) + timedelta(days=tls.days)
    name = f"CN={tls.names[0]}"
    leaf = Certificate(
        subject=name,
        issuer=name if tls.alone else "CN=E7,O=Let's Encrypt,C=US",
        names=() if tls.alone else tls.names,
        not_before=end - timedelta(days=90),
        not_after=end,
        key="RSA" if tls.rsa else "EC",
        bits=2048 if tls.rsa else 256,
        curve="" if tls.rsa else "secp256r1",
        signature="sha256",
        fingerprint=f"{tls.names[0]} {tls.days}",
        self_issued=tls.alone,
    )
    above = Certificate(
        subject="CN=E7,O=Let's Encrypt,C=US",
        issuer="CN=ISRG Root X1,O=Internet Security Research Group,C=US",
        names=(),
        not_before=at - timedelta(days=600),
        not_after=at + timedelta(days=500),
        key="EC",
        bits=384,
        curve="secp384r1",
        signature="sha256",
        fingerprint="E7",
        authority=True,
    )
    if tls.alone:
        return CertificateOffer((leaf,), seen(False), "self-signed certificate")
    return CertificateOffer((leaf, above), seen(True))


def _plain(tls: Tls, port: int) -> PlainOffer:
    greeting = {
        21: "220 (vsFTPd 3.0.5)",
        25: "220 mail.example.net ESMTP Postfix",
        587: "220 mail.example.net ESMTP Postfix",
        110: "+OK Dovecot ready.",
        143: "* OK [CAPABILITY IMAP4rev1 STARTTLS] Dovecot ready.",
    }.get(port, "")
    takes = port in tls.clear or (port in tls.bare and port != 25)
    return PlainOffer(
        greeting,
        ("AUTH TLS", "PBSZ", "PROT") if port == 21 and port not in tls.bare else (),
        seen(port not in tls.bare),
        seen(takes),
        ("PLAIN", "LOGIN") if takes and port != 21 else (),
        seen(False) if port == 21 else NOT_ASKED,
        seen(False) if port in (25, 587) else NOT_ASKED,
    )


# -- configurations --------------------------------------------------------------------------------


def nginx(version: str, library: str, protocols: str, *names: str, place: str = "", panel: str = "") -> Daemon:
    """Serves `names` on 443; `place` is where its versions were written, "" for nowhere."""
    file, _, number = place.rpartition(":")
    line = Setting(protocols, file, int(number or 0))
    block = Block(
        f"server {names[0]}", (443,), "implicit", {"ssl_protocols": line}, names,
        default_ports=(443,), file=file or "/etc/nginx/sites-enabled/default", line=1,
    )  # fmt: skip
    return Daemon("nginx", version, (block,), library, panel, running=True)


def dovecot(version: str, library: str, *, takes: bool, oldest: str = "") -> Daemon:
    """`takes`: passwords without TLS. `oldest`: the version that somebody wrote down."""
    file = "/etc/dovecot/conf.d/10-auth.conf"
    settings = {
        "disable_plaintext_auth": Setting("no" if takes else "yes", file, 10),
        "ssl_min_protocol": Setting(oldest, "/etc/dovecot/conf.d/10-ssl.conf", 62) if oldest else Setting("TLSv1.2"),
    }
    clear = [
        Block(f"inet_listener {name}", (port,), "optional", settings, plain_login=takes, file=file)
        for name, port in (("imap", 143), ("pop3", 110))
    ]
    blocks = (*clear, Block("inet_listener imaps", (993,), "implicit", settings, plain_login=False, file=file))
    return Daemon("dovecot", version, blocks, library, running=True)


def vsftpd(version: str, library: str, *, tls: bool) -> Daemon:
    settings = {"ssl_enable": Setting("YES" if tls else "NO", "/etc/vsftpd.conf", 149)}
    block = Block("vsftpd.conf", (21,), "required" if tls else "none", settings, plain_login=not tls, file="/etc/vsftpd.conf")
    return Daemon("vsftpd", version, (block,), library, running=True)


def sections(tls: Tls | None) -> dict[str, Attempt[Any]]:
    """Every daemon's section of the inside view; and that nothing renews certificates, bans anybody or is set for all."""
    there = {daemon.name: daemon for daemon in (tls.daemons if tls else ())}
    found: dict[str, Attempt[Any]] = {
        name: seen(there[name]) if name in there else absent(f"it has no {name}") for name in DAEMONS
    }
    found |= {"renewals": absent("nothing renews certificates"), "exemptions": absent("nothing bans addresses")}
    return found | {"libraries": seen(Libraries())}
