"""The outside view of one host: what a stranger's packets meet.

In order: ports that were open last time are visited (is the host still speaking to us?), the others are knocked at, those
that turn out open are visited, and one open port is knocked at again: had the knocks got us banned, it is silent now.
An open port thus costs its service one connection a look, two on the first. Then the encryption of what is open is looked
at (see `encryption`), for as long as we are welcome.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from schouw.model.attempt import Attempt, not_checked
from schouw.model.facts import Outside, SshOffer, Unrouted
from schouw.probe.address import Address
from schouw.probe.blocked import Watch
from schouw.probe.budget import Budget
from schouw.probe.encryption import look_at
from schouw.probe.endpoints import Sources, find
from schouw.probe.targets import Targets
from schouw.probe.wire import has_route

OnStep = Callable[[str, int, int], None]
"""(step, ports done, ports in all)."""


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
        hidden = out_of_sight(outside, watch.blocked, targets)
        encryption.keep(targets.previous, lambda one: (one.address, one.port) in hidden)
    return replace(encryption.added_to(outside), blocked=watch.blocked)


def out_of_sight(outside: Outside, blocked: str, targets: Targets) -> frozenset[tuple[str, int]]:
    """(address, port) that were open and could not be met now: nothing says that what was known of them has changed."""
    met = {(port.address, port.port) for port in outside.ports.result or ()}
    unrouted = {(one.address, port) for one in outside.unrouted for port in one.open_before}
    return frozenset(unrouted | (targets.open_before if blocked else frozenset())) - met


async def _offers(targets: Targets, budget: Budget, watch: Watch) -> tuple[Attempt[SshOffer], ...]:
    """Of the SSH servers that were there before."""
    looks = [Address(address, targets, budget, watch, lambda _ports: None) for address in targets.addresses]
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

    looks = [Address(address, targets, budget, watch, count) for address in addresses]
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
