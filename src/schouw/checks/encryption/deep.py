"""What a deep look saw: flaws of the TLS library, and what it lets clients do. One finding a service.

It stands until the next deep look, for which somebody has to ask; the evidence says of which day it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from schouw.checks.advice import command, steps
from schouw.checks.base import Case, Check, Found, Unsure, check
from schouw.checks.catalogue import CATALOGUE
from schouw.checks.encryption.fixes import Advice, Thing, advise
from schouw.checks.encryption.impact import impact
from schouw.checks.encryption.seen import shown, where
from schouw.checks.encryption.software import Software, by_greeting
from schouw.model.attempt import Attempt
from schouw.model.deep import DeepLook, Oracle
from schouw.model.finding import Evidence
from schouw.model.protocol import ServiceClass
from schouw.model.services import Service
from schouw.model.tls import Looked
from schouw.probe.deep.plan import may_speak
from schouw.profiles import held_to

T = TypeVar("T")

ONLY_DEEP = "only a deep look can tell: press D, or run schouw scan --deep"
MOST_RENEGOTIATIONS = 10
"""That sslyze asks for in a row. A server that stops before has a limit, and more NCSC-NL does not ask for."""


@dataclass(slots=True)
class Answers:
    """Of one question about one service: the looks with a bad answer, by variant of the check; why others are not known."""

    bad: dict[str, list[Looked[DeepLook]]] = field(default_factory=dict)
    unsure: list[str] = field(default_factory=list)


def answers(service: Service, pick: Callable[[DeepLook], Attempt[T]], wrong: Callable[[Service, T], str | None]) -> Answers:
    """`wrong`: which variant a bad answer is, None for a good one."""
    found = Answers()
    for look in service.deep:
        deep = look.attempt.result
        answer: Attempt[T] = pick(deep) if deep is not None else Attempt(None, look.attempt.reason)
        if answer.reason and not answer.absent:
            found.unsure.append(answer.reason)
        if answer.result is not None and (variant := wrong(service, answer.result)) is not None:
            found.bad.setdefault(variant, []).append(look)
    return found


def not_looked_at(services: tuple[Service, ...]) -> Iterator[Unsure]:
    """For what nobody has asked for yet: the host as a whole, or services that came since."""
    lacking = [service for service in services if not service.deep and any(may_speak(look) for look in service.offers)]
    if lacking and not any(service.deep for service in services):
        yield Unsure(ONLY_DEEP, unasked=True)
    else:
        yield from (Unsure(ONLY_DEEP, service.subject, unasked=True) for service in lacking)


Mend = Callable[[Case, Service, set[int]], tuple[Advice, str]]
"""How to fix it on these ports of the service, and who would notice."""


def _question(
    name: str,
    pick: Callable[[DeepLook], Attempt[T]],
    wrong: Callable[[Service, T], str | None],
    says: str,
    mend: Mend,
) -> Check:
    """`says`: what was seen where the answer is bad, for the evidence."""

    @check(name, shown)
    def judge(case: Case, services: tuple[Service, ...]) -> Iterator[Found | Unsure]:
        yield from not_looked_at(services)
        for service in services:
            found = answers(service, pick, wrong)
            yield from (Unsure(reason, service.subject) for reason in found.unsure)
            if found.bad:
                variant = min(found.bad, key=lambda one: CATALOGUE[name].severities[one].rank)
                looks = found.bad[variant]
                ports = {look.endpoint.port for look in looks}
                advice, notice = mend(case, service, ports)
                yield Found(
                    subject=service.subject,
                    evidence=Evidence(f"{where(service, ports)}: {says}; {dated(looks)}", advice.inside, advice.location),
                    fix=steps((advice.fix, again(case))),
                    variant=variant,
                    words={"where": where(service, ports)},
                    impact=notice,
                )

    return judge


def dated(looks: list[Looked[DeepLook]]) -> str:
    """By what, and when: a deep look may be of another day than the rest."""
    latest = max(looks, key=lambda look: look.at)
    tool = latest.attempt.result.tool if latest.attempt.result is not None else "sslyze"
    return f"{tool}, {latest.at:%Y-%m-%d}"


def again(case: Case) -> str:
    return f"then look deep again: D, or schouw scan {case.host.name} --deep"


def _setting(thing: Thing) -> Mend:
    """By a line of its configuration."""

    def mend(case: Case, service: Service, ports: set[int]) -> tuple[Advice, str]:
        advice = advise(case, service, service.deciding(ports), thing, held_to(case.host, service.service_class))
        return advice, impact(thing, service.service_class)

    return mend


def _library(*more: str) -> Mend:
    """By a newer TLS library; what runs keeps the one that it was started with."""

    def mend(case: Case, service: Service, ports: set[int]) -> tuple[Advice, str]:
        parts = service.deciding(ports)
        software = Software.of(parts[0]) if parts else by_greeting(case, service)
        update = command(case.system, "upgrade_security") if case.system else "update the library that does its TLS"
        fix = steps((update, f"restart {software.title}: until then it keeps the library that it was started with", *more))
        inside = f"{software.label} with {software.library}" if software.library else ""
        return Advice(fix, inside), "Nobody, but for the moment of the restart."

    return mend


def _yes(_service: Service, answer: bool) -> str | None:
    return "" if answer else None


def _no(_service: Service, answer: bool) -> str | None:
    return None if answer else ""


def _fallback(service: Service, answer: bool) -> str | None:
    """Only browsers ever tried an older version by themselves when a handshake failed."""
    return "" if not answer and service.service_class is ServiceClass.WEB else None


def _compression(service: Service, answer: bool) -> str | None:
    """CRIME needs a client that can be made to send guesses beside the secret, as browsers can."""
    return None if not answer else "web" if service.service_class is ServiceClass.WEB else "other"


CHECKS = (
    _question(
        "crypto.tls.heartbleed",
        lambda deep: deep.heartbleed,
        _yes,
        "answers a heartbeat with more than was sent",
        _library("then have its certificates issued anew, with new keys, and change passwords: all of them may have leaked"),
    ),
    _question(
        "crypto.tls.ccs_injection",
        lambda deep: deep.ccs_injection,
        _yes,
        "takes a ChangeCipherSpec before there is a key",
        _library(),
    ),
    _question(
        "crypto.tls.robot",
        lambda deep: deep.robot,
        lambda _service, oracle: None if oracle is Oracle.NONE else oracle.value,
        "tells good from bad padding of RSA by its answers",
        _setting(Thing.SUITE),
    ),
    _question(
        "crypto.tls.renegotiation",
        lambda deep: deep.renegotiation,
        lambda _service, found: None if found.secure else "",
        "renegotiates without RFC 5746",
        _library(),
    ),
    _question(
        "crypto.tls.client_renegotiation",
        lambda deep: deep.renegotiation,
        lambda _service, found: "" if found.by_client >= MOST_RENEGOTIATIONS else None,
        f"renegotiated {MOST_RENEGOTIATIONS} times in a row because the client asked",
        _setting(Thing.RENEGOTIATION),
    ),
    _question("crypto.tls.compression", lambda deep: deep.compression, _compression, "compresses", _setting(Thing.COMPRESSION)),
    _question(
        "crypto.tls.fallback",
        lambda deep: deep.fallback_scsv,
        _fallback,
        "lets a client that says it was pushed to an older version stay there",
        _setting(Thing.PROTOCOL),
    ),
    _question("crypto.tls.early_data", lambda deep: deep.early_data, _yes, "takes early data", _setting(Thing.EARLY_DATA)),
    _question(
        "crypto.tls.extended_master_secret",
        lambda deep: deep.extended_master_secret,
        _no,
        "TLS 1.2 without the extended master secret",
        _library(),
    ),
)
