"""Where the lines of a configuration and what is met outside disagree: not reloaded, a proxy, or the library overrules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TypeVar

from schouw.checks.base import Case, Found, Unsure, check
from schouw.checks.encryption.configured import Configured, configured
from schouw.checks.encryption.fixes import Thing, advise
from schouw.checks.encryption.lowered import words
from schouw.checks.encryption.seen import from_both
from schouw.checks.encryption.software import Software
from schouw.checks.encryption.spelling import openssl_version
from schouw.checks.encryption.system_wide import refusing
from schouw.checks.encryption.traits import version_words
from schouw.model.daemons import DAEMONS
from schouw.model.finding import Evidence
from schouw.model.services import Part, Service
from schouw.model.tls import Endpoint, Looked, TlsVersion
from schouw.profiles import held_to

T = TypeVar("T")
Lines = list[tuple[Part, Configured]]


@check("crypto.tls.mismatch", from_both(*DAEMONS))
def mismatch(case: Case, those: tuple[Service, ...]) -> Iterator[Found | Unsure]:
    for service in those:
        found = next(filter(None, (*_versions(case, service), *_logins(case, service))), None)
        if found is not None:
            yield found
        elif _some_older(case, service.offers) or _some_older(case, service.plain):
            yield Unsure("it was met before its configuration was read", service.subject, unasked=True)


def _some_older(case: Case, looks: Iterable[Looked[T]]) -> bool:
    """Whether an endpoint was not met in the look that read its configuration: what is carried over may be of another one."""
    newest: dict[Endpoint, datetime] = {}
    for look in looks:
        newest[look.endpoint] = max(look.at, newest.get(look.endpoint, look.at))
    return any(at < case.facts.taken_at for at in newest.values())


def _versions(case: Case, service: Service) -> Iterator[Found | None]:
    for look in service.offers:
        if look.at < case.facts.taken_at:
            continue
        parts = service.deciding([look.endpoint.port])
        lines = [(part, one) for part in parts if (one := configured(part, case.libraries)) is not None]
        if look.attempt.result is None or not lines:
            continue
        written = set().union(*(one.written for _, one in lines))
        met = look.attempt.result.versions
        yield _offers_more(case, service, lines, [v for v, one in met.items() if one.result and v not in written])
        refused = [version for version, one in met.items() if one.result is False]
        yield _offers_less(case, service, lines, [v for v in refused if any(_named(part, v) for part, _ in lines)])


def _offers_more(case: Case, service: Service, lines: Lines, versions: list[TlsVersion]) -> Found | None:
    if not versions:
        return None
    part, one = lines[0]
    setting = f"{Software.of(part).label} allows {version_words(sorted(one.written))}"
    return _found(case, service, part, f"offers {version_words(versions)}", setting)


def _offers_less(case: Case, service: Service, lines: Lines, versions: list[TlsVersion]) -> Found | None:
    """Only what somebody wrote by name: "all but SSLv3" promises nothing."""
    if not versions:
        return None
    part, one = next((part, one) for part, one in lines if any(_named(part, version) for version in versions))
    advice = advise(case, service, [part], Thing.PROTOCOL, held_to(case.host, service.service_class))
    software = Software.of(part)
    overruled = not one.allowed & set(versions)
    outside = f"refuses {version_words(versions)}" + (f", as {software.library} does" if overruled else "")
    if not overruled:
        return _found(case, service, part, outside, advice.inside)
    line = refusing(part, case.libraries, set(versions))
    said = f"; {words(case.libraries, line)}" if case.libraries is not None and line is not None else ""
    evidence = Evidence(outside, f"{advice.inside}{said}", advice.location)
    title = {"where": _where(service), "what": version_words(versions), "program": software.title}
    return Found(service.subject, evidence, advice.fix, "overruled", title)


def _logins(case: Case, service: Service) -> Iterator[Found | None]:
    for look in service.plain:
        if look.at < case.facts.taken_at:
            continue
        parts = [part for part in service.parts if look.endpoint.port in part.block.ports]
        taken = look.attempt.result is not None and look.attempt.result.login.result
        if taken and parts and all(part.block.plain_login is False for part in parts):
            label = f"{Software.of(parts[0]).label} takes no passwords before TLS by its configuration"
            yield _found(case, service, parts[0], "takes passwords before TLS", label)


def _found(case: Case, service: Service, part: Part, outside: str, inside: str) -> Found:
    software, daemon = Software.of(part), part.daemon
    stale = daemon.changed_at is not None and daemon.started_at is not None and daemon.changed_at > daemon.started_at
    if stale:
        inside += f"; its files changed on {daemon.changed_at:%d %b %H:%M}, it runs since {daemon.started_at:%d %b %H:%M}"
        fix = f"make the configuration effective: {software.then(case)}"
    else:
        fix = (
            f"first make sure that it is in force: {software.then(case)}\n"
            "then see what else answers there: a proxy, a load balancer, a container, a second configuration"
        )
    title = {"where": _where(service), "program": software.title}
    return Found(service.subject, Evidence(outside, inside), fix, "stale" if stale else "other", title)


def _where(service: Service) -> str:
    return ", ".join(map(str, service.ports))


def _named(part: Part, version: TlsVersion) -> bool:
    """Whether a line that somebody wrote asks for it in so many words."""
    keywords = ("ssl_protocols", "SSLProtocol", "TLSProtocol")
    written = [part.block.settings[one] for one in keywords if one in part.block.settings and part.block.settings[one].file]
    return any(word.lstrip("+") == openssl_version(version) for one in written for word in one.value.split())
