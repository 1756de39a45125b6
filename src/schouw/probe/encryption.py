"""The look at a host's encryption: every service once, and what is left of the budget for what is due less often.

Each cycle: a light look, the certificate, what is said before TLS, and where HTTP sends people. Less often, oldest first:
every suite and group of a listener (`FULL`), the certificates of its further names (`NAMES`), one ClientHello to ports of
which nobody knows what they speak (`RARELY`), and services that count every connection without a login against us
(`SELDOM`). What is not due is carried over as it was seen, with its age.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from schouw.model.attempt import Attempt, absent, not_checked
from schouw.model.outside import Outside
from schouw.model.protocol import Protocol
from schouw.model.tls import CertificateOffer, Endpoint, HttpOffer, Looked, PlainOffer, TlsOffer
from schouw.probe import http
from schouw.probe.before import COUNTING, begins_tls, has_changed, looks_of_depth, of
from schouw.probe.blocked import Watch
from schouw.probe.budget import Budget
from schouw.probe.endpoints import Endpoints
from schouw.probe.plain import plain, speaks
from schouw.probe.reach import Way, lane
from schouw.probe.relay import Answer, Relays, relays
from schouw.probe.targets import Depth
from schouw.probe.tls import TlsLook
from schouw.probe.tls.certified import certified
from schouw.probe.tls.session import Session

T = TypeVar("T")

FULL, NAMES, RARELY, SELDOM = timedelta(days=7), timedelta(days=1), timedelta(days=7), timedelta(days=30)
FULL_SECONDS = 8.0
"""That full looks may take of it where nobody asked for them: the others' turn comes with the next look."""
_FULL_COST = 40
"""Connections of a full look, where none was made before."""
_USUAL = Depth()


@dataclass(slots=True)
class Encryption:
    """What came of it; the fields are those of `Outside`."""

    tls: list[Looked[TlsOffer]] = field(default_factory=list)
    certificates: list[Looked[CertificateOffer]] = field(default_factory=list)
    plain: list[Looked[PlainOffer]] = field(default_factory=list)
    http: list[Looked[HttpOffer]] = field(default_factory=list)

    def keep(self, before: Outside, there: Callable[[Endpoint], bool], *, plain: bool = True) -> None:
        """What was known of the services there, but for what they said before TLS where that is not wanted."""
        self.tls += (one for one in before.tls if there(one.endpoint))
        self.certificates += (one for one in before.certificates if there(one.endpoint))
        self.plain += (one for one in before.plain if plain and there(one.endpoint))
        self.http += (one for one in before.http if there(one.endpoint))

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
    depth: Depth = _USUAL,
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
        before = {one.endpoint: one for one in looks_of_depth(self._before, "full")}
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
            if self._depth.before_tls and not begins_tls(self._before, endpoint, said):
                self._carry_over(endpoint, plain=False)
                return
        look = TlsLook.at(way)
        offer = await look.look(self._until)
        if unknown and offer.result is None:
            offer = absent(offer.reason)  # nobody said that there would be TLS
        light = self._looked(endpoint, offer)
        self.seen.tls.append(light)
        if offer.result is not None:
            self._looks.append((look, has_changed(self._before, light)))
            await self._certificate(way, look)
        elif not offer.absent:
            self.seen.tls += of(looks_of_depth(self._before, "full"), endpoint)

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

    def _carry_over(self, endpoint: Endpoint, *, plain: bool = True) -> None:
        if self._before is not None:
            self.seen.keep(self._before, lambda other: other == endpoint, plain=plain)


_DAWN = datetime.min.replace(tzinfo=UTC)


def _late() -> Attempt[T]:
    return not_checked("there was no time left for it in this look")


def _in_order(looks: list[Looked[T]]) -> tuple[Looked[T], ...]:
    return tuple(sorted(looks, key=lambda one: (one.endpoint.port, one.endpoint.address, one.endpoint.name, one.at)))
