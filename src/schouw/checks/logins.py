"""Area logins: how many accounts still log in in a way that is to end. Numbers only: no name is ever in a finding."""

from __future__ import annotations

from collections.abc import Iterator

from schouw.checks import needs
from schouw.checks.advice import plural
from schouw.checks.base import Case, Check, Found, Unsure, check
from schouw.checks.login_advice import fix, hint
from schouw.checks.switched_off import switched_off
from schouw.model.finding import Evidence
from schouw.model.logins import LoginClass, LoginCount, Logins, LoginService
from schouw.model.phaseout import PROTOCOLS, What

_PROTOCOLS = {"imap": "IMAP", "pop3": "POP3", "sieve": "ManageSieve", "smtp": "SMTP", "ftp": "FTP"}


@check("logins.accounts.plaintext", needs.logins)
def plaintext(case: Case, logins: Logins) -> Iterator[Found | Unsure]:
    yield from _still(case, logins, LoginClass.PLAINTEXT)
    for service in logins.services:
        if service.name in logins.untold:
            yield _untold(
                service, "whether a login was encrypted", hint(service.name, service.version, told=False, versions=True)
            )


@check("logins.accounts.old_tls", needs.logins)
def old_tls(case: Case, logins: Logins) -> Iterator[Found | Unsure]:
    yield from _still(case, logins, LoginClass.OLD_TLS)
    for service in logins.services:
        if service.name in logins.versionless:
            yield _untold(service, "with which TLS", hint(service.name, service.version, told=True, versions=False))


@check("logins.accounts.refused", needs.logins)
def refused(case: Case, logins: Logins) -> Iterator[Found | Unsure]:
    yield from _still(case, logins, LoginClass.REFUSED)


def _still(case: Case, logins: Logins, kind: LoginClass) -> Iterator[Found | Unsure]:
    for service in logins.services:
        if service.lacking:
            yield Unsure(service.lacking, service.name)
        for count in logins.counts or ():
            if count.service == service.name and count.kind is kind and count.month and not _over(case, count):
                yield _found(case, service, count, logins)


def _over(case: Case, count: LoginCount) -> bool:
    """Whether it is off, seen from both sides: then nobody does that any more, whoever did last week."""
    what = {LoginClass.PLAINTEXT: What.PLAINTEXT, LoginClass.OLD_TLS: What.OLD_TLS}.get(count.kind)
    return what is not None and count.protocol in PROTOCOLS and switched_off(what, (count.protocol,), case.facts).verified


def _found(case: Case, service: LoginService, count: LoginCount, logins: Logins) -> Found:
    others = {
        one.kind: one.month for one in logins.counts or () if (one.service, one.protocol) == (count.service, count.protocol)
    }
    well = others.get(LoginClass.TLS, 0)
    verb = "try" if count.kind is LoginClass.REFUSED else "log"
    if count.month == 1:
        verb = {"try": "tries", "log": "logs"}[verb]
    return Found(
        subject=f"{service.name} {count.protocol}",
        evidence=Evidence(
            inside=f"{count.week} in the last 7 days, {count.month} in 30, {count.quarter} in 90; with TLS {well} in 30",
            location=service.logs[0] if service.logs else "",
        ),
        fix=_fix(case, service, count),
        words={
            "count": f"{plural(count.month, 'account')} still {verb}",
            "service": _PROTOCOLS.get(count.protocol, count.protocol),
        },
    )


def _fix(case: Case, service: LoginService, count: LoginCount) -> str:
    who = f"whose: schouw logins --host {case.host.name} --class {count.kind.value} --format csv"
    return f"{who}\n{fix(service.name, service.version, count.kind)}".strip()


def _untold(service: LoginService, what: str, line: str) -> Unsure:
    way = f"; add: {line}" if line else "; it has no setting for that"
    return Unsure(f"the log of {service.name} does not tell {what}{way}", service.name)


CHECKS: tuple[Check, ...] = (plaintext, old_tls, refused)
