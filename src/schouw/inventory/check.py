"""From a parsed document to typed tables; every problem is noted, not only the first that msgspec meets."""

from __future__ import annotations

import re
from types import UnionType
from typing import Annotated, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from schouw.inventory.locate import Steps
from schouw.inventory.names import did_you_mean, nearest
from schouw.inventory.source import Problems, Source, shown
from schouw.inventory.tables import CustomersTable, HostTable, LimitsTable, NotifyTable, Settings

S = TypeVar("S", bound=Struct)

_SECRET = re.compile(r"pass(word|wd|phrase)?$|secret|token$|^private_?key$", re.IGNORECASE)
#: Where a key belongs, for those who put it elsewhere.
_HOMES: tuple[tuple[str, type[Struct]], ...] = (
    ("[defaults] or [hosts.NAME]", Settings),
    ("[hosts.NAME]", HostTable),
    ("[limits]", LimitsTable),
    ("[customers]", CustomersTable),
    ("[notify.NAME]", NotifyTable),
)


def check(source: Source, shape: type[S], problems: Problems) -> S:
    """The document as `shape`. What does not fit is noted in `problems` and left out."""
    try:
        return msgspec.convert(source.document, shape)
    except msgspec.ValidationError:  # it names only the first problem, and no place in the file
        return msgspec.convert(_Mender(source, problems).mend(source.document, shape, ()), shape)


class _Mender:
    """Walks a value beside its type; what is left afterwards fits."""

    def __init__(self, source: Source, problems: Problems) -> None:
        self._source = source
        self._problems = problems

    def mend(self, value: object, hint: object, steps: Steps) -> object:
        """`value` without what does not fit, or UNSET where nothing is left of it."""
        if _fits(value, hint):
            return value
        bare = _bare(hint)
        if isinstance(value, dict) and isinstance(bare, type) and issubclass(bare, Struct):
            return self._table(value, bare, steps)
        if isinstance(value, dict) and get_origin(bare) is dict:
            return self._tables(value, bare, steps)
        self._explain(value, hint, steps)
        return UNSET

    def _table(self, table: dict[str, object], shape: type[Struct], steps: Steps) -> dict[str, object]:
        hints = get_type_hints(shape, include_extras=True)
        mended: dict[str, object] = {}
        for key, value in table.items():
            if key in hints and not (len(steps) == 2 and isinstance(value, dict) and not _is_table(hints[key])):
                mended[key] = self.mend(value, hints[key], (*steps, key))
            else:
                self._problems.add(self._source.at_key(*steps, key), _unknown(key, value, steps, shape))
        return {key: value for key, value in mended.items() if value is not UNSET}

    def _tables(self, tables: dict[str, object], hint: object, steps: Steps) -> dict[str, object]:
        """[sites], [groups] or [hosts]: tables by name."""
        name_hint, table_hint = get_args(hint)
        mended: dict[str, object] = {}
        for name, table in tables.items():
            if _fits(name, name_hint):
                mended[name] = self.mend(table, table_hint, (*steps, name))
            else:
                self._problems.add(self._source.at_key(*steps, name), not_a_name(name))
        return {name: table for name, table in mended.items() if table is not UNSET}

    def _explain(self, value: object, hint: object, steps: Steps) -> None:
        """Say what was found and what was expected, element by element where it is a list."""
        key, expected = steps[-1], _description(hint) or f"a table [{dotted(steps)}]"
        items = value if isinstance(value, list) and _takes_a_list(hint) else []
        wrong = [index for index, item in enumerate(items) if not _fits([item], hint)]
        for index in wrong:
            text = f"{key} has {shown(items[index])} in it; expected {expected}"
            self._problems.add(self._source.at_value(*steps, index), text)
        if not wrong:
            near = nearest(value, _choices(hint)) if isinstance(value, str) else None
            meant = f'did you mean "{near}"? Expected' if near else "expected"
            self._problems.add(self._source.at_value(*steps), f"{key} = {shown(value)}; {meant} {expected}")


def not_a_name(text: str) -> str:
    return f"{shown(text)} is not a name; expected letters, digits, dots, dashes and underscores, a letter or digit first"


def dotted(steps: Steps) -> str:
    """A table's name as TOML writes it, without the brackets."""
    return ".".join(str(step) if re.fullmatch(r"[A-Za-z0-9_-]+", str(step)) else f'"{step}"' for step in steps)


def _fits(value: object, hint: object) -> bool:
    try:
        msgspec.convert(value, hint)
    except msgspec.ValidationError:
        return False
    return True


def _bare(hint: object) -> object:
    """A type without its descriptions and without "left out"."""
    while get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if get_origin(hint) in (Union, UnionType):
        rest = [each for each in get_args(hint) if each is not UnsetType]
        return _bare(rest[0]) if len(rest) == 1 else hint
    return hint


def _is_table(hint: object) -> bool:
    bare = _bare(hint)
    return isinstance(bare, type) and issubclass(bare, Struct)


def _takes_a_list(hint: object) -> bool:
    bare = _bare(hint)
    options = get_args(bare) if get_origin(bare) in (Union, UnionType) else (bare,)
    return any(get_origin(_bare(option)) is list for option in options)


def _choices(hint: object) -> tuple[str, ...]:
    """The words that a key may be, where it may only be one of a few."""
    bare = _bare(hint)
    return tuple(map(str, get_args(bare))) if get_origin(bare) is Literal else ()


def _description(hint: object) -> str:
    metas: tuple[object, ...] = getattr(hint, "__metadata__", ())
    return next((meta.description for meta in reversed(metas) if isinstance(meta, Meta) and meta.description), "")


def _unknown(key: str, value: object, steps: Steps, shape: type[Struct]) -> str:
    """Why a key is not known here, and what was most likely meant."""
    known = shape.__struct_fields__
    if _SECRET.search(key):
        return (
            f"{shown(key)} is a secret, and none belongs here; expected a key in your ssh-agent, "
            'or the path of a private key as identity = "~/.ssh/id_ed25519"'
        )
    if shape is NotifyTable and key in ("url", "urls"):
        return f"{shown(key)} may hold a secret, and none belongs here; expected url_file (a path) or url_env (a name)"
    if isinstance(value, dict) and len(steps) == 2:
        return _quote_the_name(key, value, steps)
    where = f" in [{dotted(steps)}]" if steps else ""
    home = next((home for home, table in _HOMES if key in table.__struct_fields__), "")
    if home:
        return f"unknown key {shown(key)}{where}; it belongs in {home}"
    return f"unknown key {shown(key)}{where}; {did_you_mean(key, known, 'expected one of ' + ', '.join(sorted(known)))}"


def _quote_the_name(key: str, value: dict[str, object], steps: Steps) -> str:
    """``[hosts.web1.example.net]`` is a table in a table in a table to TOML."""
    parts = [str(steps[1]), key]
    while len(value) == 1 and isinstance(inner := next(iter(value.values())), dict):
        parts += value
        value = inner
    name = ".".join(parts)
    return f'[{steps[0]}.{name}] is read as tables inside each other; quote the name: [{steps[0]}."{name}"]'
