"""The profiles that a fleet file names: those that come with schouw, and users' own in ``profiles/NAME.toml`` beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import UnsetType

from schouw import profiles
from schouw.inventory.check import check
from schouw.inventory.locate import Steps
from schouw.inventory.names import did_you_mean
from schouw.inventory.source import Place, Problems, Source, read, shown
from schouw.inventory.tables import Settings
from schouw.model.profile import Profile
from schouw.profiles.file import ProfileFile, mistakes, profile

Named = tuple[Place, str]


def named(source: Source, steps: Steps, table: Settings) -> Iterator[Named]:
    """The names that one table of a fleet file says, each with its place."""
    if not isinstance(table.profile, UnsetType):
        yield source.at_value(*steps, "profile"), table.profile
    if not isinstance(table.profiles, UnsetType):
        for service in table.profiles.__struct_fields__:
            name = getattr(table.profiles, service)
            if not isinstance(name, UnsetType):
                yield source.at_value(*steps, "profiles", service), name


def own(names: Iterable[Named], folder: Path, problems: Problems) -> dict[str, Profile]:
    """Those of `names` that do not come with schouw, read. What is wrong with names or files is noted in `problems`."""
    found: dict[str, Profile] = {}
    for place, name in names:
        file = folder / f"{name}.toml"
        if name in profiles.BUILT_IN:
            if file.exists():
                problems.add(place, f'"{name}" comes with schouw, and there is {file} too; expected another name for that file')
        elif not file.exists():
            problems.add(place, _unknown(name, folder))
        elif name not in found:
            found[name] = _read(name, file, problems)
    return found


def _read(name: str, file: Path, problems: Problems) -> Profile:
    source = read(file)
    table = check(source, ProfileFile, problems)
    for steps, expected in mistakes(table):
        entry = getattr(getattr(table, steps[0]), steps[1])[steps[2]]
        problems.add(source.at_value(*steps), f"{'.'.join(steps[:2])} has {shown(entry)} in it; {expected}")
    if table.base and table.base not in profiles.BUILT_IN:
        hint = did_you_mean(table.base, profiles.BUILT_IN, f"expected one of {', '.join(profiles.BUILT_IN)}")
        problems.add(source.at_value("base"), f"no profile {shown(table.base)} comes with schouw; {hint}")
    base = profiles.built_in(table.base) if table.base in profiles.BUILT_IN else None
    return profile(name, table, base, profiles.laxer())


def _unknown(name: str, folder: Path) -> str:
    known = (*profiles.BUILT_IN, *(file.stem for file in sorted(folder.glob("*.toml"))))
    expected = f"{', '.join(known)}, or a file {folder / f'{name}.toml'}"
    return f'unknown profile "{name}"; {did_you_mean(name, known, f"expected one of {expected}")}'
