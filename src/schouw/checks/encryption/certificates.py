"""Certificates as they are shown: dates, names, chains, keys and signatures. One finding a certificate, whatever it is shown for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from schouw.checks.advice import listing, plural
from schouw.checks.base import Case, Check, Found, Unsure, check
from schouw.checks.encryption.fixes import Thing, advise, impact
from schouw.checks.encryption.renewal import keeper_of
from schouw.checks.encryption.seen import because, judged, shown
from schouw.model.attempt import Attempt
from schouw.model.finding import Evidence
from schouw.model.profile import Kind, Level
from schouw.model.services import Service
from schouw.model.tls import Certificate, CertificateOffer, Endpoint, ServiceClass
from schouw.profiles import held_to

#: Days before the end, and how bad that is, for a certificate of 90 days or more; shorter ones have less time in proportion.
_SCHEDULE = ((7, "week"), (14, "fortnight"), (30, "month"))
_USUAL_LIFE = 90


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


def _of_each(name: str, judge: Callable[[Case, Shown], Iterator[Found | Unsure]]) -> Check:
    @check(name, certificates)
    def run(case: Case, those: tuple[Shown | Unsure, ...]) -> Iterator[Found | Unsure]:
        for one in those:
            if isinstance(one, Unsure):
                yield one
            else:
                yield from judge(case, one)

    return run


def _expiry(case: Case, one: Shown) -> Iterator[Found | Unsure]:
    leaf, now = one.leaf, case.now
    if now < leaf.not_before:
        yield _about(
            case, one, "early", Thing.CERTIFICATE, f"valid from {_day(leaf.not_before)}", {"date": _day(leaf.not_before)}
        )
        return
    left = leaf.not_after - now
    share = min(1.0, (leaf.not_after - leaf.not_before) / timedelta(days=_USUAL_LIFE))
    variant = "expired" if left <= timedelta() else next((v for d, v in _SCHEDULE if left < share * timedelta(days=d)), "")
    if not variant:
        return
    keeper = keeper_of(case, leaf)
    found = _about(case, one, variant, Thing.CERTIFICATE, f"valid until {_day(leaf.not_after)}", {"days": _left(left)})
    yield Found(found.subject, found.evidence, keeper or found.fix, variant, found.words)


def _left(left: timedelta) -> str:
    days = abs(left.days if left >= timedelta() else (-left).days)
    return plural(days, "day") if days else "less than a day"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _name(case: Case, one: Shown) -> Iterator[Found | Unsure]:
    wrong = [place for place in one.places if place[1].name and not covers(one.leaf, place[1].name)]
    if not wrong:
        return
    part = Shown(one.offer, tuple(wrong))
    names = sorted({endpoint.name for endpoint in part.endpoints})
    words = {"names": names[0] if len(names) == 1 else f"{len(names)} names"}
    evidence = f"{part.where}: it is for {listing(one.leaf.names or (one.leaf.subject,), 90)}"
    yield _about(case, part, part.audience, Thing.CERTIFICATE, "", words, evidence)


def covers(leaf: Certificate, name: str) -> bool:
    """RFC 6125: exactly, or with ``*`` for the first label; a name in the subject alone counts for nobody any more."""
    name = name.lower().rstrip(".")
    first, _, rest = name.partition(".")
    return any(one.lower() == name or (first and rest and one.lower() == f"*.{rest}") for one in leaf.names)


def _chain(case: Case, one: Shown) -> Iterator[Found | Unsure]:
    if one.offer.trusted.result is False and incomplete(one.offer):
        evidence = f"{one.where}: issued by {one.leaf.issuer[:60]}, whose certificate is not sent along"
        yield _about(case, one, one.audience, Thing.CHAIN, "", {}, evidence)


def incomplete(offer: CertificateOffer) -> bool:
    """It ends at a certificate that somebody else has issued who is neither sent nor known here."""
    last = offer.chain[-1]
    words = offer.why_not.lower()
    return not last.self_issued and ("issuer" in words or "first certificate" in words)


def _trust(case: Case, one: Shown) -> Iterator[Found | Unsure]:
    trusted = one.offer.trusted
    if trusted.result is None:
        if not trusted.absent:
            yield Unsure(trusted.reason, one.subject)
        return
    # Who asks without a name on a web server with names gets a stopgap: nobody's browser does that.
    named = {service.subject for service, _ in one.places if service.names}
    places = tuple(place for place in one.places if place[1].name or place[0].subject not in named)
    if trusted.result or incomplete(one.offer) or not places:
        return
    part = Shown(one.offer, places)
    alone = one.leaf.self_issued
    evidence = f"{part.where}: {'self-signed' if alone else f'issued by {one.leaf.issuer[:60]}'}; {one.offer.why_not[:70]}"
    words = {"how": "self-signed" if alone else "not from an authority that this machine trusts"}
    yield _about(case, part, part.audience, Thing.CERTIFICATE, "", words, evidence)


def _key(case: Case, one: Shown) -> Iterator[Found | Unsure]:
    yield from _by_profile(case, one, Kind.CERTIFICATE_KEY, key_of(one.leaf))


def key_of(leaf: Certificate) -> str:
    if leaf.key == "EC":
        return f"EC {leaf.curve}"
    return leaf.key if leaf.key.startswith("Ed") else f"{leaf.key} {leaf.bits}"


def _signature(case: Case, one: Shown) -> Iterator[Found | Unsure]:
    """A signature of one's own proves nothing, however strong: that is judged as trust."""
    weak = [each.signature for each in one.offer.chain if each.signature and not each.self_issued]
    for value in dict.fromkeys(weak):
        yield from _by_profile(case, one, Kind.CERTIFICATE_SIGNATURE, value)


