"""What `accept`, `claim`, `comment` and `assign` share: which findings are meant, and the way to the history's one writer."""

from __future__ import annotations

import argparse
import asyncio
import getpass
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from schouw.cli.hosts import choose
from schouw.cli.places import Places, fleet, places, surroundings
from schouw.errors import ConfigError
from schouw.model.finding import Decision, What
from schouw.model.severity import FindingState

if TYPE_CHECKING:
    from datetime import datetime

    from schouw.inventory import Fleet
    from schouw.model.finding import TrackedFinding
    from schouw.model.host import Host
    from schouw.scan import Runner


def add_finding(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "key", metavar="KEY", help="a finding's key, as in `schouw report --format json`, or a check's name: all that it found"
    )
    command.add_argument(
        "--host", required=True, metavar="HOST|GROUP|FILTER", help="where: on a host, or on each of several that has it"
    )


def carry_out(options: argparse.Namespace, what: What, words: str, said: str, until: datetime | None = None) -> None:
    """Decide that of every finding that is meant, of all of them or of none; `said` of each."""
    where = places(options)
    chosen = fleet(where)
    hosts = choose(chosen, [options.host], where.history)
    if not hosts:
        raise ConfigError(f"--host {options.host}: expected a host of the fleet, a group or a filter")
    withdrawn = what is What.ACCEPT and until is None
    meant = _meant(hosts, options.key, where.history, (FindingState.ACCEPTED,) if withdrawn else tuple(FindingState))
    decisions = [Decision(host, key, getpass.getuser(), until, words, what) for host, key in meant]
    ask(where, chosen, lambda runner: runner.decide(*decisions))
    for host, key in meant:
        print(f"{host}: {key} {said}")


def _meant(hosts: Sequence[Host], key: str, history: Path, states: Collection[FindingState]) -> list[tuple[str, str]]:
    """Host and key of each finding there is; of one host also what is not there, for the history says best why not."""
    known = _known(history)
    found = [
        (host.name, one.key)
        for host in hosts
        for one in known.get(host.name, ())
        if key in (one.key, one.finding.check) and one.state in states
    ]
    if not found and len(hosts) > 1:
        raise ConfigError(
            f"none of these {len(hosts)} hosts has such a finding {key!r}; all of them: schouw report --format json"
        )
    return found or [(hosts[0].name, key)]


def _known(history: Path) -> Mapping[str, Sequence[TrackedFinding]]:
    from schouw.history import History

    if not history.exists():
        return {}
    opened = History.open(history, read_only=True)
    try:
        return opened.everything()
    finally:
        opened.close()


def ask(where: Places, chosen: Fleet, question: Callable[[Runner], Awaitable[None]]) -> None:
    """Through the engine, the history's one writer: dashboards see it at once."""

    async def asked() -> None:
        from schouw.scan import open_runner

        around = surroundings(where, chosen.limits.per_jump)
        async with open_runner(where.history, where.state, where.runtime, chosen.limits, around) as runner:
            await question(runner)

    asyncio.run(asked())
