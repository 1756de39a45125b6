"""What a network service shows of its encryption: TLS, certificates, and what it offers before TLS.

Each part is an `Attempt` of its own: "certificate known, suites inconclusive: the server closed after 5 connections".
A "no" (`Attempt(False)`) and a "don't know" (`not_checked`) are different everywhere. Names of suites and groups are
IANA's. Every string is clean text (see `schouw.text`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Literal, TypeVar

from schouw.model.attempt import Attempt, absent
from schouw.model.protocol import Protocol

T = TypeVar("T")

NOT_ASKED: Attempt[Any] = absent("not asked of this service")


class TlsVersion(StrEnum):
    """Oldest first."""

    SSL2 = "SSLv2"
    SSL3 = "SSLv3"
    TLS10 = "TLSv1.0"
    TLS11 = "TLSv1.1"
    TLS12 = "TLSv1.2"
    TLS13 = "TLSv1.3"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A port of an address, asked for under a name: `name` is what SNI carries, "" for none."""

    address: str
    port: int
    protocol: Protocol
    name: str = ""

    def __str__(self) -> str:
        return f"{self.port}/tcp {self.name}" if self.name else f"{self.port}/tcp"


@dataclass(frozen=True, slots=True)
class Looked(Generic[T]):
    """What was looked at, beside what came of it: an attempt without a result still says where. `at` is our clock, UTC."""

    endpoint: Endpoint
    at: datetime
    attempt: Attempt[T]


@dataclass(frozen=True, slots=True)
class Accepted:
    """One cipher suite that the server chose when it was offered."""

    version: TlsVersion
    suite: str
    group: str = ""
    """Of the key exchange that it was accepted with, "" where there is none (static RSA) or it was not seen.

    A finite-field exchange up to TLS 1.2 names none: "ffdhe2048" or "modp1024" (RFC 3526, 2409) where its prime is one
    of those that everybody knows, "" where it is the server's own.
    """
    dh_bits: int = 0
    """Size of the prime of a finite-field exchange up to TLS 1.2."""
    signature: str = ""
    """Of the key exchange, TLS 1.2 only, such as ``rsa_pkcs1_sha256``."""


@dataclass(frozen=True, slots=True)
class TlsOffer:
    """What a listener agrees to. Suites belong to the listener, so it is looked at under one name."""

    depth: Literal["light", "full"]
    """light: one suite for each list that was offered; full: every suite and group."""
    versions: dict[TlsVersion, Attempt[bool]]
    accepted: Attempt[tuple[Accepted, ...]]
    groups: Attempt[tuple[str, ...]]
    """Of the key exchanges that the server was seen to take, its favourite first."""
    connections: int
    """How many the look cost."""
    compression: bool | None = None
    """Whether it would compress (CRIME). This and the two below: None where nothing up to TLS 1.2 was taken."""
    secure_renegotiation: bool | None = None
    extended_master_secret: bool | None = None

    @property
    def spoken(self) -> bool:
        """Whether it was seen to speak TLS at all."""
        return any(version.result for version in self.versions.values())


@dataclass(frozen=True, slots=True)
class Certificate:
    subject: str
    issuer: str
    names: tuple[str, ...]
    """DNS names and IP addresses that it is for."""
    not_before: datetime
    not_after: datetime
    key: str
    """"RSA", "EC", "Ed25519", "Ed448", "DSA"."""
    bits: int
    curve: str = ""
    signature: str = ""
    """Hash of its issuer's signature: "sha256", "sha1"; "" for those without one (Ed25519)."""
    serial: str = ""
    fingerprint: str = ""
    """SHA-256 of the whole certificate, in lower-case hex."""
    authority: bool = False
    self_issued: bool = False


@dataclass(frozen=True, slots=True)
class CertificateOffer:
    """What was shown under the endpoint's name."""

    chain: tuple[Certificate, ...]
    """As sent, the server's own first; long chains are cut. A server with an RSA and an ECDSA certificate has two offers."""
    trusted: Attempt[bool]
    """Whether this machine's store trusts it; dates and names are judged apart."""
    why_not: str = ""
    """The verifier's own words where it does not."""


@dataclass(frozen=True, slots=True)
class PlainOffer:
    """What a service says before there is any TLS. No password is ever sent to find out."""

    greeting: str
    capabilities: tuple[str, ...]
    tls: Attempt[bool]
    """Whether it offers to begin TLS (FTP: whether AUTH TLS was taken)."""
    login: Attempt[bool]
    """Whether it takes a password before TLS."""
    mechanisms: tuple[str, ...] = ()
    anonymous: Attempt[bool] = NOT_ASKED
    """FTP: whether anybody may log in; not checked where only a password would tell."""
    relay: Attempt[bool] = NOT_ASKED
    """SMTP: whether it would pass on mail of strangers for strangers when we ask; it may trust our address."""
    relay_at: datetime | None = None
    """When that was asked: seldom, for refusals count towards bans."""


@dataclass(frozen=True, slots=True)
class HttpOffer:
    """One answer to ``GET /`` under the endpoint's name."""

    status: int
    location: str = ""
    hsts: int | None = None
    """``max-age`` of Strict-Transport-Security in seconds; None without the header."""
    server: str = ""
