"""Versions of TLS: what is offered outside decides; where that was not seen, what the configuration allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from schouw.checks.base import Case, Found, Unsure, check
from schouw.checks.encryption.configured import configured
from schouw.checks.encryption.fixes import Advice
from schouw.checks.encryption.offers import Values, by_value, evidence, found, offered, weak
from schouw.checks.encryption.seen import from_both
from schouw.checks.encryption.software import Software
from schouw.checks.encryption.traits import PROTOCOL, version_words
from schouw.model.daemons import DAEMONS
from schouw.model.services import Part, Service
from schouw.model.tls import TlsVersion


@check("crypto.tls.protocol", from_both(*DAEMONS))
def protocol(case: Case, those: tuple[Service, ...]) -> Iterator[Found | Unsure]:
    for service in those:
        if any(look.attempt.result is not None for look in service.offers):
            yield from _by_offers(case, service)
        else:
            yield from _by_lines(case, service)


def _by_offers(case: Case, service: Service) -> Iterator[Found | Unsure]:
    pairs = list(offered(service, PROTOCOL))
    yield from (pair for pair in pairs if isinstance(pair, Unsure))
    bad = weak(case, service, PROTOCOL, by_value(pairs))
    if bad is None:
        return
    parts = service.deciding(bad.ports)
    guilty = [part for part in parts if (lines := configured(part, case.libraries)) is None or lines.written & set(bad.values)]
    advice = None
    if parts and not guilty:
        software = Software.of(parts[0])
        advice = Advice(
            f"the configuration does not allow it any more; it only has to take effect: {software.then(case)}",
            f"{software.label} is set to {version_words(_written(case, parts))} only",
        )
    yield found(case, service, PROTOCOL, bad, evidence(service, PROTOCOL, bad), guilty, advice)


def _by_lines(case: Case, service: Service) -> Iterator[Found | Unsure]:
    """Nothing was seen from outside: what the lines allow is what is offered, as far as that can be told."""
    parts = [part for part in service.parts if part.block.tls != "none"]
    if not parts:
        yield from (pair for pair in offered(service, PROTOCOL) if isinstance(pair, Unsure))
        return
    values: Values = {}
    for port in service.ports:
        for part in service.deciding([port]):
            lines = configured(part, case.libraries)
            if lines is None and part in parts:
                yield Unsure(
                    f"which versions {Software.of(part).title} allows cannot be told from its lines alone", service.subject
                )
            for version in lines.allowed if lines is not None and part in parts else ():
                values.setdefault(version.value, set()).add(port)
    bad = weak(case, service, PROTOCOL, {version.value: values[version] for version in TlsVersion if version in values})
    if bad is not None:
        decide = service.deciding(bad.ports)
        pairs = [(part, configured(part, case.libraries)) for part in decide]
        guilty = [part for part, lines in pairs if lines is not None and lines.allowed & set(bad.values)]
        yield found(case, service, PROTOCOL, bad, "", guilty)


def _written(case: Case, parts: Sequence[Part]) -> list[TlsVersion]:
    lines = [one for part in parts if (one := configured(part, case.libraries)) is not None]
    return [version for version in TlsVersion if any(version in one.written for one in lines)]
