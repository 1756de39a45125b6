"""The kinds of things that a service agrees on with its clients: where each is found in an offer, and what to call it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from schouw.checks.encryption.fixes import Thing
from schouw.checks.encryption.spelling import suite_faults
from schouw.model.attempt import Attempt
from schouw.model.profile import Kind
from schouw.model.tls import TlsOffer, TlsVersion

T = TypeVar("T")
Values = Sequence[str]

#: Fields that everybody knows, but not those of TLS (RFC 7919): no better than one of the server's own.
_OWN = "modp"


@dataclass(frozen=True, slots=True)
class Trait:
    kind: Kind
    thing: Thing
    values: Callable[[TlsOffer], Iterable[str]]
    lacking: Callable[[TlsOffer], str]
    """Why not all of them are known, "" where they are."""
    words: Callable[[Values], str]
    """Values in a title."""
    verb: str
    """How the evidence begins: "accepts TLSv1.0"."""


def conjoined(words: Values) -> str:
    """ "a", "a and b", "a, b and c"."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def version_words(versions: Values) -> str:
    """ "TLS 1.0 and 1.1", "SSL 3 and TLS 1.0"."""
    words: list[str] = []
    for version in TlsVersion:
        if version in versions:
            family, number = version[:3], version[3:].lstrip("v")
            words.append(number if words and family == "TLS" and "TLS" in " ".join(words) else f"{family} {number}")
    return conjoined(words)


def hash_of(signature: str) -> str:
    """ "sha256" of ``rsa_pkcs1_sha256``; "" for those without one (Ed25519)."""
    last = signature.rpartition("_")[2]
    return last if last.startswith(("sha", "md5")) else ""


def _unknown(attempt: Attempt[T]) -> str:
    return "" if attempt.absent else attempt.reason


def _versions_unknown(offer: TlsOffer) -> str:
    return "; ".join(dict.fromkeys(reason for one in offer.versions.values() if (reason := _unknown(one))))


def _accepted_unknown(offer: TlsOffer) -> str:
    return _unknown(offer.accepted)


def _suite_words(values: Values) -> str:
    faults = list(dict.fromkeys(next(iter(suite_faults(value)), "outside the profile") for value in values))
    return ", ".join(faults[:3]) + (" and more" if len(faults) > 3 else "")


def _bits(values: Values) -> str:
    return conjoined(sorted(value.removeprefix("DH ") for value in values))


PROTOCOL = Trait(
    Kind.PROTOCOL,
    Thing.PROTOCOL,
    lambda offer: (version.value for version, attempt in offer.versions.items() if attempt.result),
    _versions_unknown,
    version_words,
    "accepts",
)
SUITE = Trait(
    Kind.SUITE,
    Thing.SUITE,
    lambda offer: (one.suite for one in offer.accepted.result or ()),
    _accepted_unknown,
    _suite_words,
    "accepts",
)
GROUP = Trait(
    Kind.GROUP,
    Thing.GROUP,
    lambda offer: (
        group
        for group in (*(offer.groups.result or ()), *(one.group for one in offer.accepted.result or ()))
        if group and not group.startswith(_OWN)
    ),
    lambda offer: _unknown(offer.groups),
    conjoined,
    "agrees on",
)
DH = Trait(
    Kind.GROUP,
    Thing.DH,
    lambda offer: (
        f"DH {one.dh_bits}" for one in offer.accepted.result or () if one.dh_bits and not one.group.startswith("ffdhe")
    ),
    _accepted_unknown,
    _bits,
    "exchanges keys in",
)
SIGNATURE = Trait(
    Kind.HANDSHAKE_SIGNATURE,
    Thing.SIGNATURE,
    lambda offer: filter(None, (hash_of(one.signature) for one in offer.accepted.result or ())),
    _accepted_unknown,
    lambda values: conjoined([value.upper() for value in values]),
    "signs its key exchange with",
)