def _life(case: Case, one: Shown) -> Iterator[Found | Unsure]:
    if not one.leaf.self_issued:
        days = (one.leaf.not_after - one.leaf.not_before).days
        yield from _by_profile(case, one, Kind.CERTIFICATE_DAYS, str(days))


def _by_profile(case: Case, one: Shown, kind: Kind, value: str) -> Iterator[Found]:
    profiles = {service.service_class: held_to(case.host, service.service_class) for service, _ in one.places}
    levels = {service: judged(profile, kind, value, case.today) for service, profile in profiles.items()}
    service, worst = max(levels.items(), key=lambda item: item[1].rank)
    if worst in (Level.PHASE_OUT, Level.INSUFFICIENT):
        found = _about(case, one, worst.value, Thing.CERTIFICATE, value, {"value": value})
        reason = because(profiles[service], service, worst, kind)
        yield Found(found.subject, found.evidence, _ANEW[kind], worst.value, found.words, reason, found.impact)


_ANEW = {
    Kind.CERTIFICATE_KEY: "ask for the next certificate with another key: certbot certonly --key-type ecdsa --elliptic-curve secp384r1; "
    "acme.sh --issue --keylength ec-384; else: openssl ecparam -genkey -name secp384r1",
    Kind.CERTIFICATE_SIGNATURE: "have the certificate issued anew: every public authority signs with SHA-256 since 2016",
    Kind.CERTIFICATE_DAYS: "have certificates issued for a shorter time, and renewed by a program (ACME)",
}


def _about(case: Case, one: Shown, variant: str, thing: Thing, what: str, words: dict[str, str], evidence: str = "") -> Found:
    service = one.service
    parts = [part for part in service.parts if {endpoint.port for endpoint in one.endpoints} & set(part.block.ports)]
    named = [part for part in parts if set(part.block.names) & {endpoint.name for endpoint in one.endpoints}]
    advice = advise(case, service, named or parts, thing, held_to(case.host, service.service_class))
    return Found(
        subject=one.subject,
        evidence=Evidence(evidence or f"{one.where}: {what}", advice.inside, advice.location),
        fix=advice.fix,
        variant=variant,
        words={"name": one.subject, **words},
        impact=impact(thing, service.service_class),
    )


CHECKS = (
    _of_each("crypto.cert.expiry", _expiry),
    _of_each("crypto.cert.name", _name),
    _of_each("crypto.cert.chain", _chain),
    _of_each("crypto.cert.trust", _trust),
    _of_each("crypto.cert.key", _key),
    _of_each("crypto.cert.signature", _signature),
    _of_each("crypto.cert.life", _life),
)
