"""How good is good enough: a guideline for TLS as levels of names and numbers, and the one question asked of it.

Every entry of a guideline is a name (IANA's, where it has one), a name with ``*`` in it, or a bound such as
``RSA >=3072`` or ``<=366``. What no entry fits is insufficient; of what a guideline does not speak it asks nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase

from schouw.model.protocol import ServiceClass

_BOUND = re.compile(r"(?:(\S+) )?([<>])=(\d{1,12})")


class Level(StrEnum):
    """Best first; the words are those of NCSC-NL."""

    GOOD = "good"
    SUFFICIENT = "sufficient"
    PHASE_OUT = "phase_out"
    INSUFFICIENT = "insufficient"

    @property
    def rank(self) -> int:
        """0 for good to 3 for insufficient."""
        return _RANK[self]

    @property
    def accepted(self) -> bool:
        return self in (Level.GOOD, Level.SUFFICIENT)


_RANK = {level: rank for rank, level in enumerate(Level)}


class Kind(StrEnum):
    """What is judged, and how its values are written."""

    PROTOCOL = "protocol"
    """``TLSv1.2``"""
    SUITE = "suite"
    """``TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256``"""
    GROUP = "group"
    """``x25519``; ``DH 2048`` for a finite field of the server's own."""
    CERTIFICATE_KEY = "certificate_key"
    """``RSA 2048``, ``EC secp256r1``, ``Ed25519``"""
    CERTIFICATE_SIGNATURE = "certificate_signature"
    """Its hash: ``sha256``."""
    HANDSHAKE_SIGNATURE = "handshake_signature"
    """Its hash, of the key exchange up to TLS 1.2: ``sha256``."""
    HSTS = "hsts"
    """Seconds of ``max-age``."""
    CERTIFICATE_DAYS = "certificate_days"
    """From its first day to its last."""


@dataclass(frozen=True, slots=True)
class Bar:
    """The entries of one kind. Between two entries that fit, the better level counts."""

    good: tuple[str, ...] = ()
    sufficient: tuple[str, ...] = ()
    phase_out: tuple[str, ...] = ()
    until: date | None = None
    """The last day on which what is to be phased out may still be there."""


@dataclass(frozen=True, slots=True)
class Laxer:
    """What is put up with between mail servers, where the other choice is no encryption at all."""

    reason: str
    bars: dict[Kind, Bar]


@dataclass(frozen=True, slots=True)
class Profile:
    name: str
    """What a fleet file calls it."""
    title: str
    """What people call it: "NCSC-NL 2025-05"."""
    version: str
    source: str
    bars: dict[Kind, Bar] = field(default_factory=dict)
    mx: Laxer | None = None

    def toward(self, service: ServiceClass) -> Profile:
        """The profile as it holds for services of a class."""
        if self.mx is None or service is not ServiceClass.MX:
            return self
        return replace(self, bars={kind: _both(bar, self.mx.bars.get(kind)) for kind, bar in self.bars.items()})


def level(profile: Profile, kind: Kind, value: str) -> Level:
    bar = profile.bars.get(kind)
    if bar is None:
        return Level.SUFFICIENT
    for one, entries in ((Level.GOOD, bar.good), (Level.SUFFICIENT, bar.sufficient), (Level.PHASE_OUT, bar.phase_out)):
        if value in entries or any(_fits(entry, value) for entry in entries):
            return one
    return Level.INSUFFICIENT


def accepted(profile: Profile, kind: Kind) -> tuple[str, ...]:
    """The entries of a kind that are good or sufficient, the best first."""
    bar = profile.bars.get(kind, Bar())
    return (*bar.good, *bar.sufficient)


def _fits(entry: str, value: str) -> bool:
    bound = _BOUND.fullmatch(entry)
    if bound is None:
        return "*" in entry and fnmatchcase(value, entry)
    name, sign, limit = bound.groups()
    word, _, number = value.rpartition(" ")
    if word != (name or "") or not number.isdecimal():
        return False
    return int(number) >= int(limit) if sign == ">" else int(number) <= int(limit)


def _both(bar: Bar, laxer: Bar | None) -> Bar:
    if laxer is None:
        return bar
    return Bar(
        good=bar.good + laxer.good,
        sufficient=bar.sufficient + laxer.sufficient,
        phase_out=bar.phase_out + laxer.phase_out,
        until=laxer.until or bar.until,
    )
