"""Ports seen from both sides: what listens inside beside what a connect from outside met.

One row a protocol, address family and port; only ports that listen inside or are open outside have one.
A socket that takes both families is two listeners ("0.0.0.0" and "::"), as the inside view records it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal

from schouw.model.attempt import Attempt, not_checked
from schouw.model.facts import Facts, Listener
from schouw.model.outside import Outside, OutsidePort, PortState


class Exposure(StrEnum):
    """What the two views say together (the table is in docs: listening inside against met outside)."""

    EXPOSED = "exposed"
    """Listens inside, open outside."""
    FORWARDED = "forwarded"
    """Open outside, yet nothing (or only loopback) listens inside: DNAT, a container, a proxy, another device."""
    OPEN = "open"
    """Open outside; what is behind it could not be seen."""
    FIREWALLED = "firewalled"
    """Listens inside; outside there is no answer. One rule away from being exposed."""
    REJECTED = "rejected"
    """Listens inside; outside it is refused: by a firewall, or not bound to that address."""
    LOCAL = "local only"
    INTERNAL = "internal"
    """Listens on a private address that was not looked at from here."""
    UNKNOWN = "unknown"
    """Listens inside; what the outside sees could not be told: see `PortRow.reason`."""
    UNSEEN = "unseen"
    """Was open at an address that there is no route to from here now, and may still be: neither open nor shut."""


@dataclass(frozen=True, slots=True)
class PortRow:
    proto: Literal["tcp", "udp"]
    family: Literal[4, 6]
    port: int
    verdict: Exposure
    process: str | None = None
    """None: nothing listens inside, or its name could not be seen."""
    unit: str | None = None
    inside: tuple[str, ...] = ()
    """Addresses that it is bound to."""
    outside: PortState | None = None
    """The most open answer of the addresses of this family, None where there is none."""
    addresses: tuple[str, ...] = ()
    """The outside addresses that gave that answer."""
    greeting: str = ""
    reason: str = ""
    """Why the verdict is `UNKNOWN`, `UNSEEN` or `OPEN`."""


def port_rows(facts: Facts) -> tuple[PortRow, ...]:
    """`join` of one look at one host."""
    inside = facts.inside.result
    listeners = inside.listeners if inside is not None else not_checked(facts.inside.reason)
    return join(listeners, facts.outside)


def join(listeners: Attempt[tuple[Listener, ...]], outside: Attempt[Outside]) -> tuple[PortRow, ...]:
    """One row for every port that listens inside or is open outside, by protocol, port and family."""
    met: dict[tuple[int, int], list[OutsidePort]] = {}
    for seen_port in _ports(outside):
        met.setdefault((family_of(seen_port.address), seen_port.port), []).append(seen_port)
    bound: dict[tuple[Literal["tcp", "udp"], Literal[4, 6], int], list[Listener]] = {}
    for listener in listeners.result or ():
        bound.setdefault((listener.proto, family_of(listener.address), listener.port), []).append(listener)
    for family, port in met:
        if any(one.state is PortState.OPEN for one in met[family, port]):
            bound.setdefault(("tcp", 4 if family == 4 else 6, port), [])
    lacking, before = {family: _why_unknown(outside, family) for family in (4, 6)}, _unseen(outside)
    for family, port in before:
        if not listeners.complete:
            bound.setdefault(("tcp", family, port), [])
    return tuple(
        _row(
            proto,
            family,
            port,
            bound[proto, family, port],
            met.get((family, port), []) if proto == "tcp" else [],
            listeners,
            lacking[family],
            before.get((family, port), "") if proto == "tcp" else "",
        )
        for proto, family, port in sorted(bound, key=lambda key: (key[0], key[2], key[1]))
    )


def unrouted(outside: Outside) -> tuple[str, ...]:
    """What of the host there is no route to from here: "IPv6", or single addresses where others of their family were seen."""
    seen = {family_of(address) for address in outside.addresses}
    missed = (one.address for one in outside.unrouted)
    return tuple(dict.fromkeys(one if family_of(one) in seen else f"IPv{family_of(one)}" for one in missed))


def reaches_out(address: str) -> bool:
    """Whether a socket bound to this address can be reached from anywhere but the host itself."""
    return not _parsed(address).is_loopback


def family_of(address: str) -> Literal[4, 6]:
    return 6 if ":" in _plain(address) else 4


def _row(
    proto: Literal["tcp", "udp"],
    family: Literal[4, 6],
    port: int,
    bound: list[Listener],
    met: list[OutsidePort],
    listeners: Attempt[tuple[Listener, ...]],
    lacking: str,
    unseen: str,
) -> PortRow:
    public = [one for one in bound if reaches_out(one.address)]
    best = next((one for state in PortState for one in met if one.state is state), None)
    state = _state_for(public, met) if public else best.state if best else None
    shown = public or bound
    verdict = _verdict(public, bool(bound), state, listeners.complete, bool(unseen))
    reason = ""
    if verdict is Exposure.OPEN:
        reason = listeners.reason
    elif verdict is Exposure.UNSEEN:
        reason = unseen
    elif verdict is Exposure.UNKNOWN:
        reason = (
            "what a stranger meets at a UDP port cannot be told from here"
            if proto == "udp"
            else lacking or "not looked at from outside"
        )
    return PortRow(
        proto=proto,
        family=family,
        port=port,
        verdict=verdict,
        process=", ".join(_distinct(one.process for one in shown)) or None,
        unit=", ".join(_distinct(one.unit for one in shown)) or None,
        inside=_distinct(one.address for one in bound),
        outside=state,
        addresses=_distinct(one.address for one in met if one.state is state),
        greeting=next((one.greeting for one in met if one.greeting), ""),
        reason=reason,
    )


def _verdict(public: list[Listener], bound: bool, state: PortState | None, all_seen: bool, unseen: bool) -> Exposure:
    if state is PortState.OPEN:
        # An absence is an absence only where all was seen.
        return Exposure.EXPOSED if public else Exposure.FORWARDED if all_seen or bound else Exposure.OPEN
    if unseen and (public or not all_seen):
        return Exposure.UNSEEN
    if not public:
        return Exposure.LOCAL
    if state is None:
        private = all(not _anywhere(one.address) and not _parsed(one.address).is_global for one in public)
        return Exposure.INTERNAL if private else Exposure.UNKNOWN
    return Exposure.FIREWALLED if state is PortState.FILTERED else Exposure.REJECTED


def _state_for(public: list[Listener], met: list[OutsidePort]) -> PortState | None:
    """Open anywhere counts (NAT maps public to private); silence or refusal only of an address that it is bound to."""
    addresses = {_plain(one.address) for one in public}
    everywhere = any(_anywhere(address) for address in addresses)
    states = {one.state for one in met if everywhere or one.address in addresses or one.state is PortState.OPEN}
    return next((state for state in (PortState.OPEN, PortState.FILTERED, PortState.CLOSED) if state in states), None)


def _ports(outside: Attempt[Outside]) -> tuple[OutsidePort, ...]:
    return (outside.result.ports.result or ()) if outside.result is not None else ()


def _unseen(outside: Attempt[Outside]) -> dict[tuple[Literal[4, 6], int], str]:
    """(family, port) → why it may still be open, for what was open where there is no route to now."""
    missed = outside.result.unrouted if outside.result is not None else ()
    return {
        (family_of(one.address), port): f"it was open at {one.address}, and there is no route to that from here"
        for one in missed
        for port in one.open_before
    }


def _why_unknown(outside: Attempt[Outside], family: int) -> str:
    view = outside.result
    if view is None:
        return outside.reason
    if f"IPv{family}" in unrouted(view):
        return f"no IPv{family} route from here"
    return outside.reason or view.ports.reason


def _plain(address: str) -> str:
    """Without a zone, and an IPv4 address where IPv6 only wraps one."""
    address = address.partition("%")[0]
    return address.removeprefix("::ffff:") if "." in address else address


@lru_cache(1000)
def _parsed(address: str) -> IPv4Address | IPv6Address:
    return ip_address(_plain(address))


def _anywhere(address: str) -> bool:
    return _parsed(address).is_unspecified


def _distinct(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
