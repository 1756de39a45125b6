"""A profile as people write it: a TOML file with a table for each kind of thing that is judged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from schouw.model.profile import Bar, Kind, Laxer, Profile

_HASH = r"md5|sha1|sha224|sha256|sha384|sha512"

#: What an entry looks like, and an example. Names are IANA's: those of programs ("prime256v1") would fit nothing.
_ENTRIES = {
    Kind.PROTOCOL: (r"SSLv[23]|TLSv1\.[0-3]", "TLSv1.2"),
    Kind.SUITE: (r"TLS_[A-Za-z0-9_*]+", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
    Kind.GROUP: (r"x25519|x448|(secp|ffdhe|brainpoolP)[0-9rkt*]+|[A-Za-z0-9]+MLKEM[0-9]+|DH >=[0-9]{1,5}", "secp256r1"),
    Kind.CERTIFICATE_KEY: (r"(RSA|DSA) >=[0-9]{1,5}|EC ((secp|brainpoolP)[0-9rkt*]+|\*)|Ed25519|Ed448", "RSA >=3072"),
    Kind.CERTIFICATE_SIGNATURE: (_HASH, "sha256"),
    Kind.HANDSHAKE_SIGNATURE: (_HASH, "sha256"),
    Kind.HSTS: (r">=[0-9]{1,10}", ">=31536000"),
    Kind.CERTIFICATE_DAYS: (r"<=[0-9]{1,5}", "<=90"),
}

Entries = Annotated[list[str], Meta(description="a list of texts")]
Levels = ("good", "sufficient", "phase_out")


class BarTable(Struct, forbid_unknown_fields=True, frozen=True):
    good: Entries = []
    sufficient: Entries = []
    phase_out: Entries = []
    until: Annotated[date | None, Meta(description="a date such as 2027-01-01: the last day for what is to be phased out")] = None


Table = Annotated[
    BarTable | UnsetType, Meta(description="a table with lists good, sufficient and phase_out; what is in none is insufficient")
]


class Bars(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """One table a kind. A kind that is left out is judged as by `base`, or not at all."""

    protocol: Table = UNSET
    suite: Table = UNSET
    group: Table = UNSET
    certificate_key: Table = UNSET
    certificate_signature: Table = UNSET
    handshake_signature: Table = UNSET
    hsts: Table = UNSET
    certificate_days: Table = UNSET


class ProfileFile(Bars, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A field's description is, in an error, what was expected: so each begins with what belongs there."""

    title: Annotated[str, Meta(max_length=80, description="a text of at most 80 characters: what people call it")] = ""
    version: Annotated[str, Meta(max_length=40, description="a text: the version of the guideline")] = ""
    source: Annotated[str, Meta(max_length=300, description="a text: where the guideline is published")] = ""
    base: Annotated[
        str, Meta(description='the name of a profile that comes with schouw, such as "ncsc-nl": for kinds left out here')
    ] = ""
    laxer_on_port_25: Annotated[
        bool, Meta(description="true, or false to hold mail between servers to the same bar as everything else")
    ] = True


class LaxerFile(Bars, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """port_25.toml"""

    reason: str
    source: str


def mistakes(file: Bars) -> Iterator[tuple[tuple[str, str, int], str]]:
    """(steps to it, what was expected) for each entry that can fit nothing."""
    for kind, table in _tables(file):
        pattern, example = _ENTRIES[kind]
        for level in Levels:
            for index, entry in enumerate(getattr(table, level)):
                if not re.fullmatch(pattern, entry):
                    yield (kind.value, level, index), f'expected one such as "{example}"'


def bars(file: Bars) -> dict[Kind, Bar]:
    return {
        kind: Bar(tuple(table.good), tuple(table.sufficient), tuple(table.phase_out), table.until)
        for kind, table in _tables(file)
    }


def profile(name: str, file: ProfileFile, base: Profile | None, laxer: Laxer) -> Profile:
    """The profile that `file` describes, with what it leaves out from `base`."""
    return Profile(
        name=name,
        title=file.title or name,
        version=file.version,
        source=file.source,
        bars=(base.bars if base else {}) | bars(file),
        mx=laxer if file.laxer_on_port_25 else None,
    )


def _tables(file: Bars) -> Iterator[tuple[Kind, BarTable]]:
    for kind in Kind:
        table = getattr(file, kind.value)
        if isinstance(table, BarTable):
            yield kind, table
