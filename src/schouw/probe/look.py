"""The outside view of one host: what a stranger's packets meet.

In order: ports that were open last time are visited (is the host still speaking to us?), the others are knocked at, those
that turn out open are visited, and one open port is knocked at again: had the knocks got us banned, it is silent now.
An open port thus costs its service one connection a look, two on the first. Then the encryption of what is open is looked
at (see `encryption`), for as long as we are welcome.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from schouw.model.attempt import Attempt, not_checked
from schouw.model.facts import Listener, Outside, OutsidePort, PortState, SshOffer, Unrouted
from schouw.model.host import TlsPort
from schouw.model.ports import reaches_out
from schouw.model.services import USUAL
from schouw.probe.blocked import Watch, fell_silent
from schouw.probe.budget import PACES, Budget
from schouw.probe.encryption import Depth, counting, look_at
from schouw.probe.endpoints import Sources, find
from schouw.probe.ports import SECONDS, connect_scan, knock, sweep
from schouw.probe.risky import RISKY
from schouw.probe.ssh import parse_kexinit
from schouw.probe.top import DAILY, TOP
from schouw.probe.visit import Visit, visit
from schouw.probe.wire import Met, has_route

OnStep = Callable[[str, int, int], None]
"""(step, ports done, ports in all)."""

_CHUNK = 4096
"""Ports of a sweep between two looks at whether we are still welcome."""

_STATES = {
    Met.OPEN: PortState.OPEN,
    Met.CLOSED: PortState.CLOSED,
    Met.SILENT: PortState.FILTERED,
    Met.UNREACHABLE: PortState.FILTERED,
}


@dataclass(frozen=True, slots=True)
class KnownSsh:
    """What a connection made straight from here to that address and port already holds."""

    kexinit: bytes
    software: str


@dataclass(frozen=True, slots=True)
class Targets:
    """What to look at. `inside` None: no inside view, so nothing guides us and the scope had better be "top"."""

    addresses: tuple[str, ...]
    inside: tuple[Listener, ...] | None = None
    expected: tuple[int, ...] = ()
    """TCP ports that it is expected to offer."""
    scope: Literal["guided", "top", "all"] = "guided"
    ssh_ports: tuple[int, ...] = (22,)
    known: Mapping[tuple[str, int], KnownSsh] = field(default_factory=dict)
    open_before: frozenset[tuple[str, int]] = frozenset()
    """(address, port) that were open when they were last looked at: visited without a knock, and our proof when we are banned."""
    names: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Port → names that its software answers to, as far as they are known from inside."""
    tls: tuple[TlsPort, ...] = ()
    """What the fleet file says of ports with TLS."""
    name: str = ""
    """The host's own DNS name, "" for none."""
    previous: Outside | None = None
    depth: Depth | None = None
    """How far encryption is looked at; None for not at all."""
    ssh_alone: bool = False
    """With `previous`: the SSH servers' offers, and nothing else."""

    @property
    def listening(self) -> frozenset[int]:
        """TCP ports that listen inside on more than loopback."""
        return frozenset(one.port for one in self.inside or () if one.proto == "tcp" and reaches_out(one.address))

    def ports(self) -> tuple[int, ...]:
        """What is asked for one by one: the guided set, and where nothing guides us the daily ports too."""
        said = {*self.expected, *self.ssh_ports, *(one.port for one in self.tls)}
        guided = self.listening | said | self._tried_before | {risky.port for risky in RISKY}
        return tuple(sorted(guided | (set(DAILY) if self.scope == "top" else set())))

    @property
    def _tried_before(self) -> frozenset[int]:
        """Ports of mail, FTP and https that once were of interest: that they are shut now has to be seen too."""
        tried = self.previous.ports.result or () if self.previous is not None else ()
        return frozenset(one.port for one in tried if one.port in USUAL)

    def swept(self) -> tuple[int, ...]:
        """What a sweep adds, in its order."""
        every: Sequence[int] = {"guided": (), "top": TOP, "all": range(1, 65536)}[self.scope]
        asked = set(self.ports())
        return tuple(port for port in every if port not in asked)


