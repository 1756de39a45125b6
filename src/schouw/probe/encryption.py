"""The look at a host's encryption: every service once, and what is left of the budget for what is due less often.

Each cycle: a light look, the certificate, what is said before TLS, and where HTTP sends people. Less often, oldest first:
every suite and group of a listener (`FULL`), the certificates of its further names (`NAMES`), one ClientHello to ports of
which nobody knows what they speak (`RARELY`), and services that count every connection without a login against us
(`SELDOM`). What is not due is carried over as it was seen, with its age.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from schouw.model.attempt import Attempt, absent, not_checked
from schouw.model.facts import Outside
from schouw.model.tls import CertificateOffer, Endpoint, HttpOffer, Looked, PlainOffer, Protocol, TlsOffer
from schouw.probe import http
from schouw.probe.blocked import Watch
from schouw.probe.budget import Budget
from schouw.probe.endpoints import Endpoints
from schouw.probe.plain import plain, speaks
from schouw.probe.reach import Way, lane
from schouw.probe.relay import Answer, Relays, relays
from schouw.probe.tls import TlsLook
from schouw.probe.tls.certified import certified
from schouw.probe.tls.session import Session

T = TypeVar("T")

FULL, NAMES, RARELY, SELDOM = timedelta(days=7), timedelta(days=1), timedelta(days=7), timedelta(days=30)
SECONDS = 100.0
"""That the whole of it may take. Hundreds of names do not fit: those looked at the longest ago go first."""
FULL_SECONDS = 8.0
"""That full looks may take of it where nobody asked for them: the others' turn comes with the next look."""
_FULL_COST = 40
"""Connections of a full look, where none was made before."""
#: MySQL and MariaDB shut an address out after 100 connections without a login (max_connect_errors), whoever else uses it.
#: One that is reset before they greet is not counted, so whether the port is open may be asked at any time.
COUNTING = frozenset({Protocol.MYSQL})


@dataclass(frozen=True, slots=True)
class Depth:
    full: bool = False
    """Every listener in full now, however long the budget makes that last."""
    only: tuple[Endpoint, ...] = ()
    """These ports alone, or these further names on them; all else is carried over."""
    before_tls: bool = False
    """Of `only` what they say before TLS alone; a service that did not offer TLS and now does is looked at whole."""
    seconds: float = SECONDS

    def wanted(self, found: Endpoints) -> frozenset[Endpoint]:
        """Those of the services, and of the further names that somebody asked for, that are to be looked at now."""
        everything = found.services + found.unknown
        if not self.only:
            return frozenset(everything)
        names = frozenset(self.only).intersection(found.names)
        ports = {(one.address, one.port) for one in self.only if one not in names}
        return names.union(one for one in everything if (one.address, one.port) in ports)


@dataclass(slots=True)
class Encryption:
    """What came of it; the fields are those of `Outside`."""

    tls: list[Looked[TlsOffer]] = field(default_factory=list)
    certificates: list[Looked[CertificateOffer]] = field(default_factory=list)
    plain: list[Looked[PlainOffer]] = field(default_factory=list)
    http: list[Looked[HttpOffer]] = field(default_factory=list)

    def keep(self, before: Outside, ports: Collection[tuple[str, int]]) -> None:
        """What was known of the services at these addresses and ports."""
        self.tls += _at(before.tls, ports)
        self.certificates += _at(before.certificates, ports)
        self.plain += _at(before.plain, ports)
        self.http += _at(before.http, ports)

    def added_to(self, outside: Outside) -> Outside:
        return replace(
            outside,
            tls=_in_order(self.tls),
            certificates=_in_order(self.certificates),
            plain=_in_order(self.plain),
            http=_in_order(self.http),
        )


async def look_at(
    found: Endpoints,
    previous: Outside | None,
    budget: Budget,
    watch: Watch,
    depth: Depth = Depth(),
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    on_done: Callable[[int, int], None] = lambda _done, _total: None,
) -> Encryption:
    """Never raises for a service's sake: each has an attempt of its own. `on_done` is told (services done, in all)."""
    host = _Host(previous, budget, watch, depth, clock, on_done)
    await host.services(found)
    await host.full_looks()
    await host.further_names(found)
    return host.seen


