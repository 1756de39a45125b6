"""``schouw accept``: an accepted risk, with a reason and an end."""

from __future__ import annotations

import argparse
import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from schouw.cli.places import Places, fleet, places, surroundings
from schouw.errors import ConfigError

if TYPE_CHECKING:
    from schouw.inventory import Fleet
    from schouw.model.finding import Decision


def add(command: argparse.ArgumentParser) -> None:
    command.description = "The finding counts again after the date."
    command.add_argument("key", metavar="KEY", help="the finding's key, as in `schouw report --format json`")
    command.add_argument("--host", required=True)
    end = command.add_mutually_exclusive_group(required=True)
    end.add_argument("--until", metavar="DATE", help="its last day, such as 2027-03-31, or so far ahead: 30d, 6w")
    end.add_argument("--withdraw", action="store_true", help="let it count again from now on")
    command.add_argument("--reason", metavar="TEXT", help="why; needed with --until")


def run(options: argparse.Namespace) -> int:
    import asyncio

    from schouw.model.finding import Decision
    from schouw.views.acceptance import in_words, last_moment

    where = places(options)
    chosen = fleet(where)
    (host, *others) = chosen.select([options.host])
    if others or host.name != options.host:
        raise ConfigError(f"--host {options.host}: that is a group; expected one host")
    now = datetime.now(UTC)
    if options.withdraw:
        decision = Decision(host.name, options.key, getpass.getuser())
    else:
        try:
            until = last_moment(options.until, now)
        except ConfigError as error:
            raise ConfigError(f"--until {error}") from None
        if not (options.reason or "").strip():
            raise ConfigError("--reason is missing; expected why the risk is accepted")
        decision = Decision(host.name, options.key, getpass.getuser(), until, options.reason.strip())
    asyncio.run(_decide(where, chosen, decision))
    print(f"{host.name}: {options.key} {in_words(decision.until, now.astimezone())}")
    return 0


async def _decide(where: Places, chosen: Fleet, decision: Decision) -> None:
    """Through the engine, the history's one writer: dashboards see it at once."""
    from schouw.scan import open_runner

    around = surroundings(where, chosen.limits.per_jump)
    async with open_runner(where.history, where.state, where.runtime, chosen.limits, around) as runner:
        await runner.decide(decision)
