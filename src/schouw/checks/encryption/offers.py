"""What services agree to, held against their profile: versions, suites, groups, fields and signatures. One finding each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from schouw.checks.advice import listing
from schouw.checks.base import Case, Check, Found, Unsure, check
from schouw.checks.encryption.fixes import Advice, Thing, advise, in_one
from schouw.checks.encryption.impact import impact
from schouw.checks.encryption.lowered import lowered
from schouw.checks.encryption.seen import because, judged, shown, where
from schouw.checks.encryption.spelling import suite_faults
from schouw.checks.encryption.traits import DH, GROUP, SIGNATURE, SUITE, Trait
from schouw.model.finding import Evidence
from schouw.model.profile import Kind, Level
from schouw.model.services import Part, Service
from schouw.model.tls import TlsVersion
from schouw.profiles import held_to

Values = dict[str, set[int]]
"""Value → the ports that offer it."""


@dataclass(frozen=True, slots=True)
class Weak:
    """What a service offers and its profile does not accept, by level."""

    levels: dict[Level, Values]

    @property
    def worst(self) -> Level:
        return max(self.levels, key=lambda level: level.rank)

    @property
    def values(self) -> list[str]:
        """Of the worst level."""
        return list(self.levels[self.worst])

    @property
    def ports(self) -> set[int]:
        """That offer something of the worst level."""
        return set().union(*self.levels[self.worst].values())


def weak(case: Case, service: Service, trait: Trait, values: Values) -> Weak | None:
    profile = held_to(case.host, service.service_class)
    levels: dict[Level, Values] = {}
    for value, ports in values.items():
        one = judged(profile, trait.kind, value, case.today)
        if not one.accepted:
            levels.setdefault(one, {})[value] = ports
    return Weak(levels) if levels else None


def offered(service: Service, trait: Trait) -> Iterator[tuple[str, int] | Unsure]:
    """(value, port) of all that it was seen to offer, and why there may be more."""
    for look in service.offers:
        offer = look.attempt.result
        if offer is None:
            if not look.attempt.absent:
                yield Unsure(look.attempt.reason, service.subject)
            continue
        if lacking := trait.lacking(offer):
            yield Unsure(lacking, service.subject)
        for value in trait.values(offer):
            if value.startswith("0x"):
                yield Unsure(f"no name is known for {value}", service.subject)
            else:
                yield value, look.endpoint.port
    if not service.offers and _should_speak(service):
        yield Unsure("its encryption was not looked at from outside", service.subject)


def _should_speak(service: Service) -> bool:
    """Whether there is any encryption to look at: not where the service itself says that it has none."""
    said = [look.attempt.result.tls.result for look in service.plain if look.attempt.result is not None]
    if said and not any(offers is not False for offers in said):
        return False
    return not service.parts or any(part.block.tls != "none" for part in service.parts)


def by_value(pairs: Sequence[tuple[str, int] | Unsure]) -> Values:
    values: Values = {}
    for pair in pairs:
        if not isinstance(pair, Unsure):
            values.setdefault(pair[0], set()).add(pair[1])
    return values


def found(
    case: Case, service: Service, trait: Trait, bad: Weak, evidence: str, parts: Sequence[Part], advice: Advice | None = None
) -> Found:
    """The one finding about a kind of thing of a service; `parts` are those of its configuration that cause it."""
    profile = held_to(case.host, service.service_class)
    advice = advice or advise(case, service, parts, trait.thing, profile)
    advice = lowered(case, parts, trait.thing, bad.values, profile, advice)
    return Found(
        subject=service.subject,
        evidence=Evidence(outside=evidence, inside=advice.inside, location=advice.location),
        fix=advice.fix,
        variant=bad.worst.value,
        words={"what": trait.words(bad.values), "where": where(service, bad.ports)},
        because=because(profile, service.service_class, bad.worst, trait.kind),
        impact=impact(trait.thing, service.service_class, max(bad.values)),
    )


def evidence(service: Service, trait: Trait, bad: Weak) -> str:
    text = f"{where(service, bad.ports)}: {trait.verb} {listing(bad.values, 120)}"
    if len(bad.levels) > 1:
        return f"{text}; to be phased out too: {listing(bad.levels[Level.PHASE_OUT], 60)}"
    return f"{text}; names: {listing(service.names, 60)}" if len(service.names) > 1 else text


def _gone_with_its_version(case: Case, service: Service) -> set[str]:
    """Suites without a fault of their own, of versions alone that the profile does not accept: one thing to fix, not two."""
    profile = held_to(case.host, service.service_class)
    versions: dict[str, set[TlsVersion]] = {}
    for look in service.offers:
        for one in (look.attempt.result.accepted.result or ()) if look.attempt.result is not None else ():
            versions.setdefault(one.suite, set()).add(one.version)
    return {
        suite
        for suite, those in versions.items()
        if not suite_faults(suite)
        and not any(judged(profile, Kind.PROTOCOL, version.value, case.today).accepted for version in those)
    }


def _check(name: str, trait: Trait) -> Check:
    @check(name, shown)
    def judge(case: Case, services: tuple[Service, ...]) -> Iterator[Found | Unsure]:
        for service in services:
            pairs = list(offered(service, trait))
            yield from (pair for pair in pairs if isinstance(pair, Unsure))
            values = by_value(pairs)
            for value in _gone_with_its_version(case, service) if trait is SUITE else ():
                values.pop(value, None)
            bad = weak(case, service, trait, values)
            if bad is not None:
                yield from _of(case, service, trait, bad)

    return judge


def _of(case: Case, service: Service, trait: Trait, bad: Weak) -> Iterator[Found]:
    parts, seen = service.deciding(bad.ports), evidence(service, trait, bad)
    new = [value for value in bad.values if trait is SUITE and "_WITH_" not in value]
    if not new:
        mild = trait is SIGNATURE and bad.values == [Thing.SHA224]
        yield found(case, service, replace(trait, thing=Thing.SHA224) if mild else trait, bad, seen, parts)
        return
    # Suites of TLS 1.3 are set apart from all others.
    newer = replace(trait, thing=Thing.SUITE13)
    if len(new) == len(bad.values):
        yield found(case, service, newer, bad, seen, parts)
        return
    profile = held_to(case.host, service.service_class)
    first, second = (advise(case, service, parts, one.thing, profile) for one in (trait, newer))
    yield found(case, service, trait, bad, seen, parts, replace(first, fix=in_one(first.fix, second.fix)))


CHECKS = (
    _check("crypto.tls.suite", SUITE),
    _check("crypto.tls.group", GROUP),
    _check("crypto.tls.dh", DH),
    _check("crypto.tls.signature", SIGNATURE),
)
