"""Whether a host was looked at fully, in one place.

The rule: a host is *scanned* when every look that was asked for came back whole, else *partial* (exit status 3).
Asked for are all sections of the inside view, unless the fleet file says that the host is only looked at from
outside; and the outside view, unless the host is the very machine that schouw runs on, which cannot look at
itself from outside. What a host does not have (no sshd: `Attempt.absent`) is not lacking. An unprivileged
account therefore gives *partial*: what only root can see was asked for, and not seen.

Addresses that this machine has no route to (`Outside.unrouted`: all of IPv6, on a network without it) are not
lacking either, as long as another of the host's was looked at: no scan from here could do better. The checks say
that they were not looked at, and leave alone what was open there before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from schouw.errors import ErrorClass
from schouw.model.attempt import Attempt
from schouw.model.facts import Facts, Inside, Privilege
from schouw.model.host import Host, Reach
from schouw.model.outside import Outside
from schouw.model.tls import Looked


@dataclass(frozen=True, slots=True)
class Lack:
    """What a look did not see; nothing where `reasons` is empty."""

    reasons: tuple[str, ...] = ()
    kind: str = ""
    """An `ErrorClass`, "" where none fits."""

    @property
    def text(self) -> str:
        """For one line: the first reason, and how many more there are."""
        if len(self.reasons) < 2:
            return "".join(self.reasons)
        return f"{self.reasons[0]} (and {len(self.reasons) - 1} more)"


def lack(host: Host, facts: Facts) -> Lack:
    inside = tuple(_inside(facts.inside)) if host.reach is not Reach.OUTSIDE else ()
    outside = tuple(_outside(facts.outside)) if host.reach is not Reach.LOCAL else ()
    return Lack(inside + outside, _kind(facts, bool(inside)))


def _kind(facts: Facts, lacks_inside: bool) -> str:
    identity = facts.inside.result.identity.result if facts.inside.result is not None else None
    if lacks_inside and identity is not None and identity.privilege is Privilege.NONE:
        return ErrorClass.NEEDS_PRIVILEGE
    if facts.outside.result is not None and facts.outside.result.blocked:
        return ErrorClass.DROPPED
    return ""


def _inside(attempt: Attempt[Inside]) -> Iterator[str]:
    if attempt.reason:
        yield attempt.reason
    if attempt.result is None:
        return
    for field in fields(attempt.result):
        if field.name == "fingerprints":
            continue
        section: Attempt[Any] = getattr(attempt.result, field.name)
        if not section.complete and not section.absent:
            yield f"{field.name}: {section.reason}"
    logins = attempt.result.logins.result
    yield from (f"logins: {service.lacking}" for service in (logins.services if logins else ()) if service.lacking)


def _outside(attempt: Attempt[Outside]) -> Iterator[str]:
    if attempt.reason and not attempt.absent:
        yield attempt.reason
    if attempt.result is None:
        return
    if attempt.result.blocked:
        yield attempt.result.blocked
    outside = attempt.result
    looks: tuple[Attempt[Any], ...] = (outside.ports, *outside.ssh)
    for look in looks:
        if _lacking(look, outside.blocked):
            yield look.reason
    services: tuple[Looked[Any], ...] = (*outside.tls, *outside.certificates, *outside.plain, *outside.http)
    for service in services:
        if _lacking(service.attempt, outside.blocked):
            yield f"{service.endpoint}: {service.attempt.reason}"
    # What keeps one endpoint from a deep look mostly keeps all of them from it.
    yield from dict.fromkeys(one.attempt.reason for one in outside.deep if _lacking(one.attempt, outside.blocked))


def _lacking(look: Attempt[Any], blocked: str) -> bool:
    return not look.complete and not look.absent and look.reason != blocked
