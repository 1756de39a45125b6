"""The order of Debian and RPM versions, as bytes: what sorts first by memcmp is the older version.

By hand, and not a library's: a database needs a key that it can compare itself, and the libraries compare pairs
(the fastest of them a tenth as fast as two stored keys). The rules are dpkg's (deb-version(7)) and rpm's
(rpm-version(7), ``^`` included); tests hold both against dpkg and rpm themselves.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

Kind = Literal["deb", "rpm"]
Operator = Literal["lt", "le", "eq", "ne", "ge", "gt"]

#: Longer ones are nobody's version, and a number's length has to fit one byte.
LONGEST = 250

# A run of text and the number after it make a pair: text, the end of the text, the number's length, its digits. dpkg
# sorts "~" before the end of the text, then come letters, then everything else. Digits only stand for themselves.
_END = b"\x02"
_DEB_ORDER = bytes(
    1 if chr(code) == "~" else code if chr(code).isascii() and chr(code).isalnum() else 128 + (code & 127) for code in range(256)
)
_NUMBERS = re.compile(rb"([0-9]+)")
_LENGTHS = [bytes((length,)) for length in range(256)]
_PAIRS = [_END + length for length in _LENGTHS]

# rpm reads tokens: "~" before the end of the version, then "^", then letters, then numbers. Other signs only separate.
_RPM_TOKENS = re.compile(rb"[0-9]+|[A-Za-z]+|~|\^")
_RPM_EPOCH = re.compile(r"([0-9]*):(.*)", re.DOTALL)


@lru_cache(maxsize=1 << 16)
def deb_key(version: str) -> bytes:
    """Sort key of ``[epoch:]upstream[-revision]``. `ValueError` for what cannot be a Debian version."""
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, ""
    plain = version.isascii() and version.isprintable() and " " not in version
    if not plain or not epoch.isdigit() or not upstream or len(version) > LONGEST:
        raise ValueError(f"{version[:80]!r} is not a Debian version")
    return _number(epoch.encode()) + _deb_part(upstream) + _deb_part(revision)


@lru_cache(maxsize=1 << 14)
def _deb_part(text: str) -> bytes:
    parts = _NUMBERS.split(text.encode().translate(_DEB_ORDER))
    last = parts.pop()
    pairs: list[bytes] = []
    for position in range(0, len(parts), 2):
        digits = parts[position + 1].lstrip(b"0")
        pairs += (parts[position], _PAIRS[len(digits)], digits)
    # The first pair is always there, so that no revision equals "0" and yet sorts above "0~".
    if last or not pairs:
        pairs += (last, _PAIRS[0])
    return b"".join(pairs) + _END


@lru_cache(maxsize=1 << 16)
def rpm_key(evr: str) -> bytes:
    """Sort key of ``[epoch:]version[-release]``; no epoch is epoch 0 (RPM-1). `ValueError` for what cannot be one.

    As rpm has it, only digits before a colon are an epoch, and no release sorts below any release.
    """
    if not evr or len(evr) > LONGEST:
        raise ValueError(f"{evr[:80]!r} is not a version of rpm")
    found = _RPM_EPOCH.fullmatch(evr)
    epoch, rest = found.groups() if found else ("", evr.removeprefix("(none):"))
    version, dash, release = rest.rpartition("-")
    if not dash:
        return _number(epoch.encode()) + _rpm_part(rest) + b"\x00"
    return _number(epoch.encode()) + _rpm_part(version) + b"\x01" + _rpm_part(release)


def _rpm_part(text: str) -> bytes:
    return b"".join([_rpm_token(token) for token in _RPM_TOKENS.findall(text.encode("utf-8", "replace"))]) + _END


def _rpm_token(token: bytes) -> bytes:
    if token == b"~":
        return b"\x01"
    if token == b"^":
        return b"\x03"
    if token.isdigit():
        return b"\x05" + _number(token)
    return b"\x04" + token + b"\x00"


def _number(digits: bytes) -> bytes:
    digits = digits.lstrip(b"0")
    return _LENGTHS[len(digits)] + digits


def key(kind: Kind, version: str) -> bytes:
    return deb_key(version) if kind == "deb" else rpm_key(version)


def holds(kind: Kind, one: str, operator: Operator, other: str) -> bool:
    """Whether ``one operator other``, in dpkg's words. `ValueError` where either is no version."""
    left, right = key(kind, one), key(kind, other)
    match operator:
        case "lt":
            return left < right
        case "le":
            return left <= right
        case "eq":
            return left == right
        case "ne":
            return left != right
        case "ge":
            return left >= right
        case "gt":
            return left > right
