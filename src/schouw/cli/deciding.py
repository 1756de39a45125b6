"""What `accept`, `claim`, `comment` and `assign` share: one finding on one host, and the way to the history's one writer."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from schouw.cli.places import Places, fleet, places, surroundings
from schouw.errors import ConfigError

if TYPE_CHECKING:
    from schouw.inventory import Fleet
    from schouw.model.finding import Decision
    from schouw.scan import Runner


def add_finding(command: argparse.ArgumentParser) -> None:
    command.add_argument("key", metavar="KEY", help="the finding's key, as in `schouw report --format json`")
    command.add_argument("--host", required=True)


def carry_out(options: argparse.Namespace, decision: Decision) -> None:
    where = places(options)
    chosen = fleet(where)
    (host, *others) = chosen.select([options.host])
    if others or host.name != options.host:
        raise ConfigError(f"--host {options.host}: that is a group; expected one host")
    ask(where, chosen, lambda runner: runner.decide(decision))


def ask(where: Places, chosen: Fleet, question: Callable[[Runner], Awaitable[None]]) -> None:
    """Through the engine, the history's one writer: dashboards see it at once."""

    async def asked() -> None:
        from schouw.scan import open_runner

        around = surroundings(where, chosen.limits.per_jump)
        async with open_runner(where.history, where.state, where.runtime, chosen.limits, around) as runner:
            await question(runner)

    asyncio.run(asked())
