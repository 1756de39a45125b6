"""What only a deep look tells of an endpoint: sslyze's answers to what our own prober does not ask (see `schouw.probe.deep`).

Each question is an `Attempt` of its own. Not among them are suites and groups: sslyze makes some 530 connections for
them and does not know the post-quantum groups; our own full look (`TlsOffer`) needs a tenth and does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from schouw.model.attempt import Attempt


class Oracle(StrEnum):
    """Whether answers to badly padded RSA messages differ (ROBOT)."""

    NONE = "none"
    """They do not, or static RSA is not offered at all."""
    WEAK = "weak"
    """They do, but an attack would take too long."""
    STRONG = "strong"


@dataclass(frozen=True, slots=True)
class Renegotiation:
    """Of TLS 1.2 and older."""

    secure: bool
    """RFC 5746."""
    by_client: int
    """How often in a row a client may ask for it; the tenth is the last that we try."""


@dataclass(frozen=True, slots=True)
class Resumption:
    """Of TLS 1.2 and older: how many sessions of those tried could be resumed."""

    tried: int
    by_id: int
    by_ticket: int


@dataclass(frozen=True, slots=True)
class Trust:
    """What one store of root certificates says of a chain; names and dates are judged apart."""

    store: str
    """"Mozilla", "Apple", "Windows", "Android", "Java"."""
    trusted: bool
    why_not: str = ""
    """The verifier's own words."""


@dataclass(frozen=True, slots=True)
class Staple:
    """The OCSP response that the server sent along (RFC 6066, section 8)."""

    status: Literal["good", "revoked", "unknown", "failed"]
    """failed: the responder gave an error in place of a status."""
    trusted: bool | None = None
    """Whether it is signed by whom it should be; None where no store trusts the chain."""
    this_update: datetime | None = None
    next_update: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """One certificate with what was sent along: a server may have an RSA and an ECDSA one."""

    fingerprint: str
    """SHA-256 of the server's own certificate, in lower-case hex."""
    subject: str
    length: int
    """Certificates sent."""
    ordered: bool | None
    """Each is followed by its issuer; None where one of them could not be read."""
    trust: Attempt[tuple[Trust, ...]]
    staple: Attempt[Staple]
    must_staple: bool = False
    """The certificate itself asks for a staple (RFC 7633): browsers refuse it without."""


@dataclass(frozen=True, slots=True)
class DeepLook:
    """A field that is an `Attempt` is a question; its name is the question's in the runner too."""

    chains: Attempt[tuple[Chain, ...]]
    heartbleed: Attempt[bool]
    """CVE-2014-0160. Where TLS 1.3 is spoken sslyze does not ask: no OpenSSL had both."""
    ccs_injection: Attempt[bool]
    """CVE-2014-0224; the same holds."""
    early_data: Attempt[bool]
    compression: Attempt[bool]
    renegotiation: Attempt[Renegotiation]
    fallback_scsv: Attempt[bool]
    """Whether a client that was pushed to an older version is refused (RFC 7507); also where there is none to be pushed to."""
    extended_master_secret: Attempt[bool]
    robot: Attempt[Oracle]
    resumption: Attempt[Resumption]
    connections: int
    """How many the look cost."""
    tool: str
    """Such as "sslyze 6.3.1"."""
