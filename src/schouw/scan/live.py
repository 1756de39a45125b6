"""Looking at real hosts: log in, collect inside, probe outside."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from schouw.errors import ErrorClass, HostError
from schouw.model.attempt import Attempt, absent, not_checked, seen
from schouw.model.daemons import Daemon
from schouw.model.facts import Facts, Inside
from schouw.model.host import Host, Reach
from schouw.model.outside import Outside, PortState
from schouw.model.tls import Endpoint
from schouw.scan.deep import carry, deepen
from schouw.scan.keeper import now
from schouw.scan.look import Look, OnStep
from schouw.transport.base import Connection, Transport

if TYPE_CHECKING:
    from schouw.collect.collection import Collection
    from schouw.probe.budget import Budget, Descriptors
    from schouw.probe.targets import Depth, KnownSsh

KEEP_SECONDS = 120.0
"""How long a connection is kept for a host that a person is busy with. An open login costs its server two processes."""

FULL_TLS_SECONDS = 1500.0


@dataclass(slots=True)
class _Kept:
    host: Host
    connection: Connection
    collection: Collection
    reused: bool = False
    """Its handshake was at an earlier look: what the server offered then may have been changed since."""

    async def close(self) -> None:
        await self.collection.close()
        await self.connection.close()


class LiveLooker:
    """See `look.Looker`. What the transport lists as hosts is for the caller to fill."""

    def __init__(self, transport: Transport, sslyze: Path | None = None) -> None:
        """`sslyze`: the interpreter of its environment, for deep looks."""
        self._transport, self._sslyze = transport, sslyze
        self._kept: dict[str, _Kept] = {}
        self._until: dict[str, float] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._descriptors: Descriptors | None = None
        self._budgets: dict[str, Budget] = {}
        """A host's budget outlives a look: rescans in a row must not add up to a ban."""

    async def keep(self, host: Host) -> None:
        self._until[host.name] = asyncio.get_running_loop().time() + KEEP_SECONDS

    async def look(
        self, host: Host, look: Look, previous: Facts | None, on_step: OnStep, only: tuple[Endpoint, ...] = ()
    ) -> Facts:
        began = now()
        if host.reach is Reach.OUTSIDE:
            inside: Attempt[Inside] = not_checked("it is only looked at from outside")
            outside = await self._outside(host, look, None, None, previous, on_step, only)
            return Facts(host.name, began, inside, outside)
        way = await self._enter(host)
        try:
            known = previous.inside.result if previous is not None else None
            collected = await way.collection.collect(known, on_step, host.timeouts.collect)
            outside = await self._outside(host, look, way, collected, previous, on_step, only)
        except BaseException:
            await way.close()
            raise
        await self._leave(way)
        return Facts(host.name, began, seen(collected), outside)

    async def close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        kept = list(self._kept.values())
        self._kept.clear()
        await asyncio.gather(*(way.close() for way in kept), *self._closing)
        await self._transport.close()

    async def _enter(self, host: Host) -> _Kept:
        """The connection kept from last time, where it is alive and the host is still described in the same way."""
        kept = self._kept.pop(host.name, None)
        if kept is not None:
            if kept.host == host and kept.connection.alive:
                kept.reused = True
                return kept
            await kept.close()
        from schouw.collect import Collection

        connection = await self._transport.connect(host)
        return _Kept(host, connection, Collection(connection, host.privilege))

    async def _leave(self, way: _Kept) -> None:
        loop, name = asyncio.get_running_loop(), way.host.name
        left = self._until.get(name, 0.0) - loop.time()
        if left <= 0 or not way.connection.alive:
            self._until.pop(name, None)
            await way.close()
            return
        self._kept[name] = way
        if timer := self._timers.pop(name, None):
            timer.cancel()
        self._timers[name] = loop.call_later(left, self._drop, name, way)

    def _drop(self, name: str, way: _Kept) -> None:
        self._timers.pop(name, None)
        if self._kept.get(name) is way:
            del self._kept[name]
            task = asyncio.get_running_loop().create_task(way.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def _outside(
        self,
        host: Host,
        look: Look,
        way: _Kept | None,
        inside: Inside | None,
        previous: Facts | None,
        on_step: OnStep,
        only: tuple[Endpoint, ...],
    ) -> Attempt[Outside]:
        if host.reach is Reach.LOCAL:
            return not_checked("this machine cannot look at itself from outside")
        if look is Look.INSIDE:
            return absent("only the inside view was asked for")
        from schouw.probe.budget import Budget, Descriptors
        from schouw.probe.endpoints import own_name
        from schouw.probe.look import look as probe
        from schouw.probe.resolve import resolve
        from schouw.probe.targets import Targets

        connection = way.connection if way is not None else None
        peer = connection.peer if connection is not None else ""
        try:
            addresses = await resolve(host.address or host.name)
        except HostError as error:
            if connection is None:
                raise
            if not peer:
                return not_checked(str(error))
            addresses = (peer,)  # an alias of ssh_config, which no resolver knows
        self._descriptors = self._descriptors or Descriptors()
        budget = self._budgets.get(host.name)
        if budget is None or budget.per_minute != host.connections_per_minute:
            budget = Budget(host.connections_per_minute, descriptors=self._descriptors)
            self._budgets[host.name] = budget
        listeners = inside.listeners.result if inside is not None else None
        targets = Targets(
            addresses=addresses,
            inside=listeners,
            expected=tuple(port.number for port in host.listen or () if port.proto == "tcp"),
            scope=_scope(look, listeners is not None),
            ssh_ports=_ssh_ports(host, inside),
            known={} if way is None or way.reused else _known_ssh(way.connection, addresses),
            open_before=_open_before(previous),
            names=names_by_port(inside),
            tls=host.tls,
            name=own_name(host.name, host.address),
            previous=previous.outside.result if previous is not None else None,
            depth=_depth(look, only),
            ssh_alone=look is Look.SSH,
        )
        outside = carry(await probe(targets, budget, on_step), previous)
        if connection is None and not outside.ports.result:
            kind = ErrorClass.SILENT if outside.addresses else ErrorClass.NO_ROUTE
            raise HostError(kind, f"{host.name}: {outside.ports.reason or 'it answered at no port'}")
        if look is Look.DEEP:
            outside = await deepen(host, outside, self._sslyze, budget, on_step)
        return seen(outside)


def names_by_port(inside: Inside | None) -> dict[int, tuple[str, ...]]:
    """What the daemons of a host are configured to answer to."""
    if inside is None:
        return {}
    found: dict[int, dict[str, None]] = {}
    daemons = (getattr(inside, field.name) for field in fields(inside))
    for daemon in (one.result for one in daemons if isinstance(one, Attempt) and isinstance(one.result, Daemon)):
        for block in daemon.blocks:
            for port in block.ports:
                found.setdefault(port, {}).update(dict.fromkeys(block.names))
    return {port: tuple(names) for port, names in found.items()}


def _depth(look: Look, only: tuple[Endpoint, ...]) -> Depth:
    from schouw.probe.targets import Depth

    if look is Look.FULL_TLS:
        return Depth(full=True, seconds=FULL_TLS_SECONDS)
    return Depth(only=only, before_tls=look is Look.BEFORE_TLS)


def _scope(look: Look, guided: bool) -> Literal["guided", "top", "all"]:
    if look is Look.ALL_PORTS:
        return "all"
    return "guided" if guided else "top"


def _ssh_ports(host: Host, inside: Inside | None) -> tuple[int, ...]:
    sshd = inside.sshd.result if inside is not None else None
    return tuple(dict.fromkeys([host.port or 22, *(sshd.ports if sshd is not None else ())]))


def _known_ssh(connection: Connection, addresses: tuple[str, ...]) -> dict[tuple[str, int], KnownSsh]:
    """What our own login has heard already: a second connection would count against us (OpenSSH: `noauth`)."""
    from schouw.probe.targets import KnownSsh

    direct = connection.direct
    if direct is None or connection.kexinit is None or direct[0] not in addresses:
        return {}
    return {direct: KnownSsh(connection.kexinit, connection.server_version)}


def _open_before(previous: Facts | None) -> frozenset[tuple[str, int]]:
    outside = previous.outside.result if previous is not None else None
    if outside is None:
        return frozenset()
    met = {(port.address, port.port): port.state for port in outside.ports.result or ()}
    now = {place for place, state in met.items() if state is PortState.OPEN}
    unrouted = {(one.address, port) for one in outside.unrouted for port in one.open_before}
    # Where we were refused, services that were known before are all that tells which ports there are.
    services = [one.endpoint for one in outside.tls] + [one.endpoint for one in outside.plain]
    kept = {(one.address, one.port) for one in services} - met.keys()
    return frozenset(now | unrouted | kept)
