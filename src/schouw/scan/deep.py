"""The deep look within a scan: made when it is asked for, kept when it is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from schouw.model.facts import Facts
from schouw.model.host import Host
from schouw.model.outside import Outside, PortState
from schouw.scan.keeper import now
from schouw.scan.look import OnStep

if TYPE_CHECKING:
    from schouw.probe.budget import Budget


def carry(outside: Outside, previous: Facts | None) -> Outside:
    """With the deep looks of before, as long as their address is the host's and their port was not seen to be closed."""
    before = previous.outside.result if previous is not None else None
    closed = {(port.address, port.port) for port in outside.ports.result or () if port.state is PortState.CLOSED}
    kept = tuple(
        looked
        for looked in (before.deep if before is not None else ())
        if looked.attempt.result is not None
        and looked.endpoint.address in outside.addresses
        and (looked.endpoint.address, looked.endpoint.port) not in closed
    )
    return replace(outside, deep=kept)


async def deepen(host: Host, outside: Outside, sslyze: Path | None, budget: Budget, on_step: OnStep) -> Outside:
    """With a deep look at every endpoint that was just seen to speak TLS."""
    from schouw.probe.deep.look import look
    from schouw.probe.deep.plan import endpoints
    from schouw.probe.endpoints import own_name

    if outside.blocked:
        return outside
    name = own_name(host.name, host.address) or host.name
    result = await look(endpoints(outside), name, sslyze, budget, now, on_step)
    return replace(outside, deep=tuple(result.looks), blocked=result.blocked)
