"""What mail and FTP take before there is any TLS: passwords, strangers, and mail of strangers for strangers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from schouw.checks.advice import listing
from schouw.checks.base import Case, Check, Found, Unsure, check
from schouw.checks.encryption.fixes import Thing, advise
from schouw.checks.encryption.impact import impact
from schouw.checks.encryption.seen import from_both, shown, where
from schouw.checks.encryption.software import Software
from schouw.model.attempt import Attempt
from schouw.model.daemons import FTP_DAEMONS, MAIL_DAEMONS
from schouw.model.finding import Evidence
from schouw.model.protocol import ServiceClass
from schouw.model.services import SMTP, Part, Service
from schouw.model.tls import PlainOffer
from schouw.profiles import held_to

#: Daemon → the setting that keeps strangers out, with the values that do.
_NO_STRANGERS = {"vsftpd": ("anonymous_enable", ("no", "false", "0")), "pureftpd": ("NoAnonymous", ("yes", "on", "1"))}
_MAIL = (ServiceClass.MAIL, ServiceClass.MX)
Ports = dict[int, str]
"""Port → what it takes a password in, or greets with; "" where only its configuration was seen."""


def _met(
    service: Service,
    pick: Callable[[PlainOffer], Attempt[bool]],
    wanted: bool,
    ruled_out: Callable[[Part], bool] = lambda _: False,
) -> tuple[Ports, list[Unsure]]:
    """The ports of a service where something is as `wanted`, and what could not be told.

    `ruled_out` says whether a configuration makes sure of what an answer from outside left open.
    """
    ports: Ports = {}
    unsure: list[Unsure] = []
    for look in service.plain:
        offer = look.attempt.result
        attempt: Attempt[bool] = pick(offer) if offer is not None else Attempt(None, look.attempt.reason, look.attempt.absent)
        if attempt.result is wanted and offer is not None:
            ports[look.endpoint.port] = ", ".join(offer.mechanisms) or (offer.greeting if service.subject == "ftp" else "")
        elif attempt.result is None and not attempt.absent:
            here = [part for part in service.parts if look.endpoint.port in part.block.ports]
            if offer is not None and here and all(map(ruled_out, here)):
                continue
            unsure.append(Unsure(attempt.reason, service.subject))
    return ports, unsure


def _set(service: Service, wanted: Callable[[Part], bool | None]) -> tuple[Ports, list[Unsure]]:
    """The ports whose configuration is so, where none of the service was met from outside."""
    if any(look.attempt.result is not None for look in service.plain):
        return {}, []
    ports: Ports = {}
    unsure: list[Unsure] = []
    for part in service.parts:
        said = wanted(part)
        if said is None:
            unsure.append(Unsure(f"it cannot be told from the configuration of {Software.of(part).title} alone", service.subject))
        elif said:
            ports |= {port: "" for port in part.block.ports if port in service.ports}
    return ports, unsure


def _without_tls(service: Service) -> tuple[Ports, list[Unsure]]:
    met, unsure = _met(service, lambda offer: offer.tls, False)
    ports, unclear = _set(service, lambda part: None if part.block.tls is None else part.block.tls == "none")
    return met or ports, unsure + unclear


def _with_passwords(service: Service) -> tuple[Ports, list[Unsure]]:
    """Where TLS is there, but passwords are taken without it."""
    met, unsure = _met(service, lambda offer: offer.login, True, lambda part: part.block.plain_login is False)
    ports, unclear = _set(service, lambda part: part.block.plain_login)
    bare, _ = _without_tls(service)
    return {port: said for port, said in (met or ports).items() if port not in bare}, unsure + unclear


def _found(case: Case, service: Service, ports: Ports, thing: Thing, variant: str, outside: str) -> Found:
    parts = [part for part in service.parts if set(ports) & set(part.block.ports)]
    advice = advise(case, service, parts, thing, held_to(case.host, service.service_class))
    said = listing(dict.fromkeys(filter(None, ports.values())), 100)
    return Found(
        subject=service.subject,
        evidence=Evidence(
            outside=f"{where(service, ports)}: {outside}" + (f" ({said})" if said else "") if any(ports.values()) else "",
            inside=advice.inside,
            location=advice.location,
        ),
        fix=advice.fix,
        variant=variant,
        words={"where": where(service, ports), "what": _spoken(service)},
        impact=impact(thing, service.service_class),
    )


def _spoken(service: Service) -> str:
    words = {"mailboxes": "IMAP and POP3", "submission": "Mail submission", "ftp": "FTP"}
    return words.get(service.subject, "SMTP")


@check("crypto.mail.no_tls", from_both(*MAIL_DAEMONS))
def no_tls(case: Case, those: tuple[Service, ...]) -> Iterator[Found | Unsure]:
    for service in _of(those, _MAIL):
        ports, unsure = _without_tls(service)
        yield from unsure
        if ports:
            variant = "servers" if service.service_class is ServiceClass.MX else "clients"
            yield _found(case, service, ports, Thing.TLS, variant, "offers no TLS")


@check("crypto.mail.plaintext_login", from_both(*MAIL_DAEMONS))
def mail_login(case: Case, those: tuple[Service, ...]) -> Iterator[Found | Unsure]:
    for service in _of(_smtp_as_one(those), _MAIL):
        ports, unsure = _with_passwords(service)
        yield from unsure
        if ports:
            yield _found(case, service, ports, Thing.LOGIN, "", "takes passwords before TLS")


@check("crypto.ftp.plaintext", from_both(*FTP_DAEMONS))
def ftp(case: Case, those: tuple[Service, ...]) -> Iterator[Found | Unsure]:
    for service in _of(those, (ServiceClass.FTP,)):
        bare, unsure = _without_tls(service)
        taken, more = _with_passwords(service)
        yield from (*unsure, *more)
        if bare:
            yield _found(case, service, bare, Thing.TLS, "none", "offers no TLS")
        elif taken:
            yield _found(case, service, taken, Thing.LOGIN, "optional", "takes passwords before TLS")


def _outside_only(
    name: str,
    classes: Sequence[ServiceClass],
    pick: Callable[[PlainOffer], Attempt[bool]],
    thing: Thing,
    said: str,
    ruled_out: Callable[[Part], bool] = lambda _: False,
) -> Check:
    @check(name, shown)
    def judge(case: Case, those: tuple[Service, ...]) -> Iterator[Found | Unsure]:
        for service in _of(_smtp_as_one(those), classes):
            ports, unsure = _met(service, pick, True, ruled_out)
            yield from unsure
            if ports:
                yield _found(case, service, ports, thing, "", said)

    return judge


def _smtp_as_one(those: Sequence[Service]) -> list[Service]:
    """One finding for what is set once, see `SMTP`."""
    smtp = [one for one in those if one.service_class is ServiceClass.MX or one.subject == "submission"]
    others = [one for one in those if one not in smtp]
    if len(smtp) < 2:
        return [*(replace(one, subject=SMTP) for one in smtp), *others]
    parts = [part for one in smtp for part in one.parts]
    together = Service(
        subject=SMTP,
        service_class=ServiceClass.MAIL,
        ports=tuple(sorted(port for one in smtp for port in one.ports)),
        offers=tuple(look for one in smtp for look in one.offers),
        certificates=tuple(look for one in smtp for look in one.certificates),
        plain=tuple(look for one in smtp for look in one.plain),
        parts=tuple(part for at, part in enumerate(parts) if part not in parts[:at]),
    )
    return [together, *others]


def _closed_to_strangers(part: Part) -> bool:
    """As its lines say; where they do not, an account may still be missing, and only a login would tell."""
    keyword, values = _NO_STRANGERS.get(part.daemon.name, ("", ()))
    return keyword in part.block.settings and part.block.settings[keyword].value.lower() in values


def _of(those: Sequence[Service], classes: Sequence[ServiceClass]) -> Iterator[Service]:
    return (one for one in those if one.service_class in classes)


anonymous = _outside_only(
    "hardening.ftp.anonymous",
    (ServiceClass.FTP,),
    lambda offer: offer.anonymous,
    Thing.ANONYMOUS,
    "lets anybody log in",
    _closed_to_strangers,
)
relay = _outside_only(
    "hardening.mail.relay", _MAIL, lambda offer: offer.relay, Thing.RELAY, "took mail of a stranger for a stranger"
)

CRYPTO = (no_tls, mail_login, ftp)
HARDENING = (anonymous, relay)
