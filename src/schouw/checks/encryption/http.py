"""What web servers answer over http and https: whether they lead to https, and make browsers stay there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from schouw.checks.advice import listing
from schouw.checks.base import Case, Found, Unsure, check
from schouw.checks.encryption.fixes import Thing, advise
from schouw.checks.encryption.impact import impact
from schouw.checks.encryption.seen import because, judged, where
from schouw.model.attempt import Attempt, not_checked
from schouw.model.finding import Evidence
from schouw.model.profile import Kind, Level, accepted
from schouw.model.protocol import Protocol, ServiceClass
from schouw.model.services import Part, Service, subject_of
from schouw.model.tls import Endpoint, HttpOffer, Looked
from schouw.profiles import held_to

Looks = tuple[Looked[HttpOffer], ...]


def _answers(case: Case) -> Attempt[Looks]:
    view = case.facts.outside
    if view.result is None:
        return not_checked(view.reason or "not looked at from outside")
    return Attempt(view.result.http, view.reason or view.result.blocked)


@check("crypto.http.redirect", _answers)
def redirect(case: Case, looks: Looks) -> Iterator[Found | Unsure]:
    """Only names that have https: there is nowhere to lead the others to."""
    secure = {look.endpoint.name for look in looks if _secure(look.endpoint) and look.attempt.result is not None}
    plain = [look for look in looks if not _secure(look.endpoint)]
    yield from _unsure(plain)
    for port in sorted({look.endpoint.port for look in plain}):
        bare = [
            look.endpoint.name
            for look in plain
            if look.endpoint.port == port and look.endpoint.name in secure and look.attempt.result is not None
            and _serves(look.attempt.result)
        ]  # fmt: skip
        if bare:
            parts = in_plain(case, port, bare)
            yield _found(case, _service(case, port), bare, Thing.REDIRECT, "", "answers with the page itself", parts)


def _serves(offer: HttpOffer) -> bool:
    """Whether it shows something over http: errors are harmless, and so is what leads to https."""
    away = offer.status in (301, 302, 303, 307, 308)
    return 200 <= offer.status < 300 or (away and not offer.location.lower().startswith("https://"))


@check("crypto.http.hsts", _answers)
def hsts(case: Case, looks: Looks) -> Iterator[Found | Unsure]:
    profile = held_to(case.host, ServiceClass.WEB)
    if not accepted(profile, Kind.HSTS):
        return
    secure = [look for look in looks if _secure(look.endpoint)]
    yield from _unsure(secure)
    for port in sorted({look.endpoint.port for look in secure}):
        seen = [(look.endpoint.name, look.attempt.result) for look in secure if look.endpoint.port == port]
        answers = [(name, offer) for name, offer in seen if offer is not None and offer.status < 400]
        without = [name for name, offer in answers if not offer.hsts]
        short = [
            name for name, offer in answers if offer.hsts and not judged(profile, Kind.HSTS, str(offer.hsts), case.today).accepted
        ]
        if without:
            yield _found(case, _service(case, port), without, Thing.HSTS, "missing", "no Strict-Transport-Security")
        elif short:
            yield _found(case, _service(case, port), short, Thing.HSTS, "short", "its max-age is shorter than the profile asks")


def _secure(endpoint: Endpoint) -> bool:
    return endpoint.protocol is Protocol.HTTPS


def _unsure(looks: Iterable[Looked[HttpOffer]]) -> Iterator[Unsure]:
    for look in looks:
        if look.attempt.result is None and not look.attempt.absent:
            yield Unsure(look.attempt.reason, f"{look.endpoint.port}/tcp")


def _service(case: Case, port: int) -> Service:
    subject = subject_of(port, Protocol.HTTPS)
    return next((one for one in case.services if one.subject == subject), Service(subject, ServiceClass.WEB, (port,)))


def in_plain(case: Case, port: int, names: Sequence[str]) -> list[Part]:
    """The parts of a web server that answer for these names without TLS."""
    if case.inside is None:
        return []
    daemons = [
        one for one in (case.inside.nginx.result, case.inside.apache.result) if one is not None and one.running is not False
    ]
    found = [Part(daemon, block) for daemon in daemons for block in daemon.blocks if port in block.ports and block.tls == "none"]
    return [part for part in found if set(part.block.names) & set(names)] or found


def _found(
    case: Case, service: Service, names: list[str], thing: Thing, variant: str, said: str, parts: Sequence[Part] = ()
) -> Found:
    profile = held_to(case.host, ServiceClass.WEB)
    parts = parts or [part for part in service.parts if set(part.block.names) & set(names)] or service.parts
    advice = advise(case, service, parts, thing, profile)
    shown = sorted(filter(None, set(names)))
    count = f"{len(shown)} names" if len(shown) > 1 else listing(shown) or "the server"
    return Found(
        subject=service.subject,
        evidence=Evidence(f"{where(service, service.ports)}: {said}; {listing(shown, 120)}", advice.inside, advice.location),
        fix=advice.fix,
        variant=variant,
        words={"where": ", ".join(map(str, service.ports)), "names": count},
        because=because(profile, ServiceClass.WEB, Level.INSUFFICIENT, Kind.HSTS) if thing is Thing.HSTS else "",
        impact=impact(thing, ServiceClass.WEB),
    )


CHECKS = (redirect, hsts)
