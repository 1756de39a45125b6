"""Certificates as services show them, each once with every place where it is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from schouw.checks.advice import listing
from schouw.checks.base import Case, Unsure
from schouw.checks.encryption.seen import shown
from schouw.model.attempt import Attempt
from schouw.model.protocol import ServiceClass
from schouw.model.services import Part, Service
from schouw.model.tls import Certificate, CertificateOffer, Endpoint


@dataclass(frozen=True, slots=True)
class Place:
    """Where a certificate is shown, and with which chain: not every program that has it sends its intermediates along."""

    service: Service
    endpoint: Endpoint
    offer: CertificateOffer


@dataclass(frozen=True, slots=True)
class Shown:
    """One certificate with every place where it is shown."""

    places: tuple[Place, ...]

    @property
    def offer(self) -> CertificateOffer:
        return self.places[0].offer

    @property
    def leaf(self) -> Certificate:
        return self.offer.chain[0]

    @property
    def service(self) -> Service:
        return self.places[0].service

    @property
    def endpoints(self) -> list[Endpoint]:
        return [place.endpoint for place in self.places]

    @property
    def parts(self) -> list[Part]:
        """The parts of the configuration that show it: those of its names where they are known."""
        ports, names = {one.port for one in self.endpoints}, {one.name for one in self.endpoints}
        parts = [part for part in self.service.parts if ports & set(part.block.ports)]
        return [part for part in parts if names & set(part.block.names)] or parts

    def by_service(self) -> list[Shown]:
        """The same for each service that shows it."""
        services: dict[str, list[Place]] = {}
        for place in self.places:
            services.setdefault(place.service.subject, []).append(place)
        return [Shown(tuple(places)) for places in services.values()]

    def where_so(self, wanted: Callable[[Place], bool]) -> Shown | None:
        """The same for those places alone, None for none."""
        places = tuple(place for place in self.places if wanted(place))
        return Shown(places) if places else None

    @property
    def subject(self) -> str:
        return _subject(self.endpoints)

    @property
    def where(self) -> str:
        """ "443 and 993, as www.example.nl and 13 more"."""
        ports = ", ".join(str(port) for port in sorted({one.port for one in self.endpoints}))
        names = sorted({one.name for one in self.endpoints if one.name})
        return f"{ports}, as {listing(names, 70)}" if names else ports

    @property
    def audience(self) -> str:
        """Who would be put off: a variant of the checks of trust and name."""
        classes = {place.service.service_class for place in self.places}
        if classes & {ServiceClass.WEB, ServiceClass.MAIL}:
            return "people"
        return "servers" if classes == {ServiceClass.MX} else "programs"


def _subject(endpoints: list[Endpoint]) -> str:
    """The first name that it is shown under, else the port: the same after a renewal."""
    names = sorted(one.name for one in endpoints if one.name)
    return names[0] if names else f"{min(one.port for one in endpoints)}/tcp"


def certificates(case: Case) -> Attempt[tuple[Shown | Unsure, ...]]:
    """Each certificate once, and for every endpoint that showed none why not."""
    services = shown(case)
    grouped: dict[str, list[Place]] = {}
    unsure: list[Unsure] = []
    for service in services.result or ():
        for look in service.certificates:
            offer = look.attempt.result
            if offer is not None and offer.chain:
                grouped.setdefault(offer.chain[0].fingerprint, []).append(Place(service, look.endpoint, offer))
            elif not look.attempt.absent:
                unsure.append(Unsure(look.attempt.reason or "no certificate was shown", _subject([look.endpoint])))
    found = [Shown(tuple(some)) for some in grouped.values()]
    if services.result is None:
        return Attempt(None, services.reason)
    return Attempt((*found, *unsure), services.reason)


def covers(leaf: Certificate, name: str) -> bool:
    """RFC 6125: exactly, or with ``*`` for the first label; a name in the subject alone counts for nobody any more."""
    name = name.lower().rstrip(".")
    first, _, rest = name.partition(".")
    return any(one.lower() == name or (first and rest and one.lower() == f"*.{rest}") for one in leaf.names)


def incomplete(offer: CertificateOffer) -> bool:
    """Somebody else has issued it who is neither sent along nor known here.

    Where that one is sent, and only who vouches for it is unknown, it is most likely an authority of somebody's own.
    """
    leaf, words = offer.chain[0], offer.why_not.lower()
    sent = {one.subject for one in offer.chain[1:]}
    return not leaf.self_issued and leaf.issuer not in sent and ("issuer" in words or "first certificate" in words)
