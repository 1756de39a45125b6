"""Everything about a check that is not logic: severity, title, why it matters, where to read on (catalogue.toml)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import tomli

from schouw.model.severity import Area, Severity


@dataclass(frozen=True, slots=True)
class Row:
    """`severities` and `titles` by variant; "" is the only one, or the title that variants share."""

    area: Area
    kind: str
    """What it finds, on however many hosts: a heading without particulars."""
    severities: Mapping[str, Severity]
    titles: Mapping[str, str]
    why: str
    references: tuple[str, ...]


@cache
def data(name: str) -> dict[str, object]:
    """One of the TOML files beside this one."""
    return tomli.loads(files(__package__).joinpath(name).read_text("utf-8"))


def table(value: object) -> dict[str, object]:
    """A TOML table; `TypeError` for anything else, so that a slip in our own data is loud."""
    if not isinstance(value, dict):
        raise TypeError(f"expected a table, found {value!r}")
    return value


def texts(value: object) -> tuple[str, ...]:
    """A TOML list of strings; `TypeError` for anything else."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise TypeError(f"expected a list of strings, found {value!r}")
    return tuple(value)


def _by_variant(value: object) -> dict[str, str]:
    return {"": value} if isinstance(value, str) else {key: str(text) for key, text in table(value).items()}


def _rows(node: dict[str, object], path: tuple[str, ...]) -> Iterator[tuple[str, Row]]:
    if "title" not in node:
        for key, below in node.items():
            yield from _rows(table(below), (*path, key))
        return
    yield (
        ".".join(path),
        Row(
            area=Area(path[0]),
            kind=str(node.get("kind", next(iter(_by_variant(node["title"]).values())))),
            severities={variant: Severity(text) for variant, text in _by_variant(node["severity"]).items()},
            titles=_by_variant(node["title"]),
            why=str(node["why"]),
            references=texts(node["references"]),
        ),
    )


CATALOGUE: Mapping[str, Row] = dict(_rows(data("catalogue.toml"), ()))
