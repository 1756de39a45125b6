"""The ports of one address, and the SSH servers' offers there: visited, knocked at, and again for proof that we are welcome."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from schouw.model.attempt import Attempt, not_checked
from schouw.model.facts import OutsidePort, PortState, SshOffer
from schouw.probe.before import counting
from schouw.probe.blocked import Watch, fell_silent
from schouw.probe.budget import PACES, Budget
from schouw.probe.ports import SECONDS, connect_scan, knock, sweep
from schouw.probe.ssh import parse_kexinit
from schouw.probe.targets import Targets
from schouw.probe.visit import Visit, visit
from schouw.probe.wire import Met

_CHUNK = 4096
"""Ports of a sweep between two looks at whether we are still welcome."""

_STATES = {
    Met.OPEN: PortState.OPEN,
    Met.CLOSED: PortState.CLOSED,
    Met.SILENT: PortState.FILTERED,
    Met.UNREACHABLE: PortState.FILTERED,
}


class Address:
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
