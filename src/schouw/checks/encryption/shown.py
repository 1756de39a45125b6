"""Certificates as services show them, each once with every place where it is shown."""

from __future__ import annotations

from dataclasses import dataclass

from schouw.checks.advice import listing
from schouw.checks.base import Case, Unsure
from schouw.checks.encryption.seen import shown
from schouw.model.attempt import Attempt
from schouw.model.services import Part, Service
from schouw.model.tls import Certificate, CertificateOffer, Endpoint, ServiceClass


@dataclass(frozen=True, slots=True)
class Shown:
    """One certificate with every endpoint that shows it."""

    offer: CertificateOffer
    places: tuple[tuple[Service, Endpoint], ...]

    @property
    def leaf(self) -> Certificate:
        return self.offer.chain[0]

    @property
    def service(self) -> Service:
        return self.places[0][0]

    @property
    def endpoints(self) -> list[Endpoint]:
        return [endpoint for _, endpoint in self.places]

    @property
    def parts(self) -> list[Part]:
        """The parts of the configuration that show it: those of its names where they are known."""
        ports, names = {one.port for one in self.endpoints}, {one.name for one in self.endpoints}
        parts = [part for part in self.service.parts if ports & set(part.block.ports)]
        return [part for part in parts if names & set(part.block.names)] or parts

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
        classes = {service.service_class for service, _ in self.places}
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
    grouped: dict[str, list[tuple[CertificateOffer, Service, Endpoint]]] = {}
    unsure: list[Unsure] = []
    for service in services.result or ():
        for look in service.certificates:
            offer = look.attempt.result
            if offer is not None and offer.chain:
                grouped.setdefault(offer.chain[0].fingerprint, []).append((offer, service, look.endpoint))
            elif not look.attempt.absent:
                unsure.append(Unsure(look.attempt.reason or "no certificate was shown", _subject([look.endpoint])))
    found = [Shown(some[0][0], tuple((service, endpoint) for _, service, endpoint in some)) for some in grouped.values()]
    if services.result is None:
        return Attempt(None, services.reason)
    return Attempt((*found, *unsure), services.reason)


def covers(leaf: Certificate, name: str) -> bool:
    """RFC 6125: exactly, or with ``*`` for the first label; a name in the subject alone counts for nobody any more."""
    name = name.lower().rstrip(".")
    first, _, rest = name.partition(".")
    return any(one.lower() == name or (first and rest and one.lower() == f"*.{rest}") for one in leaf.names)


def incomplete(offer: CertificateOffer) -> bool:
    """It ends at a certificate that somebody else has issued who is neither sent nor known here."""
    last = offer.chain[-1]
    words = offer.why_not.lower()
    return not last.self_issued and ("issuer" in words or "first certificate" in words)
