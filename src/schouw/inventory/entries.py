"""The hosts of hosts.toml and hosts.d/*.toml, each with the tables that speak about it, not yet merged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from msgspec import UnsetType

from schouw.errors import ConfigError
from schouw.inventory import notifiers, profiles
from schouw.inventory.addresses import address_problem
from schouw.inventory.check import check, not_a_name
from schouw.inventory.locate import Steps
from schouw.inventory.merge import Entry, Level
from schouw.inventory.names import did_you_mean, expand, is_name
from schouw.inventory.source import Place, Problems, Source, read
from schouw.inventory.tables import CustomersTable, FleetFile, HostTable, LimitsTable, NotifyTable, Part, Settings
from schouw.model.profile import Profile


@dataclass(frozen=True, slots=True)
class Written:
    """One host, and the table that it comes from: `pattern` is that table's name, ranges and all."""

    entry: Entry
    source: Source
    pattern: str

    def at(self, key: str) -> Place:
        return self.source.at_value("hosts", self.pattern, key)


@dataclass(frozen=True, slots=True)
class Entries:
    limits: LimitsTable
    customers: CustomersTable
    groups: tuple[str, ...]
    hosts: dict[str, Written]
    """By name, in the order of the files."""
    profiles: dict[str, Profile]
    """The users' own that some table names."""
    notify: dict[str, NotifyTable]


def read_entries(path: Path) -> Entries:
    """Everything that the files say; `ConfigError` lists all that is wrong in any of them."""
    problems = Problems()
    source = first = read(path)
    main = check(source, FleetFile, problems)
    parts: list[tuple[Source, Part]] = [(source, main)]
    for beside in files_beside(path):
        part_source = read(beside)
        parts.append((part_source, check(part_source, Part, problems)))
    levels = _Levels(
        Level("defaults", main.defaults, path.parent.absolute()),
        _named("sites", [(source, part.sites) for source, part in parts], problems),
        _named("groups", [(source, part.groups) for source, part in parts], problems),
        problems,
    )
    hosts: dict[str, Written] = {}
    for source, part in parts:
        for pattern, table in part.hosts.items():
            for entry in _expanded(source, pattern, table, levels.of(source, pattern, table), problems):
                if entry.name in hosts:
                    problems.add(source.at_key("hosts", pattern), _twice(entry.name, hosts[entry.name]))
                hosts[entry.name] = Written(entry, source, pattern)
    named = [name for source, part in parts for steps, table in _tables(part) for name in profiles.named(source, steps, table)]
    own = profiles.own(named, path.parent / "profiles", problems)
    notifiers.check(first, main.notify, levels.groups, problems)
    problems.fail_if_any()
    if not hosts:
        raise ConfigError(f'{path}:1:1: no hosts; expected at least one table such as [hosts.web1] with address = "192.0.2.10"')
    return Entries(main.limits, main.customers, tuple(levels.groups), hosts, own, main.notify)


def _tables(part: Part) -> Iterator[tuple[Steps, Settings]]:
    """Every table of settings in a file, and the way to it."""
    if isinstance(part, FleetFile):
        yield ("defaults",), part.defaults
    for section, tables in (("sites", part.sites), ("groups", part.groups), ("hosts", part.hosts)):
        for name, table in tables.items():
            yield (section, name), table


def files_beside(path: Path) -> list[Path]:
    """The rest of the fleet file; `ConfigError` where the folder cannot be read."""
    folder = path.with_suffix(".d")
    try:
        return sorted(each for each in folder.iterdir() if each.suffix == ".toml" and not each.name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be read: {error.strerror}") from None


def _named(section: str, parts: list[tuple[Source, dict[str, Settings]]], problems: Problems) -> dict[str, Level]:
    """The tables of [sites] or [groups], from all files."""
    levels: dict[str, Level] = {}
    for source, tables in parts:
        for name, settings in tables.items():
            if name in levels:
                problems.add(source.at_key(section, name), f"[{section}.{name}] is in another file already; expected it once")
            levels[name] = Level(f"{section}.{name}", settings, source.path.parent.absolute())
    return levels


@dataclass(frozen=True, slots=True)
class _Levels:
    """What hosts have in common."""

    defaults: Level
    sites: Mapping[str, Level]
    groups: Mapping[str, Level]
    problems: Problems

    def of(self, source: Source, pattern: str, table: HostTable) -> tuple[Level, ...]:
        """What holds for a host, the least specific first: defaults, site, groups in the host's order, itself."""
        levels = [self.defaults]
        if not isinstance(table.site, UnsetType):
            if table.site in self.sites:
                levels.append(self.sites[table.site])
            else:
                self.problems.add(source.at_value("hosts", pattern, "site"), _no_table("site", table.site, self.sites))
        for index, name in enumerate(table.groups):
            if name in self.groups:
                levels.append(self.groups[name])
            else:
                self.problems.add(source.at_value("hosts", pattern, "groups", index), _no_table("group", name, self.groups))
        if table.local and table.ssh is False:
            self.problems.add(
                source.at_value("hosts", pattern, "ssh"), "ssh = false beside local = true; expected one of the two"
            )
        return (*levels, Level(f"hosts.{pattern}", table, source.path.parent.absolute()))


def _no_table(kind: str, name: str, known: Mapping[str, Level]) -> str:
    expected = f"expected a table [{kind}s.{name}], which may be empty"
    near = did_you_mean(name, known)
    return f'unknown {kind} "{name}"; {near} (else {expected})' if near else f'unknown {kind} "{name}"; {expected}'


def _twice(name: str, earlier: Written) -> str:
    place = earlier.source.at_key("hosts", earlier.pattern)
    return f'"{name}" is in the fleet already ({place}); expected each host once'


def _expanded(source: Source, pattern: str, table: HostTable, levels: tuple[Level, ...], problems: Problems) -> Iterator[Entry]:
    """One entry for each host that the pattern stands for; ranges in its address run along."""
    try:
        names = expand(pattern)
        if wrong := next((name for name in names if not is_name(name)), ""):
            raise ValueError(not_a_name(wrong))
    except ValueError as error:
        problems.add(source.at_key("hosts", pattern), str(error))
        return
    try:
        addresses = _addresses(table, len(names))
    except ValueError as error:
        problems.add(source.at_value("hosts", pattern, "address"), str(error))
        addresses = ("",) * len(names)
    for name, address in zip(names, addresses, strict=True):
        yield Entry(name, address, table, levels)


def _addresses(table: HostTable, hosts: int) -> tuple[str, ...]:
    """An address for each of so many hosts, "" where none is said; `ValueError` in words for a person."""
    if isinstance(table.address, UnsetType):
        return ("",) * hosts
    addresses = expand(table.address)
    if len(addresses) not in (1, hosts):
        raise ValueError(
            f'"{table.address}" stands for {len(addresses)} addresses; expected one, or one for each of {hosts} hosts'
        )
    if problem := next(filter(None, map(address_problem, addresses)), ""):
        raise ValueError(problem)
    return addresses if len(addresses) == hosts else addresses * hosts