class _Host:
    """One host, while it is looked at."""

    def __init__(
        self,
        previous: Outside | None,
        budget: Budget,
        watch: Watch,
        depth: Depth,
        clock: Callable[[], datetime],
        on_done: Callable[[int, int], None],
    ) -> None:
        self.seen = Encryption()
        self._before = previous
        self._budget, self._watch, self._depth, self._clock, self._on_done = budget, watch, depth, clock, on_done
        self._until = asyncio.get_running_loop().time() + depth.seconds
        self._relays = Relays(previous.plain if previous else (), clock)
        self._looks: list[tuple[TlsLook, bool]] = []
        """Those that a full look may go on from, and whether it is urgent."""

    async def services(self, found: Endpoints) -> None:
        before = {one.endpoint: one for one in self._before.tls} if self._before else {}
        wanted = self._depth.wanted(found)
        due: list[tuple[Endpoint, bool]] = []
        for endpoint in found.services + found.unknown:
            unknown, last = endpoint in found.unknown, before.get(endpoint)
            often = SELDOM if endpoint.protocol in COUNTING else RARELY
            seldom = often is SELDOM or (unknown and last is not None and last.attempt.absent)
            asked = self._depth.full or bool(self._depth.only)
            known = seldom and not asked and last is not None and not self._old(last, often)
            if known or endpoint not in wanted:
                self._carry_over(endpoint)
            else:
                due.append((endpoint, unknown))
        done = 0

        async def serve(endpoint: Endpoint, unknown: bool) -> None:
            nonlocal done
            await self._service(endpoint, unknown)
            done += 1
            self._on_done(done, len(due))

        async with asyncio.TaskGroup() as group:
            for endpoint, unknown in due:
                group.create_task(serve(endpoint, unknown))

    async def full_looks(self) -> None:
        """What changed or was never seen in full comes first; without being asked for, only as far as nothing has to wait.

        Mail servers have many ports, one after another: where nothing is known of them yet, a person waits for the light looks.
        """
        known = {one.endpoint for one in self._before.tls} if self._before else set()
        before = {one.endpoint: one for one in self._offers("full")}
        clock = asyncio.get_running_loop().time
        enough = self._until if self._depth.full else clock() + FULL_SECONDS
        for look, changed in sorted(self._looks, key=lambda each: not each[1]):
            endpoint, last = look.way.endpoint, before.get(look.way.endpoint)
            cost = last.attempt.result.connections if last and last.attempt.result else _FULL_COST
            due = self._depth.full or changed or last is None or self._old(last, FULL)
            idle = (
                not self._depth.only
                and endpoint.protocol not in COUNTING
                and (endpoint in known or lane(endpoint.protocol) != "mail")
                and clock() < enough
                and self._budget.spare >= min(cost, self._budget.per_minute // 2)
            )
            spare = self._depth.full or idle
            if due and spare and not self._watch.blocked:
                offer = await look.go_on(self._until)
                if self._depth.full or (offer.result is not None and offer.result.accepted.complete):
                    self.seen.tls.append(self._looked(endpoint, offer))
                    continue
            if last is not None and not changed:
                self.seen.tls.append(last)

    async def further_names(self, found: Endpoints) -> None:
        names, wanted = found.names, self._depth.wanted(found)
        before: dict[Endpoint, list[Looked[CertificateOffer]]] = {}
        for looked in self._before.certificates if self._before else ():
            before.setdefault(looked.endpoint, []).append(looked)
        due = [name for name in names if name in wanted or (not self._depth.only and self._due(before.get(name)))]
        for name in set(names) - set(due):
            self.seen.certificates += before.get(name, [])

        async def fetch(name: Endpoint) -> None:
            nothing: list[Attempt[CertificateOffer]] = []
            offers = await self._in_time(certified(self._way(name), []), nothing)
            late: Attempt[CertificateOffer] = not_checked(f"not looked at yet: {len(names)} names wait their turn")
            fetched = [self._looked(name, offer) for offer in offers]
            self.seen.certificates += fetched or before.get(name) or [self._looked(name, late)]

        async with asyncio.TaskGroup() as group:
            for name in sorted(due, key=lambda each: before[each][0].at if each in before else _DAWN):
                group.create_task(fetch(name))

    async def _service(self, endpoint: Endpoint, unknown: bool) -> None:
        way = self._way(endpoint)
        if endpoint.protocol is Protocol.HTTP:
            self.seen.http.append(self._looked(endpoint, await self._in_time(http.ask(way), _late())))
            return
        if speaks(endpoint.protocol):
            said = await self._plain(way)
            self.seen.plain.append(self._looked(endpoint, said))
            if self._depth.before_tls and not self._begins(endpoint, said):
                self._carry_over(endpoint, plain=False)
                return
        look = TlsLook.at(way)
        offer = await look.look(self._until)
        if unknown and offer.result is None:
            offer = absent(offer.reason)  # nobody said that there would be TLS
        light = self._looked(endpoint, offer)
        self.seen.tls.append(light)
        if offer.result is not None:
            self._looks.append((look, self._changed(light)))
            await self._certificate(way, look)
        elif not offer.absent:
            self.seen.tls += _of(self._offers("full"), endpoint)

    async def _plain(self, way: Way) -> Attempt[PlainOffer]:
        said: Attempt[PlainOffer] = await self._in_time(plain(way), _late())
        if said.result is None or not relays(way.endpoint.protocol):
            return said
        never: Answer = (_late(), None)
        relay, at = await self._in_time(self._relays.of(way), never)
        return replace(said, result=replace(said.result, relay=relay, relay_at=at))

    async def _certificate(self, way: Way, look: TlsLook) -> None:
        web: list[Attempt[HttpOffer]] = []

        async def ask(session: Session) -> None:
            web.append(await http.ask_over(session, way.endpoint))

        wants_web = way.endpoint.protocol is Protocol.HTTPS
        late: list[Attempt[CertificateOffer]] = [_late()]
        offers = await self._in_time(certified(way, look.chains, ask if wants_web else None), late)
        self.seen.certificates += [self._looked(way.endpoint, offer) for offer in offers]
        if wants_web:
            why: Attempt[HttpOffer] = not_checked(offers[0].reason or "no whole handshake came about to ask over")
            self.seen.http.append(self._looked(way.endpoint, web[0] if web else why))

    def _way(self, endpoint: Endpoint) -> Way:
        alone = bool(self._depth.only)
        return Way(endpoint, self._budget, self._watch, seen_open=not alone, urgent=alone)

    async def _in_time(self, work: Awaitable[T], late: T) -> T:
        try:
            async with asyncio.timeout_at(self._until):
                return await work
        except TimeoutError:
            return late

    def _looked(self, endpoint: Endpoint, attempt: Attempt[T]) -> Looked[T]:
        return Looked(endpoint, self._clock(), attempt)

    def _old(self, looked: Looked[T], age: timedelta) -> bool:
        return self._clock() - looked.at > age

    def _due(self, looked: list[Looked[CertificateOffer]] | None) -> bool:
        return not looked or self._old(looked[0], NAMES)

    def _offers(self, depth: str) -> list[Looked[TlsOffer]]:
        offers = self._before.tls if self._before else ()
        return [one for one in offers if one.attempt.result is not None and one.attempt.result.depth == depth]

    def _changed(self, now: Looked[TlsOffer]) -> bool:
        """Whether both light looks are whole, and not the same."""
        last = next((one for one in self._offers("light") if one.endpoint == now.endpoint), None)
        if last is None or last.attempt.result is None or now.attempt.result is None:
            return False
        offers = (last.attempt.result, now.attempt.result)
        if not all(offer.accepted.complete and offer.groups.complete for offer in offers):
            return False
        one, other = (replace(offer, connections=0) for offer in offers)
        return one != other

    def _begins(self, endpoint: Endpoint, said: Attempt[PlainOffer]) -> bool:
        """Whether it offers TLS, of which nothing is known yet."""
        known = any(one.attempt.result is not None for one in _of(self._before.tls if self._before else (), endpoint))
        return not known and said.result is not None and said.result.tls.result is True

    def _carry_over(self, endpoint: Endpoint, *, plain: bool = True) -> None:
        if self._before is None:
            return
        self.seen.tls += _of(self._before.tls, endpoint)
        self.seen.certificates += _of(self._before.certificates, endpoint)
        self.seen.plain += _of(self._before.plain, endpoint) if plain else []
        self.seen.http += _of(self._before.http, endpoint)


_DAWN = datetime.min.replace(tzinfo=UTC)


def counting(previous: Outside | None, address: str) -> dict[int, str]:
    """Ports of `COUNTING` services there, with what they greeted with: to be knocked at, and only spoken to when it is due."""
    if previous is None:
        return {}
    ports = {one.endpoint.port for one in previous.tls if one.endpoint.protocol in COUNTING and one.endpoint.address == address}
    said = {one.port: one.greeting for one in previous.ports.result or () if one.address == address}
    return {port: said.get(port, "") for port in ports}


def _late() -> Attempt[T]:
    return not_checked("there was no time left for it in this look")


def _of(looks: Iterable[Looked[T]], endpoint: Endpoint) -> list[Looked[T]]:
    return [one for one in looks if one.endpoint == endpoint]


def _at(looks: Iterable[Looked[T]], ports: Collection[tuple[str, int]]) -> list[Looked[T]]:
    return [one for one in looks if (one.endpoint.address, one.endpoint.port) in ports]


def _in_order(looks: list[Looked[T]]) -> tuple[Looked[T], ...]:
    return tuple(sorted(looks, key=lambda one: (one.endpoint.port, one.endpoint.address, one.endpoint.name, one.at)))
