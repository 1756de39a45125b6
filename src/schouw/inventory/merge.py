"""One host from all that is said about it: the most specific wins, lists add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Literal, TypeVar

from msgspec import UNSET, UnsetType

from schouw.inventory.durations import seconds
from schouw.inventory.tables import HostTable, Settings, TlsTable
from schouw.model.host import Host, Port, Profiles, Reach, Timeouts, TlsPort
from schouw.model.profile import Profile
from schouw.model.protocol import Protocol

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Level:
    """What one table says. `label` is how people find it: ``defaults``, ``groups.web``, ``hosts.web1``."""

    label: str
    settings: Settings
    folder: Path
    """What its relative paths are relative to."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One host before merging."""

    name: str
    address: str
    table: HostTable
    levels: tuple[Level, ...]
    """The least specific first; the last is `table`'s own."""


def merge(entry: Entry, home: Path, profiles: Mapping[str, Profile]) -> Host:
    """The host that `entry` describes; `profiles` are the users' own by name.

    `ValueError`, in words for a person, for a port that cannot be.
    """
    table = entry.table
    said = [level.settings for level in entry.levels]
    unset = Host(name=entry.name)
    ssh: bool = _last((each.ssh for each in said), True)
    privilege: Literal["sudo", "none"] = _last((each.privilege for each in said), unset.privilege)
    return Host(
        name=entry.name,
        address=entry.address,
        reach=Reach.LOCAL if table.local else Reach.SSH if ssh else Reach.OUTSIDE,
        user=_last((each.user for each in said), None),
        port=_last((each.port for each in said), None),
        identity=_paths(entry.levels, "identity", home),
        known_hosts=_paths(entry.levels, "known_hosts", home),
        ssh_config=_ssh_config(entry.levels, home),
        jump=_jump(entry),
        privilege=privilege,
        groups=tuple(dict.fromkeys(table.groups)),
        tags=tuple(dict.fromkeys(_added_up(each.tags for each in said) or ())),
        listen=_ports(_added_up(each.listen for each in said)),
        tls=_tls(each.tls for each in said),
        ssh_profile=_last((each.ssh_profile for each in said), unset.ssh_profile),
        profiles=(chosen := _profiles(said)),
        own_profiles=tuple(profiles[name] for name in dict.fromkeys(astuple(chosen)) if name in profiles),
        rescan=_seconds((each.rescan for each in said), unset.rescan),
        rescan_inside=_seconds((each.rescan_inside for each in said), unset.rescan_inside),
        stale_after=_seconds((each.stale_after for each in said), unset.stale_after),
        sweep_all_ports=_seconds((each.sweep_all_ports for each in said), unset.sweep_all_ports),
        deep=_seconds((each.deep for each in said), unset.deep),
        timeouts=_timeouts(said),
        connections_per_minute=_last((each.connections_per_minute for each in said), unset.connections_per_minute),
        keep_accounts=_seconds((each.keep_accounts for each in said), unset.keep_accounts),
        enabled=_last((each.enabled for each in said), True),
        owner=_last((each.owner for each in said), ""),
        note=_last((table.note,), ""),
    )


def origin(entry: Entry, key: str) -> str:
    """The labels of the tables that a host's value of `key` comes from, "" where none of them says it."""
    keys = ("profile", "profiles") if key == "profiles" else (key,)
    saying = [
        level.label for level in entry.levels if any(getattr(level.settings, one, UNSET) not in (UNSET, []) for one in keys)
    ]
    return ", ".join(saying if key in ("tags", "listen", "timeouts", "profiles", "tls") else saying[-1:])


def _last(values: Iterable[T | UnsetType], default: T) -> T:
    for value in values:
        if not isinstance(value, UnsetType):
            default = value
    return default


def _seconds(values: Iterable[str | UnsetType], default: float) -> float:
    written = _last(values, "")
    return seconds(written) if written else default


def _added_up(values: Iterable[Sequence[T] | UnsetType]) -> list[T] | None:
    """All lists one after another, from the last "!" on; None where there is no list at all."""
    total: list[T] | None = None
    for value in values:
        if isinstance(value, UnsetType):
            continue
        total = total or []
        for item in value:
            if item == "!":
                total.clear()
            else:
                total.append(item)
    return total


def _ports(items: list[int | str] | None) -> tuple[Port, ...] | None:
    return None if items is None else tuple(dict.fromkeys(Port.parse(str(item)) for item in items))


def _tls(values: Iterable[list[TlsTable] | UnsetType]) -> tuple[TlsPort, ...]:
    """One for each port, as the most specific table says it."""
    found: dict[int, TlsPort] = {}
    for value in values:
        for one in () if isinstance(value, UnsetType) else value:
            found[one.port] = TlsPort(one.port, Protocol(one.protocol), tuple(one.names))
    return tuple(found.values())


def _timeouts(said: Sequence[Settings]) -> Timeouts:
    tables = [each.timeouts for each in said if not isinstance(each.timeouts, UnsetType)]
    if not tables:
        return Timeouts()
    return Timeouts(
        connect=_seconds((each.connect for each in tables), Timeouts().connect),
        login=_seconds((each.login for each in tables), Timeouts().login),
        collect=_seconds((each.collect for each in tables), Timeouts().collect),
    )


def _profiles(said: Sequence[Settings]) -> Profiles:
    """A `profile` holds for every class, over what less specific tables say of one; beside it `profiles` says otherwise."""
    chosen: dict[str, str] = {}
    for each in said:
        if not isinstance(each.profile, UnsetType):
            chosen = {field.name: each.profile for field in fields(Profiles)}
        if not isinstance(each.profiles, UnsetType):
            chosen |= {
                name: value for name in each.profiles.__struct_fields__ if (value := getattr(each.profiles, name)) is not UNSET
            }
    return Profiles(**chosen)


def _jump(entry: Entry) -> str:
    jump = _last((level.settings.jump for level in entry.levels), "")
    # The jump host of a site is often a host of that site: it needs no jump to itself.
    inherited = isinstance(entry.table.jump, UnsetType)
    return "" if inherited and jump.rpartition("@")[2] in (entry.name, entry.address) else jump


def _paths(levels: Sequence[Level], key: Literal["identity", "known_hosts"], home: Path) -> tuple[str, ...]:
    for level in reversed(levels):
        value: str | list[str] | UnsetType = getattr(level.settings, key)
        if not isinstance(value, UnsetType):
            written = [value] if isinstance(value, str) else value
            return tuple(resolve(each, level.folder, home) for each in written)
    return ()


def _ssh_config(levels: Sequence[Level], home: Path) -> str:
    usual = Host(name="any").ssh_config
    for level in reversed(levels):
        written = level.settings.ssh_config
        if not isinstance(written, UnsetType):
            # The usual one stays as it is written: only then does ssh read the machine's own beside it.
            return written if written in ("", usual) else resolve(written, level.folder, home)
    return usual


def resolve(written: str, folder: Path, home: Path) -> str:
    """Absolute; ``~/`` is the home folder of whoever runs schouw."""
    if written == "~" or written.startswith("~/"):
        return str(home / written[2:])
    return str(folder / written)
