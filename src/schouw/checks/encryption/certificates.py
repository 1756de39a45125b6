"""Certificates: dates, names, chains and trust. One finding a certificate, however many names show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from schouw.checks.advice import listing, plural, steps
from schouw.checks.base import Case, Check, Found, Unsure, check
from schouw.checks.encryption.fixes import Advice, Thing, advise
from schouw.checks.encryption.impact import impact
from schouw.checks.encryption.renewal import keeper_of
from schouw.checks.encryption.shown import Shown, certificates, covers, incomplete
from schouw.checks.encryption.software import Software, by_greeting
from schouw.model.finding import Evidence
from schouw.profiles import held_to

#: Days before the end, and how bad that is, for a certificate of 90 days or more; shorter ones have less time in proportion.
_SCHEDULE = ((7, "week"), (14, "fortnight"), (30, "month"))
_USUAL_LIFE = 90

#: Programs whose fixes are written out where many show the same certificate.
_PROGRAMS = 4
_OWN_AUTHORITY = "where the authority is your own: add its root to those that this machine trusts (update-ca-certificates)"


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
    """One that nobody vouches for is judged as that: whoever trusts it all the same has looked at it."""
    leaf, left = one.leaf, one.leaf.not_after - case.now
    if leaf.self_issued:
        return
    if case.now < leaf.not_before:
        until = f"valid from {_day(leaf.not_before)}"
        yield _anew(case, one, "early", until, {"date": _day(leaf.not_before)})
        return
    share = min(1.0, (leaf.not_after - leaf.not_before) / timedelta(days=_USUAL_LIFE))
    variant = "expired" if left <= timedelta() else next((v for d, v in _SCHEDULE if left < share * timedelta(days=d)), "")
    if variant:
        yield _anew(case, one, variant, f"valid until {_day(leaf.not_after)}", {"days": _left(left)})


def _left(left: timedelta) -> str:
    days = abs(left).days
    return plural(days, "day") if days else "less than a day"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _name(case: Case, one: Shown) -> Iterator[Found | Unsure]:
    wrong = one.where_so(lambda place: bool(place.endpoint.name) and not covers(one.leaf, place.endpoint.name))
    if wrong is None or one.leaf.self_issued:
        return
    names = sorted({endpoint.name for endpoint in wrong.endpoints})
    words = {"names": names[0] if len(names) == 1 else f"{len(names)} names"}
    yield _about(case, wrong, wrong.audience, f"it is for {listing(one.leaf.names or (one.leaf.subject,), 90)}", words)


def _chain(case: Case, one: Shown) -> Iterator[Found | Unsure]:
    bare = one.where_so(lambda place: place.offer.trusted.result is False and incomplete(place.offer))
    if bare is not None:
        what = f"issued by {one.leaf.issuer[:60]}, whose certificate is not sent along"
        yield _about(case, bare, bare.audience, what, thing=Thing.CHAIN)


def _trust(case: Case, one: Shown) -> Iterator[Found | Unsure]:
    for trusted in dict.fromkeys(place.offer.trusted for place in one.places):
        if trusted.result is None and not trusted.absent:
            yield Unsure(trusted.reason, one.subject)
    # Who asks without a name on a web server with names gets a stopgap: nobody's browser does that.
    bad = one.where_so(
        lambda place: (
            place.offer.trusted.result is False
            and not incomplete(place.offer)
            and bool(place.endpoint.name or not place.service.names)
        )
    )
    if bad is None:
        return
    ended = f", valid until {_day(one.leaf.not_after)}" if one.leaf.not_after < case.now else ""
    if one.leaf.self_issued:
        yield _about(case, bad, bad.audience, f"self-signed{ended}", {"how": "self-signed"})
        return
    what = f"issued by {one.leaf.issuer[:60]}{ended}; {bad.offer.why_not[:70]}"
    found = _about(case, bad, bad.audience, what, {"how": "not from an authority that this machine trusts"})
    yield replace(found, fix=steps((found.fix, _OWN_AUTHORITY)))


def _anew(case: Case, one: Shown, variant: str, what: str, words: dict[str, str]) -> Found:
    """Where the certificate itself is at fault, and a new one in its place mends it."""
    found = _about(case, one, variant, what, words)
    parts = one.parts
    where = f", into the files that {found.evidence.location} names" if found.evidence.location else ""
    last = Software.of(parts[0]).then(case) if parts else ""
    own = steps((f"have the certificate issued anew{where}", f"then: {last}" if last else ""))
    return replace(found, fix=keeper_of(case, one.leaf) or own)


def _about(
    case: Case, one: Shown, variant: str, what: str, words: Mapping[str, str] | None = None, thing: Thing = Thing.CERTIFICATE
) -> Found:
    service, advice = one.service, _advice(case, one, thing)
    return Found(
        subject=one.subject,
        evidence=Evidence(f"{one.where}: {what}", advice.inside, advice.location),
        fix=advice.fix,
        variant=variant,
        words={"name": one.subject, **(words or {})},
        impact=impact(thing, service.service_class),
    )


def _advice(case: Case, one: Shown, thing: Thing) -> Advice:
    """For each program that shows it."""
    programs: dict[str, tuple[str, Advice]] = {}
    for here in one.by_service():
        software = Software.of(here.parts[0]) if here.parts else by_greeting(case, here.service)
        if software.name not in programs:
            advice = advise(case, here.service, here.parts, thing, held_to(case.host, here.service.service_class))
            heading = f"{software.title} ({here.where})" if software.name != "unknown" else here.where
            programs[software.name] = (heading, advice)
    several = list(programs.values())
    first = several[0][1]
    if len(several) == 1:
        return first
    texts = [f"{heading}:\n{advice.fix}" for heading, advice in several[:_PROGRAMS]]
    left = len(several) - _PROGRAMS
    causes = listing(filter(None, (advice.inside for _, advice in several)))
    location = next((advice.location for _, advice in several if advice.location), "")
    return Advice(steps((*texts, f"and {plural(left, 'program')} more" if left > 0 else "")), causes, location)


CHECKS = (
    _of_each("crypto.cert.expiry", _expiry),
    _of_each("crypto.cert.name", _name),
    _of_each("crypto.cert.chain", _chain),
    _of_each("crypto.cert.trust", _trust),
)
