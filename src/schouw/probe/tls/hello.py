"""The first message of a TLS handshake (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2), of which all else follows.

No key is ever made. Up to TLS 1.2 the server answers with all that we want to know in the clear. For TLS 1.3 the list of
key shares is empty: the server then has to ask for one by naming the group (HelloRetryRequest), and so shows groups that
this machine could not even compute.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from schouw.model.tls import TlsVersion
from schouw.probe.tls.codepoints import GROUPS, SIGNATURES, VERSIONS

MOST_SUITES, ALL_SUITES = 64, 128
"""More in one hello, and some servers drop it; so many at once are offered only while all else gets a clear answer."""

_SERVER_NAME, _GROUPS, _POINTS, _SIGNATURES, _PADDING = 0, 10, 11, 13, 21
EXTENDED_MASTER_SECRET, SUPPORTED_VERSIONS, KEY_SHARE, RENEGOTIATION = 23, 43, 51, 0xFF01
_SCSV = 0x00FF

ALL_GROUPS = GROUPS["hybrid"] + GROUPS["curve"] + GROUPS["finite"]
#: No finite fields below TLS 1.3: a server that knows RFC 7919 would then have to use one of these, and never shows its own.
CURVES = GROUPS["curve"] + GROUPS["old"]


@dataclass(frozen=True, slots=True)
class Hello:
    """What a ClientHello offers. `version` is the newest that it takes; TLS 1.3 is offered alone."""

    version: TlsVersion
    suites: tuple[int, ...]
    groups: tuple[int, ...] = ()
    """Empty: all that the version has."""
    signatures: tuple[int, ...] = tuple(SIGNATURES)
    """The worst first."""
    name: str = ""
    """What SNI carries; "" for none."""

    def to_bytes(self, random: bytes) -> bytes:
        """The record to send; `random` is 32 bytes."""
        newest = self.version is TlsVersion.TLS13
        suites = self.suites if self.version is not TlsVersion.SSL3 else (*self.suites, _SCSV)
        body = b"".join(
            (
                _number(min(VERSIONS[self.version], VERSIONS[TlsVersion.TLS12])),
                random,
                _sized(random if newest else b"", 1),  # RFC 8446, D.4: as if a session were resumed, for boxes on the way
                _sized(_numbers(suites), 2),
                _sized(b"\0" if newest else b"\1\0", 1),  # DEFLATE is taken by servers open to CRIME
            )
        )
        if self.version is not TlsVersion.SSL3:
            body += _sized(self._extensions(len(body)), 2)
        message = b"\x01" + _sized(body, 3)
        record = VERSIONS[TlsVersion.SSL3 if self.version is TlsVersion.SSL3 else TlsVersion.TLS10]
        return b"\x16" + _number(record) + _sized(message, 2)

    def _extensions(self, before: int) -> bytes:
        newest = self.version is TlsVersion.TLS13
        extensions = b""
        if self.name:
            extensions += _extension(_SERVER_NAME, _sized(b"\0" + _sized(self.name.encode("ascii"), 2), 2))
        groups = self.groups or (ALL_GROUPS if newest else CURVES)
        extensions += _extension(_GROUPS, _sized(_numbers(groups), 2))
        extensions += _extension(_POINTS, b"\x01\0")
        if newest or self.version is TlsVersion.TLS12:
            extensions += _extension(_SIGNATURES, _sized(_numbers(self.signatures), 2))
        if newest:
            extensions += _extension(SUPPORTED_VERSIONS, _sized(_number(VERSIONS[TlsVersion.TLS13]), 1))
            extensions += _extension(KEY_SHARE, _sized(b"", 2))
        else:
            extensions += _extension(EXTENDED_MASTER_SECRET, b"") + _extension(RENEGOTIATION, b"\0")
        # RFC 7685: load balancers hang on a hello of 256 to 511 bytes.
        size = 4 + before + 2 + len(extensions)
        if 0xFF < size < 0x200:
            extensions += _extension(_PADDING, bytes(max(0, 0x200 - size - 4)))
        return extensions


def _number(value: int) -> bytes:
    return value.to_bytes(2)


def _numbers(values: tuple[int, ...]) -> bytes:
    return struct.pack(f">{len(values)}H", *values)


def _sized(data: bytes, width: int) -> bytes:
    return len(data).to_bytes(width) + data


def _extension(code: int, data: bytes) -> bytes:
    return _number(code) + _sized(data, 2)
