"""Certificates: dates, names, chains and trust. One finding a certificate, however many names show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from schouw.checks.advice import listing, plural, steps
from schouw.checks.base import Case, Check, Found, Unsure, check
from schouw.checks.encryption.fixes import Thing, advise
from schouw.checks.encryption.impact import impact
from schouw.checks.encryption.renewal import keeper_of
from schouw.checks.encryption.shown import Shown, certificates, covers, incomplete
from schouw.checks.encryption.software import Software
from schouw.model.finding import Evidence
from schouw.profiles import held_to

#: Days before the end, and how bad that is, for a certificate of 90 days or more; shorter ones have less time in proportion.
_SCHEDULE = ((7, "week"), (14, "fortnight"), (30, "month"))
_USUAL_LIFE = 90


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
    wrong = tuple(place for place in one.places if place[1].name and not covers(one.leaf, place[1].name))
    if not wrong or one.leaf.self_issued:
        return
    part = Shown(one.offer, wrong)
    names = sorted({endpoint.name for endpoint in part.endpoints})
    words = {"names": names[0] if len(names) == 1 else f"{len(names)} names"}
    yield _about(case, part, part.audience, f"it is for {listing(one.leaf.names or (one.leaf.subject,), 90)}", words)


def _chain(case: Case, one: Shown) -> Iterator[Found | Unsure]:
    if one.offer.trusted.result is False and incomplete(one.offer):
        what = f"issued by {one.leaf.issuer[:60]}, whose certificate is not sent along"
        yield _about(case, one, one.audience, what, thing=Thing.CHAIN)


def _trust(case: Case, one: Shown) -> Iterator[Found | Unsure]:
    trusted = one.offer.trusted
    if trusted.result is None and not trusted.absent:
        yield Unsure(trusted.reason, one.subject)
    # Who asks without a name on a web server with names gets a stopgap: nobody's browser does that.
    places = tuple(place for place in one.places if place[1].name or not place[0].names)
    if trusted.result is not False or incomplete(one.offer) or not places:
        return
    part, alone = Shown(one.offer, places), one.leaf.self_issued
    what = "self-signed" if alone else f"issued by {one.leaf.issuer[:60]}"
    ended = f", valid until {_day(one.leaf.not_after)}" if one.leaf.not_after < case.now else ""
    how = "self-signed" if alone else "not from an authority that this machine trusts"
    yield _about(case, part, part.audience, f"{what}{ended}; {one.offer.why_not[:70]}", {"how": how})


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
    service = one.service
    advice = advise(case, service, one.parts, thing, held_to(case.host, service.service_class))
    return Found(
        subject=one.subject,
        evidence=Evidence(f"{one.where}: {what}", advice.inside, advice.location),
        fix=advice.fix,
        variant=variant,
        words={"name": one.subject, **(words or {})},
        impact=impact(thing, service.service_class),
    )


CHECKS = (
    _of_each("crypto.cert.expiry", _expiry),
    _of_each("crypto.cert.name", _name),
    _of_each("crypto.cert.chain", _chain),
    _of_each("crypto.cert.trust", _trust),
)
