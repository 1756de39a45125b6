"""What a deep look saw of certificates: which stores of root certificates trust them, and what their authority says of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from schouw.checks.advice import listing, steps
from schouw.checks.base import Case, Check, Found, Unsure, check
from schouw.checks.encryption.deep import again, dated, not_looked_at
from schouw.checks.encryption.fixes import Thing, advise
from schouw.checks.encryption.impact import impact
from schouw.checks.encryption.seen import shown
from schouw.checks.encryption.traits import conjoined
from schouw.model.deep import Chain, DeepLook
from schouw.model.finding import Evidence
from schouw.model.services import Service
from schouw.model.tls import Looked
from schouw.profiles import held_to


@dataclass(frozen=True, slots=True)
class Vouched:
    """One certificate with every endpoint that shows it, first seen at `at`."""

    chain: Chain
    at: datetime
    places: tuple[tuple[Service, Looked[DeepLook]], ...]

    @property
    def subject(self) -> str:
        """The first name that it is shown under, else the port: the same after a renewal."""
        endpoints = [look.endpoint for _, look in self.places]
        names = sorted(one.name for one in endpoints if one.name)
        return names[0] if names else f"{min(one.port for one in endpoints)}/tcp"

    @property
    def ports(self) -> set[int]:
        return {look.endpoint.port for _, look in self.places}


def certificates(services: tuple[Service, ...]) -> Iterator[Vouched | Unsure]:
    """Each certificate once, and why others are not known: a gap there is one of the whole check."""
    yield from not_looked_at(services)
    grouped: dict[str, list[tuple[Chain, Service, Looked[DeepLook]]]] = {}
    for service in services:
        for look in service.deep:
            deep = look.attempt.result
            reason = look.attempt.reason if deep is None else "" if deep.chains.absent else deep.chains.reason
            if reason:
                yield Unsure(reason)
            for chain in (deep.chains.result or ()) if deep is not None else ():
                grouped.setdefault(chain.fingerprint, []).append((chain, service, look))
    for some in grouped.values():
        yield Vouched(some[0][0], some[0][2].at, tuple((service, look) for _, service, look in some))


@check("crypto.cert.stores", shown)
def stores(case: Case, services: tuple[Service, ...]) -> Iterator[Found | Unsure]:
    """Trusted by some and not by others; one that none of them trusts is judged by the light look (crypto.cert.trust)."""
    for one in certificates(services):
        if isinstance(one, Unsure):
            yield one
            continue
        trust = one.chain.trust
        if trust.reason:
            yield Unsure(trust.reason, one.subject)
        asked = trust.result or ()
        without = [store for store in asked if not store.trusted]
        if without and len(without) < len(asked):
            names = conjoined([store.store for store in without])
            evidence = f"{_ports(one)}: not trusted by {names} ({without[0].why_not[:90]})"
            yield _about(case, one, "", Thing.CHAIN, evidence, {"names": names}, _FULLER)


_FULLER = (
    "send every intermediate along, up to a root that all of them know; where there is none, take a certificate of an authority "
    "that they all know"
)


@check("crypto.cert.staple", shown)
def staple(case: Case, services: tuple[Service, ...]) -> Iterator[Found | Unsure]:
    for one in certificates(services):
        if isinstance(one, Unsure):
            yield one
            continue
        found = one.chain.staple
        if found.reason and not found.absent:
            yield Unsure(found.reason, one.subject)
        if variant := _stapled(one):
            thing = Thing.CERTIFICATE if variant == "revoked" else Thing.STAPLE
            anew = "have the certificate issued anew, with a new key" if variant == "revoked" else ""
            yield _about(case, one, variant, thing, f"{_ports(one)}: {_SAYS[variant]}", {}, anew)


_SAYS = {
    "revoked": "its authority says: revoked",
    "missing": "the certificate asks for an OCSP response, and none is sent along",
    "expired": "the OCSP response sent along was over already",
    "untrusted": "the OCSP response sent along is not signed by whom it should be",
    "failed": "in place of an OCSP response an error is sent along",
}


def _stapled(one: Vouched) -> str:
    """What is wrong with the response, as a variant of the check; it is held against the day on which it was sent."""
    response = one.chain.staple.result
    if response is None:
        return "missing" if one.chain.must_staple and one.chain.staple.absent else ""
    if response.status == "revoked":
        return "revoked"
    if response.status == "failed":
        return "failed"
    if response.next_update is not None and response.next_update < one.at:
        return "expired"
    return "untrusted" if response.trusted is False else ""


def _ports(one: Vouched) -> str:
    return f"{', '.join(str(port) for port in sorted(one.ports))}, {listing([one.chain.subject], 60)}"


def _about(case: Case, one: Vouched, variant: str, thing: Thing, evidence: str, words: dict[str, str], first: str = "") -> Found:
    service, looks = one.places[0][0], [look for _, look in one.places]
    advice = advise(case, service, service.deciding(one.ports), thing, held_to(case.host, service.service_class))
    return Found(
        subject=one.subject,
        evidence=Evidence(f"{evidence}; {dated(looks)}", advice.inside, advice.location),
        fix=steps((first, advice.fix, again(case))),
        variant=variant,
        words={"name": one.subject, **words},
        impact=impact(thing, service.service_class),
    )


CHECKS: tuple[Check, ...] = (stores, staple)
