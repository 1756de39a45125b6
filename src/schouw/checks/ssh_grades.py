"""How good an SSH algorithm is (ssh_grades.toml), by the profile that the host is held to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache, lru_cache

from schouw.checks.catalogue import data, table, texts


class Kind(StrEnum):
    """A key of the grades, the last part of the check's name, and which keyword of sshd sets it."""

    KEX = "kex"
    HOST_KEY = "host_key_algorithm"
    CIPHER = "cipher"
    MAC = "mac"

    @property
    def keyword(self) -> str:
        """As people write it in sshd_config; `sshd -T` has it in lower case."""
        return {"kex": "KexAlgorithms", "host_key_algorithm": "HostKeyAlgorithms", "cipher": "Ciphers", "mac": "MACs"}[self]


GRADES = ("broken", "weak", "dated")
"""Worst first."""

DEFAULT = "default"

_OFFERS = 200
"""Offers whose grades are remembered: the servers of a fleet mostly make a few, those of its distributions."""

MARKERS = ("ext-info-", "kex-strict-")
"""Names among the key exchanges that are none: they announce extensions."""


@cache
def profiles() -> tuple[str, ...]:
    """Names that a fleet file may give as `ssh_profile`."""
    return tuple(name for name in data("ssh_grades.toml") if name not in ("version", "sources", "since"))


@cache
def graded(kind: Kind, profile: str) -> Mapping[str, tuple[str, ...]]:
    """Grade → names, where a name may end in * ; "keep" in order of preference."""
    names = {grade: texts(value) for grade, value in table(table(data("ssh_grades.toml")[DEFAULT])[kind]).items()}
    stricter = texts(table(data("ssh_grades.toml")[profile])[kind]) if profile != DEFAULT else ()
    names["dated"] = (*names["dated"], *stricter)
    names["keep"] = tuple(name for name in names["keep"] if name not in stricter)
    return names


@lru_cache(_OFFERS)
def bad(kind: Kind, profile: str, offered: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """Grade → what is offered of it; grades without any are left out, the worst comes first."""
    names = graded(kind, profile)
    those = list(dict.fromkeys(offered))
    found = {grade: tuple(name for name in those if _among(name, names[grade])) for grade in GRADES}
    return {grade: some for grade, some in found.items() if some}


def keep(kind: Kind, profile: str, offered: Iterable[str], version: tuple[int, int]) -> list[str]:
    """What the server should offer: what it does offer and what its OpenSSH has, best first.

    Host keys are kept as offered: a name without a key of that type behind it helps nobody.
    """
    have = set(offered)
    since = table(data("ssh_grades.toml")["since"])
    return [
        name
        for name in graded(kind, profile)["keep"]
        if name in have or (kind is not Kind.HOST_KEY and version != (0, 0) and _known(since.get(name), version))
    ]


def post_quantum() -> tuple[str, ...]:
    return graded(Kind.KEX, DEFAULT)["post_quantum"]


@lru_cache(_OFFERS)
def ungraded(kind: Kind, offered: tuple[str, ...]) -> tuple[str, ...]:
    """Names that the table does not know. Markers of extensions are not algorithms."""
    known = graded(kind, DEFAULT)
    return tuple(
        name
        for name in dict.fromkeys(offered)
        if not name.startswith((*MARKERS, "gss-")) and not any(_among(name, names) for names in known.values())
    )


def _among(name: str, names: tuple[str, ...]) -> bool:
    whole, beginnings = _patterns(names)
    return name in whole or name.startswith(beginnings)


@cache
def _patterns(names: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Names as they are, and what stands before the * of the others."""
    beginnings = tuple(name[:-1] for name in names if name.endswith("*"))
    return frozenset(name for name in names if not name.endswith("*")), beginnings


def _known(since: object, version: tuple[int, int]) -> bool:
    return isinstance(since, list) and tuple(since) <= version
