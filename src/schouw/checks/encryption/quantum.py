"""Whether anything on the host agrees on a key exchange that a quantum computer cannot undo later."""

from __future__ import annotations

from collections.abc import Iterator

from schouw.checks.base import Case, Found, Unsure, check
from schouw.checks.encryption.fixes import Thing, advise
from schouw.checks.encryption.seen import shown
from schouw.checks.encryption.spelling import can_post_quantum, post_quantum
from schouw.checks.encryption.traits import conjoined
from schouw.model.finding import Evidence
from schouw.model.services import Service
from schouw.model.tls import TlsVersion
from schouw.profiles import held_to

_LATER = "nothing to do before the next release of the distribution: OpenSSL 3.5 and newer can (Debian 13, RHEL 10)"


@check("crypto.tls.no_pq", shown)
def no_post_quantum(case: Case, services: tuple[Service, ...]) -> Iterator[Found | Unsure]:
    """One finding a host: a newer library mends all of it at once. Services without TLS 1.3 have more urgent needs."""
    without: list[Service] = []
    for service in services:
        offers = [look.attempt.result for look in service.offers if look.attempt.result is not None]
        current = [one for one in offers if (met := one.versions.get(TlsVersion.TLS13)) is not None and met.result]
        unknown = [one.groups.reason for one in current if one.groups.result is None and not one.groups.absent]
        if unknown:
            yield Unsure(unknown[0])
        elif any(not post_quantum(one.groups.result or ()) for one in current):
            without.append(service)
        for look in service.offers:
            if look.attempt.result is None and not look.attempt.absent:
                yield Unsure(look.attempt.reason)
    if not without:
        return
    able = next((one for one in without for part in one.parts if can_post_quantum(part.daemon.library)), None)
    advice = ""
    if able is not None:
        parts = [part for part in able.parts if can_post_quantum(part.daemon.library)]
        advice = advise(case, able, parts, Thing.GROUP, held_to(case.host, able.service_class)).fix
    ports = conjoined([str(port) for port in sorted({port for one in without for port in one.ports})])
    yield Found(
        evidence=Evidence(outside=f"{ports}: no group with ML-KEM"),
        fix=advice or _LATER,
        variant="possible" if advice else "later",
        words={"where": ports},
    )
