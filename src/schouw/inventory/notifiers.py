"""The tables ``[notify.NAME]``: who is told what, with what only shows beside the rest of the file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import time
from pathlib import Path

from msgspec import UnsetType

from schouw.inventory.merge import resolve
from schouw.inventory.names import did_you_mean
from schouw.inventory.source import Problems, Source
from schouw.inventory.tables import NotifyTable
from schouw.model.notifier import Matter, Notifier
from schouw.model.severity import Severity


def check(source: Source, tables: Mapping[str, NotifyTable], groups: Collection[str], problems: Problems) -> None:
    """What is wrong with them beside their types is noted in `problems`."""
    for name, table in tables.items():
        if isinstance(table.url_file, UnsetType) and isinstance(table.url_env, UnsetType):
            problems.add(source.at_key("notify", name), f"[notify.{name}] has no address; expected url_file, url_env or both")
        for index, group in enumerate(table.groups):
            if group not in groups:
                near = did_you_mean(group, groups, f"expected a table [groups.{group}]")
                problems.add(source.at_value("notify", name, "groups", index), f'unknown group "{group}"; {near}')
        if (quiet := _times(table.quiet)) and quiet[0] == quiet[1]:
            problems.add(source.at_value("notify", name, "quiet"), f'quiet = "{table.quiet}" is no time at all, or all day')


def notifiers(tables: Mapping[str, NotifyTable], folder: Path, home: Path) -> tuple[Notifier, ...]:
    """`folder`: what relative paths are relative to."""
    return tuple(_notifier(name, table, folder, home) for name, table in tables.items())


def _notifier(name: str, table: NotifyTable, folder: Path, home: Path) -> Notifier:
    times = _times(table.digest)
    quiet = _times(table.quiet)
    return Notifier(
        name=name,
        url_file="" if isinstance(table.url_file, UnsetType) else resolve(table.url_file, folder, home),
        url_env="" if isinstance(table.url_env, UnsetType) else table.url_env,
        about=tuple(Matter) if isinstance(table.about, UnsetType) else tuple(map(Matter, table.about)),
        severity=Severity(table.severity),
        groups=tuple(table.groups),
        quiet=(quiet[0], quiet[1]) if quiet else None,
        digest=times[0] if times else None,
    )


def _times(text: str | UnsetType) -> list[time]:
    """Of ``22:00-07:00`` both, of ``08:00`` the one."""
    return [] if isinstance(text, UnsetType) else [time.fromisoformat(one) for one in text.split("-")]
