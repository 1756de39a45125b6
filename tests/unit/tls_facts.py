"""Small facts about encryption: offers, certificates and daemons that are in good order; say only what differs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from schouw.model.attempt import Attempt, absent, not_checked, seen
from schouw.model.daemons import DAEMONS, Block, Daemon, Setting
from schouw.model.facts import Facts, Inside
from schouw.model.finding import Finding
from schouw.model.host import Host, Reach
from schouw.model.outside import Outside
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
from tests.unit.facts import ADDRESS, HOST, NOW, facts, inside, judge, listener, met, outside

GOOD = ("TLS_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")
CBC = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
T10, T11, T12, T13 = TlsVersion.TLS10, TlsVersion.TLS11, TlsVersion.TLS12, TlsVersion.TLS13


def endpoint(port: int = 443, name: str = "", protocol: Protocol | None = None) -> Endpoint:
    return Endpoint(ADDRESS, port, protocol or USUAL.get(port, Protocol.HTTPS), name)


def accepted(suite: str, version: TlsVersion | None = None, **more: Any) -> Accepted:
    return Accepted(version or (T12 if "_WITH_" in suite else T13), suite, **more)


def offer(
    *versions: TlsVersion,
    suites: tuple[str | Accepted, ...] = GOOD,
    groups: Attempt[tuple[str, ...]] | tuple[str, ...] = ("X25519MLKEM768", "x25519", "secp256r1"),
    unknown: dict[TlsVersion, str] | None = None,
    lacking: str = "",
) -> TlsOffer:
    """TLS 1.2 and 1.3, or `versions`; all others were refused, but for those that are `unknown` with a reason."""
    offered = versions or (T12, T13)
    states: dict[TlsVersion, Attempt[bool]] = {version: seen(version in offered) for version in TlsVersion}
    states |= {version: not_checked(reason) for version, reason in (unknown or {}).items()}
    some = tuple(one if isinstance(one, Accepted) else accepted(one) for one in suites)
    return TlsOffer("light", states, seen(some, lacking), groups if isinstance(groups, Attempt) else seen(groups), 8)


def looked(what: Any, port: int = 443, name: str = "", protocol: Protocol | None = None) -> Looked[Any]:
    """`what` was seen, or is the reason why not."""
    attempt: Attempt[Any] = what if isinstance(what, Attempt) else not_checked(what) if isinstance(what, str) else seen(what)
    return Looked(endpoint(port, name, protocol), NOW, attempt)


def certificate(
    *names: str,
    days: float = 60,
    life: float = 90,
    key: str = "EC",
    bits: int = 256,
    signature: str = "sha256",
    issuer: str = "CN=E7,O=Let's Encrypt",
    alone: bool = False,
    **more: Any,
) -> Certificate:
    """Of Let's Encrypt, with 60 days left."""
    end: datetime = NOW + timedelta(days=days)
    subject = f"CN={names[0] if names else 'localhost'}"
    made = Certificate(
        subject=subject,
        issuer=subject if alone else issuer,
        names=names,
        not_before=end - timedelta(days=life),
        not_after=end,
        key=key,
        bits=bits,
        curve="secp256r1" if key == "EC" else "",
        signature=signature,
        fingerprint=f"{names}{days}{key}{bits}{signature}{alone}",
        self_issued=alone,
    )
    return replace(made, **more)


INTERMEDIATE = certificate(days=900, life=1800, issuer="CN=ISRG Root X2", subject="CN=E7,O=Let's Encrypt", authority=True)


def chain(leaf: Certificate, *above: Certificate, trusted: Attempt[bool] | bool = True, why_not: str = "") -> CertificateOffer:
    return CertificateOffer((leaf, *above), trusted if isinstance(trusted, Attempt) else seen(trusted), why_not)


def served(*names: str, **more: Any) -> CertificateOffer:
    return chain(certificate(*names, **more), INTERMEDIATE)


def plain(
    tls: Attempt[bool] | bool = True,
    login: Attempt[bool] | bool = False,
    greeting: str = "",
    mechanisms: tuple[str, ...] = (),
    anonymous: Attempt[bool] = NOT_ASKED,
    relay: Attempt[bool] = NOT_ASKED,
) -> PlainOffer:
    answers = [one if isinstance(one, Attempt) else seen(one) for one in (tls, login)]
    return PlainOffer(greeting, (), answers[0], answers[1], mechanisms, anonymous, relay)


def block(
    ports: tuple[int, ...],
    tls: Literal["none", "implicit", "optional", "required"] | None = "implicit",
    label: str = "server",
    names: tuple[str, ...] = (),
    **more: Any,
) -> Block:
    """`settings` by keyword: a value (a default), or a value and where it stands."""
    settings = {
        keyword: Setting(one) if isinstance(one, str) else Setting(one[0], *_place(one[1]))
        for keyword, one in more.pop("settings", {}).items()
    }
    return Block(label, ports, tls, settings, names, **more)


def _place(text: str) -> tuple[str, int]:
    file, _, line = text.rpartition(":")
    return file, int(line)


def daemon(name: str, version: str, *blocks: Block, library: str = "OpenSSL 3.0.17", **more: Any) -> Daemon:
    return Daemon(name, version, blocks, library, **({"running": True} | more))


def view(
    *looks: Looked[Any], blocked: str = "", certificates: tuple[Looked[Any], ...] = (), plain: tuple[Looked[Any], ...] = ()
) -> Outside:
    """The outside view of a host whose ports these are, sorted by what was seen; failed looks are at TLS, or as said."""
    kinds: dict[type, list[Looked[Any]]] = {TlsOffer: [], CertificateOffer: [], PlainOffer: [], HttpOffer: []}
    for look in looks:
        result = look.attempt.result
        kinds[TlsOffer if result is None else type(result)].append(look)
    ports = tuple(met(port) for port in sorted({look.endpoint.port for look in (*looks, *certificates, *plain)}))
    return replace(
        outside(*ports),
        tls=tuple(kinds[TlsOffer]),
        certificates=(*kinds[CertificateOffer], *certificates),
        plain=(*kinds[PlainOffer], *plain),
        http=tuple(kinds[HttpOffer]),
        blocked=blocked,
    )


def within(*daemons: Daemon, **sections: object) -> Inside:
    """The inside view of a host that runs these."""
    ports = sorted({port for one in daemons for part in one.blocks for port in part.ports})
    listeners = (listener(22), *(listener(port, process="daemon") for port in ports))
    nothing: dict[str, object] = {name: absent("it has none") for name in DAEMONS}
    return inside(**(nothing | {"listeners": listeners} | {one.name: one for one in daemons} | sections))


def found(
    without: Outside | str | None, inner: Inside | str | None = None, host: Host = HOST, prefix: str = "crypto."
) -> dict[str, Finding]:
    """Findings by key without the prefix; those about SSH are left out."""
    those: Facts = facts(inner or within(), without)
    findings = judge(those, host, NOW).findings
    return {one.key.removeprefix(prefix): one for one in findings if one.key.startswith(prefix) and ".ssh." not in one.key}


def unsure(without: Outside | str | None, inner: Inside | str | None = None, host: Host = HOST) -> dict[tuple[str, str], str]:
    """(check, subject) → why it could not be judged, though it was asked for."""
    verdict = judge(facts(inner or within(), without), host, NOW)
    return {(one.check, one.subject): one.reason for one in verdict.not_checked if not one.unasked}


LOCAL = replace(HOST, reach=Reach.LOCAL)
