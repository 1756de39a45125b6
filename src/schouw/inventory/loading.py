"""From hosts.toml, and hosts.d/*.toml beside it, to a `Fleet`."""

from __future__ import annotations

from pathlib import Path

from msgspec import UnsetType

from schouw.inventory.customers import Customers
from schouw.inventory.entries import read_entries
from schouw.inventory.fleet import Fleet, Limits
from schouw.inventory.merge import merge, resolve
from schouw.inventory.notifiers import notifiers
from schouw.inventory.source import Problems
from schouw.inventory.tables import CustomersTable
from schouw.inventory.together import jump_problems, warnings


def load(path: Path, home: Path | None = None) -> Fleet:
    """Read a fleet file and the folder beside it, ``hosts.d`` for ``hosts.toml``.

    Paths in it are relative to its own folder, ``~/`` to `home` (left out: the user's own).
    A group or site that a host names must have its table, which may be empty: a typing error would
    otherwise quietly take the host out of its group. `ConfigError` lists every problem at once.
    """
    home = home or Path.home()
    entries = read_entries(path)
    hosts = {name: merge(written.entry, home, entries.profiles) for name, written in entries.hosts.items()}
    problems = Problems()
    for name, problem in jump_problems(hosts):
        problems.add(entries.hosts[name].at("jump"), problem)
    problems.fail_if_any()
    return Fleet(
        hosts=tuple(hosts.values()),
        limits=Limits(entries.limits.concurrent, entries.limits.start_rate, entries.limits.per_jump),
        customers=_customers(entries.customers, path.parent.absolute(), home),
        path=path,
        groups=entries.groups,
        notifiers=notifiers(entries.notify, path.parent.absolute(), home),
        warnings=tuple(f"{entries.hosts[name].at(key)}: {text}" for name, key, text in warnings(hosts, entries.groups)),
    )


def _customers(table: CustomersTable, folder: Path, home: Path) -> Customers:
    file = None if isinstance(table.file, UnsetType) else Path(resolve(table.file, folder, home))
    return Customers(file, () if isinstance(table.command, UnsetType) else tuple(table.command))
