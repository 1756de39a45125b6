"""What the numbers in TLS messages are called, and which suites and groups are asked for together (`codepoints.toml`)."""

from __future__ import annotations

from enum import Enum
from functools import cache
from hashlib import sha256
from pathlib import Path

import tomli

from schouw.model.tls import TlsVersion


def _codes(table: dict[str, str]) -> dict[int, str]:
    return {int(code, 0): name for code, name in table.items()}


_DATA = tomli.loads(Path(__file__).with_name("codepoints.toml").read_text("utf-8"))

LISTS: dict[str, tuple[int, ...]] = {
    name: tuple(int(code, 0) for code in suites) for name, suites in _DATA["suites"].items()
}  # fmt: skip
"""Suites that are offered together, the worst first; the lists themselves too."""

_NAMES: dict[int, list[str]] = {int(code, 0): names for suites in _DATA["suites"].values() for code, names in suites.items()}
SUITES: dict[int, str] = {code: names[0] for code, names in _NAMES.items()}
OPENSSL: dict[str, str] = {names[0]: names[-1] for names in _NAMES.values()}
"""IANA's name of a suite → what configuration files of OpenSSL call it."""

GROUPS: dict[str, tuple[int, ...]] = {kind: tuple(_codes(table)) for kind, table in _DATA["groups"].items()}
GROUP_NAMES: dict[int, str] = {code: name for table in _DATA["groups"].values() for code, name in _codes(table).items()}
SIGNATURES: dict[int, str] = _codes(_DATA["signatures"])
ALERTS: dict[int, str] = _codes(_DATA["alerts"])
_PRIMES: dict[str, str] = _DATA["primes"]

VERSIONS: dict[TlsVersion, int] = {
    TlsVersion.SSL2: 0x0002,
    TlsVersion.SSL3: 0x0300,
    TlsVersion.TLS10: 0x0301,
    TlsVersion.TLS11: 0x0302,
    TlsVersion.TLS12: 0x0303,
    TlsVersion.TLS13: 0x0304,
}
BY_CODE: dict[int, TlsVersion] = {code: version for version, code in VERSIONS.items()}


class Exchange(Enum):
    """How the key is agreed on: what a ServerKeyExchange holds."""

    CURVE = "elliptic curve"
    FINITE = "finite field"
    NONE = "static, or a shared secret"


def exchange(suite: int) -> Exchange:
    name = SUITES.get(suite, "")
    if "PSK" in name or "SRP" in name:
        return Exchange.NONE
    if "_ECDHE_" in name or "_ECDH_anon_" in name:
        return Exchange.CURVE
    return Exchange.FINITE if "_DHE_" in name or "_DH_anon_" in name else Exchange.NONE


@cache
def usable(suite: int, version: TlsVersion) -> bool:
    """Whether the suite exists in that version: authenticated encryption and SHA-2 came with TLS 1.2 (RFC 5246, section 9)."""
    if suite in LISTS["tls13"]:
        return version is TlsVersion.TLS13
    if version is TlsVersion.TLS13:
        return False
    name = SUITES[suite]
    if version is TlsVersion.SSL3 and "_EC" in name:  # curves are negotiated by extensions, which it lacks
        return False
    return version is TlsVersion.TLS12 or name.endswith(("_SHA", "_MD5"))


def suite_name(code: int) -> str:
    return SUITES.get(code, f"0x{code:04X}")


def group_name(code: int) -> str:
    return GROUP_NAMES.get(code, f"0x{code:04X}")


def prime_name(prime: bytes) -> str:
    """ "ffdhe3072", "modp2048" for a prime that everybody knows, "" for one of the server's own."""
    return _PRIMES.get(sha256(prime.lstrip(b"\0")).hexdigest(), "")
