"""How strong certificates are: keys, signatures and lives, by the profile. One finding a value: all are ordered the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from schouw.checks.advice import listing, plural
from schouw.checks.base import Case, Check, Found, Unsure, check
from schouw.checks.encryption.fixes import Thing
from schouw.checks.encryption.impact import impact
from schouw.checks.encryption.seen import because, judged
from schouw.checks.encryption.shown import Shown, certificates
from schouw.model.finding import Evidence
from schouw.model.profile import Kind, Level, Profile
from schouw.model.protocol import ServiceClass
from schouw.model.tls import Certificate
from schouw.profiles import held_to

_FIX = {
    Kind.CERTIFICATE_KEY: "order the next certificates with an EC key, or RSA of at least 3072 bits\n"
    "certbot: --key-type ecdsa; acme.sh: --keylength ec-256; by hand: openssl ecparam -genkey -name prime256v1",
    Kind.CERTIFICATE_SIGNATURE: "have them issued anew: every public authority signs with SHA-256 since 2016",
    Kind.CERTIFICATE_DAYS: "order the next certificates for a shorter time, and have a program renew them (ACME)",
}


def _check(name: str, kind: Kind, values: Callable[[Shown], Iterable[str]]) -> Check:
    @check(name, certificates)
    def judge(case: Case, those: tuple[Shown | Unsure, ...]) -> Iterator[Found | Unsure]:
        found: dict[str, list[Shown]] = {}
        for one in those:
            if isinstance(one, Unsure):
                # What it would have shown may be the last of its kind: nothing is gone for sure.
                yield Unsure(one.reason)
                continue
            for value in dict.fromkeys(values(one)):
                found.setdefault(value, []).append(one)
        yield from _found(case, kind, found)

    return judge


def _found(case: Case, kind: Kind, values: dict[str, list[Shown]]) -> Iterator[Found]:
    weak = {
        value: (worst, some) for value, some in values.items() if not (worst := _worst(case, kind, value, some)).level.accepted
    }
    if kind is Kind.CERTIFICATE_DAYS and weak:
        # 397 days and 398 are the same habit.
        longest = max(weak, key=int)
        weak = {longest: (weak[longest][0], [one for _, some in weak.values() for one in some])}
    for value, (worst, some) in weak.items():
        yield Found(
            subject="" if kind is Kind.CERTIFICATE_DAYS else value,
            evidence=Evidence(outside=listing((one.subject for one in some), 200)),
            fix=_FIX[kind],
            variant=worst.level.value,
            words={"value": value, "count": plural(len(some), "certificate")},
            because=because(worst.profile, worst.service, worst.level, kind),
            impact=impact(Thing.CERTIFICATE, worst.service),
        )


@dataclass(frozen=True, slots=True)
class _Worst:
    """What the strictest says of the profiles that the services with such certificates are held to."""

    level: Level
    profile: Profile
    service: ServiceClass


def _worst(case: Case, kind: Kind, value: str, some: list[Shown]) -> _Worst:
    classes = dict.fromkeys(place.service.service_class for one in some for place in one.places)
    profiles = [(held_to(case.host, service), service) for service in classes]
    judgements = [_Worst(judged(profile, kind, value, case.today), profile, service) for profile, service in profiles]
    return max(judgements, key=lambda one: one.level.rank)


def key_of(leaf: Certificate) -> str:
    """``RSA 2048``, ``EC secp256r1``, ``Ed25519``: as profiles have it."""
    if leaf.key == "EC":
        return f"EC {leaf.curve}"
    return leaf.key if leaf.key.startswith("Ed") else f"{leaf.key} {leaf.bits}"


def _hashes(one: Shown) -> Iterable[str]:
    """A signature of one's own proves nothing, however strong: that is judged as trust."""
    chain = [each for place in one.places for each in place.offer.chain]
    return (each.signature for each in chain if each.signature and not each.self_issued)


def _days(one: Shown) -> Iterable[str]:
    return () if one.leaf.self_issued else (str((one.leaf.not_after - one.leaf.not_before).days),)


CHECKS = (
    _check("crypto.cert.key", Kind.CERTIFICATE_KEY, lambda one: (key_of(one.leaf),)),
    _check("crypto.cert.signature", Kind.CERTIFICATE_SIGNATURE, _hashes),
    _check("crypto.cert.life", Kind.CERTIFICATE_DAYS, _days),
)
