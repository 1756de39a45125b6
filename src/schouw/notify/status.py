"""How telling goes, for people: each address with what arrived there and what waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from schouw.errors import ConfigError
from schouw.model.notifier import Notifier
from schouw.notify import ledger
from schouw.notify.addresses import addresses, readable_by_others
from schouw.notify.desk import Address, trouble
from schouw.notify.ledger import Told


@dataclass(frozen=True, slots=True)
class Standing:
    """One address, or a notifier without one."""

    label: str
    address: Address | None = None
    told: Told | None = None
    """None: nothing yet."""
    problem: str = ""
    advice: str = ""
    """What works, but should be otherwise."""


def standings(notifiers: Sequence[Notifier], path: Path) -> tuple[Standing, ...]:
    """`path`: of the ledger. `HistoryError` where that cannot be read."""
    known = ledger.read(path)
    return tuple(one for notifier in notifiers for one in _of(notifier, known))


def _of(notifier: Notifier, known: Mapping[str, Told]) -> tuple[Standing, ...]:
    try:
        urls = addresses(notifier)
    except ConfigError as error:
        return (Standing(notifier.name, problem=str(error)),)
    shown = f"{notifier.url_file} can be read by other users; run: chmod 600 {notifier.url_file}"
    advice = shown if readable_by_others(notifier) else ""
    found = []
    for address in (Address(notifier, url) for url in urls):
        told = known.get(address.name)
        found.append(Standing(address.label, address, told, trouble(address, told) if told else "", advice))
    return tuple(found)


def in_words(one: Standing) -> str:
    """One line; `HistoryError`'s text and the like have their own."""
    if one.problem:
        return f"✗ {one.problem.removeprefix('notify ')}"
    return f"✓ {one.label}: {_last(one.told)}" + (f"\n    {one.advice}" if one.advice else "")


def _last(told: Told | None) -> str:
    if told is None:
        return "nothing was ever told"
    return f"last told {_local(told.tried_at)}" if told.tried_at else f"nothing to tell since {_local(told.begun_at)}"


def _local(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"
