"""Facts of a host with TLS services, and what a deep look saw of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from schouw.model.attempt import Attempt, absent, seen
from schouw.model.deep import Chain, DeepLook, Oracle, Renegotiation, Resumption, Trust
from schouw.model.facts import Facts, Inside, Listener
from schouw.model.outside import Outside
from schouw.model.protocol import Protocol
from schouw.model.tls import Accepted, Endpoint, Looked, TlsOffer, TlsVersion
from tests.unit.facts import ADDRESS, NOW, facts, inside, listener, met, outside

STORES = ("Android", "Apple", "Java", "Mozilla", "Windows")
OFFER = TlsOffer(
    depth="light",
    versions={version: seen(version in (TlsVersion.TLS12, TlsVersion.TLS13)) for version in TlsVersion},
    accepted=seen((Accepted(TlsVersion.TLS13, "TLS_AES_256_GCM_SHA384", "X25519"),)),
    groups=seen(("X25519",)),
    connections=8,
)


def endpoint(port: int = 443, protocol: Protocol = Protocol.HTTPS, name: str = "", address: str = ADDRESS) -> Endpoint:
    return Endpoint(address, port, protocol, name)


def offer(where: Endpoint, found: Attempt[TlsOffer] | None = None) -> Looked[TlsOffer]:
    return Looked(where, NOW, found or seen(OFFER))


def chain(**more: Any) -> Chain:
    """A chain that every store trusts; `more`: what is otherwise."""
    whole = Chain("ab" * 32, "CN=www.example.nl", 2, True, trusted(*STORES), absent("the server sends none along"))
    return replace(whole, **more)


def trusted(*stores: str) -> Attempt[tuple[Trust, ...]]:
    return seen(tuple(Trust(store, store in stores, "" if store in stores else "candidates exhausted") for store in STORES))


def deep_look(**more: Any) -> DeepLook:
    """Nothing wrong; `more` by question: an `Attempt`, or what was seen."""
    whole = DeepLook(
        chains=seen((chain(),)),
        heartbleed=seen(False),
        ccs_injection=seen(False),
        early_data=seen(False),
        compression=seen(False),
        renegotiation=seen(Renegotiation(True, 0)),
        fallback_scsv=seen(True),
        extended_master_secret=seen(True),
        robot=seen(Oracle.NONE),
        resumption=seen(Resumption(2, 0, 2)),
        connections=42,
        tool="sslyze 6.3.1",
    )
    changed: dict[str, Any] = {name: part if isinstance(part, Attempt) else seen(part) for name, part in more.items()}
    return replace(whole, **changed)


def looked(where: Endpoint | None = None, found: Attempt[DeepLook] | None = None, **more: Any) -> Looked[DeepLook]:
    return Looked(where or endpoint(), NOW, found or seen(deep_look(**more)))


def tls_outside(*deep: Looked[DeepLook], also: tuple[Endpoint, ...] = (), **more: Any) -> Outside:
    """Open, and seen to speak TLS: the endpoints of `deep`, and `also` those."""
    endpoints = [one.endpoint for one in deep] + list(also)
    whole = outside(*(met(port) for port in sorted({one.port for one in endpoints})))
    return replace(whole, tls=tuple(offer(one) for one in endpoints), deep=deep, **more)


def tls_inside(*listeners: Listener, **sections: Any) -> Inside:
    return inside(listeners=(listener(22), *listeners), **sections)


def tls_facts(without: Outside, within: Inside | str = "only looked at from outside") -> Facts:
    return facts(within, without)
