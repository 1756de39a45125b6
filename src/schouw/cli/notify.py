"""``schouw notify``: who is told, whether it arrives, and a message to try it with."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from schouw.cli.places import Places, fleet, places
from schouw.errors import ConfigError

if TYPE_CHECKING:
    from schouw.inventory import Fleet
    from schouw.model.notifier import Notifier
    from schouw.notify.status import Standing


def add(command: argparse.ArgumentParser) -> None:
    command.description = (
        "Those of [notify.NAME] in the fleet file: whether what was sent arrived, and what waits. "
        "Exit status 3 where something does not arrive."
    )
    command.add_argument("names", nargs="*", metavar="NAME", help="which (default: all)")
    command.add_argument("--test", action="store_true", help="send a message now that says that it is one")


def run(options: argparse.Namespace) -> int:
    from schouw.notify.ledger import path_of
    from schouw.notify.status import in_words, standings

    where = places(options)
    chosen = fleet(where)
    notifiers = _chosen(chosen, options.names)
    found = standings(notifiers, path_of(where.history))
    if options.test:
        return _test(found)
    waiting = _waiting(found, chosen, where)
    for one in found:
        print(in_words(one))
        for line in waiting.get(one.label, ()):
            print(f"    waits: {line}")
    return 3 if any(one.problem for one in found) else 0


def told_lines(where: Places, chosen: Fleet) -> tuple[list[str], bool]:
    """What `schouw doctor` says of them, and whether all is well."""
    from schouw.notify.ledger import path_of
    from schouw.notify.status import in_words, standings

    found = standings(chosen.notifiers, path_of(where.history))
    return [f"notify {in_words(one)}" for one in found], not any(one.problem for one in found)


def _chosen(chosen: Fleet, names: list[str]) -> tuple[Notifier, ...]:
    known = {one.name: one for one in chosen.notifiers}
    if not known:
        raise ConfigError(
            f"{chosen.path or 'without a fleet file'}: nobody is told; expected a table such as [notify.operations]"
        )
    for name in names:
        if name not in known:
            raise ConfigError(f"no [notify.{name}]; expected one of {', '.join(known)}")
    return tuple(known[name] for name in names or known)


def _test(found: tuple[Standing, ...]) -> int:
    import asyncio

    from schouw.notify.composing import Message
    from schouw.notify.sending import send

    at = datetime.now().astimezone()
    letter = Message("schouw: a test", f"This is what it looks like when schouw tells you something. Sent {at:%Y-%m-%d %H:%M}.")
    worst = 0
    for one in found:
        problem = asyncio.run(send(one.address.url, letter)) if one.address is not None else one.problem
        print(f"✗ {one.label}: {problem}" if problem else f"✓ {one.label}: sent")
        worst = 3 if problem else worst
    return worst


def _waiting(found: tuple[Standing, ...], chosen: Fleet, where: Places) -> dict[str, list[str]]:
    """By label, what would be told now."""
    from schouw.history import History
    from schouw.notify.composing import due, message

    if not where.history.exists():
        return {}
    history = History.open(where.history, read_only=True)
    try:
        news = history.news(min((one.told.event for one in found if one.told), default=0))
        summaries = history.summaries()
    finally:
        history.close()
    hosts = {host.name: host for host in chosen.hosts}
    lines: dict[str, list[str]] = {}
    for one in found:
        if one.address is not None and one.told is not None:
            items = due(one.address.notifier, one.told, news, hosts, summaries, datetime.now(UTC)).items
            lines[one.label] = message(items).body.splitlines() if items else []
    return lines