async def look(
    targets: Targets,
    budget: Budget,
    on_step: OnStep = lambda _step, _done, _total: None,
    routed: Callable[[str], bool] = has_route,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Outside:
    """Look at every address. What could not be seen is in the attempts' reasons; nothing is raised for a host's sake.

    `routed` says whether this machine can send anything to an address. With `targets.depth.only` those endpoints alone are
    looked at, and all else is what it was.
    """
    watch = Watch()
    if targets.ssh_alone and targets.previous is not None:
        offers = await _offers(targets, budget, watch)
        return replace(targets.previous, ssh=offers, blocked=watch.blocked)
    if targets.depth is not None and targets.depth.only and targets.previous is not None:
        outside = targets.previous
    else:
        outside = replace(await _ports(targets, budget, watch, on_step, routed), at=clock())
    if targets.depth is None:
        return outside
    sources = Sources(
        outside.ports.result or (), targets.inside or (), targets.names, targets.tls, targets.name, targets.ssh_ports
    )
    encryption = await look_at(
        find(sources),
        targets.previous,
        budget,
        watch,
        targets.depth,
        clock=clock,
        on_done=lambda done, total: on_step("encryption", done, total),
    )
    if targets.previous is not None:
        encryption.keep(targets.previous, out_of_sight(outside, watch.blocked, targets))
    return replace(encryption.added_to(outside), blocked=watch.blocked)


def out_of_sight(outside: Outside, blocked: str, targets: Targets) -> frozenset[tuple[str, int]]:
    """(address, port) that were open and could not be met now: nothing says that what was known of them has changed."""
    met = {(port.address, port.port) for port in outside.ports.result or ()}
    unrouted = {(one.address, port) for one in outside.unrouted for port in one.open_before}
    return frozenset(unrouted | (targets.open_before if blocked else frozenset())) - met


async def _offers(targets: Targets, budget: Budget, watch: Watch) -> tuple[Attempt[SshOffer], ...]:
    """Of the SSH servers that were there before."""
    looks = [_Address(address, targets, budget, watch, lambda _ports: None) for address in targets.addresses]
    async with asyncio.TaskGroup() as group:
        for one in looks:
            group.create_task(one.look_at_ssh())
    return tuple(offer for one in looks for offer in one.offers)


async def _ports(targets: Targets, budget: Budget, watch: Watch, on_step: OnStep, routed: Callable[[str], bool]) -> Outside:
    addresses = tuple(address for address in targets.addresses if routed(address))
    unrouted = tuple(_unrouted(address, targets) for address in targets.addresses if address not in addresses)
    total = len(addresses) * (len(targets.ports()) + len(targets.swept()))
    done = 0

    def count(ports: int) -> None:
        nonlocal done
        done += ports
        on_step("outside", done, total)

    looks = [_Address(address, targets, budget, watch, count) for address in addresses]
    async with asyncio.TaskGroup() as group:
        for one in looks:
            group.create_task(one.look())
    lacking = [reason for one in looks for reason in one.lacking]
    if not any(one.answered for one in looks):
        # Where another address answers, the host is up, and silence at this one is what strangers meet there.
        lacking += [one.silence for one in looks if one.silence]
    if not targets.addresses:
        lacking.append("it has no address to look at")
    elif not addresses:
        lacking.append(f"no route from here to {', '.join(targets.addresses)}")
    if watch.blocked:
        lacking.append(watch.blocked)
    ports = tuple(sorted((port for one in looks for port in one.result()), key=lambda port: (port.address, port.port)))
    reason = "; ".join(lacking)
    return Outside(
        addresses=addresses,
        scope=targets.scope,
        ports=Attempt(ports, reason) if ports or not reason else not_checked(reason),
        ssh=tuple(offer for one in looks for offer in one.offers),
        unrouted=unrouted,
        blocked=watch.blocked,
    )


def _unrouted(address: str, targets: Targets) -> Unrouted:
    return Unrouted(address, tuple(sorted(port for where, port in targets.open_before if where == address)))


class _Address:
    """One address of the host, while it is looked at."""

    def __init__(self, address: str, targets: Targets, budget: Budget, watch: Watch, count: Callable[[int], None]) -> None:
        self.lacking: list[str] = []
        self.silence = ""
        """What it may mean that nothing at all answered here."""
        self.offers: list[Attempt[SshOffer]] = []
        self._address, self._targets, self._budget, self._watch, self._count = address, targets, budget, watch, count
        self._met: dict[int, Met] = {}
        self._greetings: dict[int, str] = {}

    async def look(self) -> None:
        ports = self._targets.ports()
        known = [port for port in ports if (self._address, port) in self._targets.known]
        for port in known:
            self._take_known(port)
        quiet = counting(self._targets.previous, self._address)
        before = [port for port in ports if (self._address, port) in self._targets.open_before and port not in {*known, *quiet}]
        await self._visit(before)
        await self._still_welcome(before, known)
        rest = [port for port in ports if port not in self._met]
        await self._knock(rest)
        await self._sweep()
        self._account(ports)

    async def look_at_ssh(self) -> None:
        """The offers alone."""
        ports = [port for port in self._targets.ssh_ports if (self._address, port) in self._targets.open_before]
        known = [port for port in ports if (self._address, port) in self._targets.known]
        for port in known:
            self._take_known(port)
        await self._visit([port for port in ports if port not in known])
        for port, met in self._met.items():
            if met is not Met.OPEN:
                self.offers.append(not_checked(f"port {port} of {self._address} did not answer: it is {met.value} now"))

    def result(self) -> list[OutsidePort]:
        """Every port that was tried; of a sweep through all ports the open ones alone."""
        asked = set(self._targets.ports())
        return [
            OutsidePort(self._address, port, _STATES[met], self._greetings.get(port, ""))
            for port, met in self._met.items()
            if met in _STATES and (met is Met.OPEN or port in asked or self._targets.scope != "all")
        ]

    def _take_known(self, port: int) -> None:
        known = self._targets.known[self._address, port]
        self._met[port] = Met.OPEN
        self._greetings[port] = known.software
        self.offers.append(parse_kexinit(known.kexinit, self._address, port, known.software))
        self._count(1)

    async def _visit(self, ports: list[int]) -> None:
        async def one(port: int) -> None:
            if self._watch.blocked:
                return
            seen: Visit = await visit(self._address, port, self._budget, port in self._targets.ssh_ports, SECONDS)
            self._watch.saw(seen)
            self._met[port] = seen.met
            self._greetings[port] = seen.greeting
            if seen.offer is not None:
                self.offers.append(seen.offer)
            self._count(1)

        async with asyncio.TaskGroup() as group:
            for port in ports:
                group.create_task(one(port))

    async def _still_welcome(self, before: list[int], known: list[int]) -> None:
        """When all that answered last time is gone, a port that answered a moment ago decides."""
        why = fell_silent(before, self._met, self._targets.listening)
        if why and not (known and await knock(self._address, known[0], self._budget) is Met.OPEN):
            self._watch.say(f"{why} at {self._address}")
            self._forget(before)
            return
        # A visit tries once: a lost packet must not look like a firewall, so the silent are knocked at with the rest.
        self._forget([port for port in before if self._met.get(port) is Met.SILENT])

    async def _knock(self, ports: list[int]) -> None:
        if self._watch.blocked:
            return
        met = await connect_scan(self._address, ports, self._budget, lambda: self._count(1), once=self._unlikely(ports))
        self._met |= met
        await self._judge_and_visit(met)

    def _unlikely(self, ports: list[int]) -> frozenset[int]:
        """Ports that nothing speaks for: silence there is what a firewall is for, and waiting twice would be all the wait."""
        targets = self._targets
        likely = targets.listening | {*targets.expected, *targets.ssh_ports, *(one.port for one in targets.tls)}
        return frozenset(port for port in ports if port not in likely and (self._address, port) not in targets.open_before)

    async def _sweep(self) -> None:
        ports = self._targets.swept()
        if ports and self._targets.scope == "top" and not self.answered:
            self.lacking.append(
                f"{self._address}: {len(ports)} of the most common ports were not tried, since none of the likeliest answered"
            )
            return
        for start in range(0, len(ports), _CHUNK):
            if self._watch.blocked:
                return
            met = await sweep(self._address, ports[start : start + _CHUNK], self._budget, PACES[self._targets.scope])
            self._met |= met
            self._count(len(met))
            await self._judge_and_visit(met)

    async def _judge_and_visit(self, met: dict[int, Met]) -> None:
        """Visit what was found open; then make sure that the silence of the others was not meant for us."""
        quiet = counting(self._targets.previous, self._address)
        found = [port for port, how in met.items() if how is Met.OPEN and port not in quiet]
        self._greetings |= {port: said for port, said in quiet.items() if met.get(port) is Met.OPEN}
        witnesses = [port for port, how in self._met.items() if how is Met.OPEN]
        await self._visit(found)
        if self._watch.blocked or not met or not witnesses:
            return
        # SSH last: OpenSSH counts connections that do not log in against us.
        witness = min(witnesses, key=lambda port: (port in self._targets.ssh_ports, port not in found, port))
        if any(self._met[port] is Met.OPEN for port in found):
            return
        if await knock(self._address, witness, self._budget) is not Met.OPEN:
            self._watch.say(f"port {witness} of {self._address} answered, and after {len(met)} more ports does not")
            self._forget(list(met))

    def _forget(self, ports: list[int]) -> None:
        """Silence that was meant for us says nothing about a port."""
        for port in ports:
            if self._met.get(port) is not Met.OPEN:
                self._met.pop(port, None)

    @property
    def answered(self) -> bool:
        return any(met in (Met.OPEN, Met.CLOSED) for met in self._met.values())

    def _account(self, ports: tuple[int, ...]) -> None:
        """Say what is missing, and when silence may be a host that is down."""
        untried = sum(self._met.get(port, Met.NOT_TRIED) is Met.NOT_TRIED for port in ports)
        if untried:
            self.lacking.append(f"{self._address}: {untried} ports were not tried")
        if self._met and not self.answered and not self._watch.blocked:
            how = "is unreachable" if Met.UNREACHABLE in self._met.values() else "answered at no port"
            self.silence = f"{self._address} {how}: it is down, or filters all that we tried"
