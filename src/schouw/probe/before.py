"""What a host's encryption was when it was last looked at: what a look that is made now compares itself with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from schouw.model.attempt import Attempt
from schouw.model.outside import Outside
from schouw.model.protocol import Protocol
from schouw.model.tls import Endpoint, Looked, PlainOffer, TlsOffer

T = TypeVar("T")

#: MySQL and MariaDB shut an address out after 100 connections without a login (max_connect_errors), whoever else uses it.
#: One that is reset before they greet is not counted, so whether the port is open may be asked at any time.
COUNTING = frozenset({Protocol.MYSQL})


def counting(previous: Outside | None, address: str) -> dict[int, str]:
    """Ports of `COUNTING` services there, with what they greeted with: to be knocked at, and only spoken to when it is due."""
    if previous is None:
        return {}
    ports = {one.endpoint.port for one in previous.tls if one.endpoint.protocol in COUNTING and one.endpoint.address == address}
    said = {one.port: one.greeting for one in previous.ports.result or () if one.address == address}
    return {port: said.get(port, "") for port in ports}


def of(looks: Iterable[Looked[T]], endpoint: Endpoint) -> list[Looked[T]]:
    return [one for one in looks if one.endpoint == endpoint]


def looks_of_depth(previous: Outside | None, depth: str) -> list[Looked[TlsOffer]]:
    """Those of that depth ("light" or "full") to which something was offered."""
    found = previous.tls if previous is not None else ()
    return [one for one in found if one.attempt.result is not None and one.attempt.result.depth == depth]


def has_changed(previous: Outside | None, now: Looked[TlsOffer]) -> bool:
    """Whether both light looks are whole, and not the same."""
    last = next(iter(of(looks_of_depth(previous, "light"), now.endpoint)), None)
    if last is None or last.attempt.result is None or now.attempt.result is None:
        return False
    both = (last.attempt.result, now.attempt.result)
    if not all(offer.accepted.complete and offer.groups.complete for offer in both):
        return False
    one, other = (replace(offer, connections=0) for offer in both)
    return one != other


def begins_tls(previous: Outside | None, endpoint: Endpoint, said: Attempt[PlainOffer]) -> bool:
    """Whether it offers TLS, of which nothing is known yet."""
    known = any(one.attempt.result is not None for one in of(previous.tls if previous is not None else (), endpoint))
    return not known and said.result is not None and said.result.tls.result is True
