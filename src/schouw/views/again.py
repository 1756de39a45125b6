"""The least look that shows whether what is under the cursor is still so: what `r` asks for."""

from __future__ import annotations

from dataclasses import dataclass

from schouw.model.facts import Facts
from schouw.model.finding import Finding, TrackedFinding
from schouw.model.outside import Outside
from schouw.model.services import is_about
from schouw.model.tls import Endpoint
from schouw.scan.look import Look
from schouw.views.endpoints import EndpointRow
from schouw.views.offers import OfferRow

_BEFORE_TLS = ("crypto.mail.", "crypto.ftp.", "hardening.mail.", "hardening.ftp.")
_CERTIFICATES, _SSH, _ENCRYPTION = "crypto.cert.", "crypto.ssh.", "crypto."


@dataclass(frozen=True, slots=True)
class Again:
    """`words`: what it looks at; "" for all of the host."""

    look: Look = Look.NORMAL
    only: tuple[Endpoint, ...] = ()
    words: str = ""


WHOLE = Again()


def again(item: object, facts: Facts | None) -> Again:
    """`item`: a row of a list of the host's screen. All of the host where less would not tell."""
    outside = facts.outside.result if facts is not None else None
    if outside is None:
        return WHOLE
    match item:
        case EndpointRow():
            return _at(Look.ENDPOINT, (item.endpoint,))
        case OfferRow(look=look) if look is not None:
            return _at(Look.BEFORE_TLS, (look.endpoint,))
        case TrackedFinding():
            return _of(item.finding, outside)
        case _:
            return WHOLE


def ssh(facts: Facts | None) -> Again:
    """What the SSH servers offer."""
    known = facts is not None and facts.outside.result is not None and facts.outside.result.ssh
    return Again(Look.SSH, words="what SSH offers") if known else WHOLE


def _of(finding: Finding, outside: Outside) -> Again:
    check, subject = finding.check, finding.subject
    if check.startswith(_BEFORE_TLS):
        found = [look.endpoint for look in outside.plain if is_about(subject, look.endpoint.port, look.endpoint.protocol)]
        return _at(Look.BEFORE_TLS, tuple(found))
    if check.startswith(_CERTIFICATES):
        return _at(Look.ENDPOINT, _showing(subject, outside))
    if check.startswith(_SSH):
        return Again(Look.SSH, words="what SSH offers") if outside.ssh else WHOLE
    if check.startswith(_ENCRYPTION):
        ends = [look.endpoint for looks in (outside.tls, outside.http) for look in looks]
        return _at(Look.ENDPOINT, tuple(one for one in ends if is_about(subject, one.port, one.protocol)))
    return WHOLE


def _showing(subject: str, outside: Outside) -> tuple[Endpoint, ...]:
    """Everything that shows a certificate which is shown there: it is one certificate that is to be another."""
    shown = [
        (look.endpoint, look.attempt.result.chain[0].fingerprint if look.attempt.result and look.attempt.result.chain else "")
        for look in outside.certificates
    ]
    there = {mark for endpoint, mark in shown if subject in (endpoint.name, f"{endpoint.port}/tcp")}
    return tuple(endpoint for endpoint, mark in shown if mark in there)


def _at(look: Look, endpoints: tuple[Endpoint, ...]) -> Again:
    only = tuple(dict.fromkeys(endpoints))
    if not only:
        return WHOLE
    ports = list(dict.fromkeys(f"{one.port}/tcp" for one in only))
    names = list(dict.fromkeys(one.name for one in only if one.name))
    where = ", ".join(ports[:4]) + (f" and {len(ports) - 4} more ports" if len(ports) > 4 else "")
    as_whom = f" as {names[0]}" if len(names) == 1 else f" as {len(names)} names" if names else ""
    return Again(look, only, where + (as_whom if look is Look.ENDPOINT else " before TLS"))
