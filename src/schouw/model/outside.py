"""What was seen of one host from outside: one `Attempt` a probe (see `schouw.probe`), in clean text, without judgement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from schouw.model.attempt import Attempt
from schouw.model.deep import DeepLook
from schouw.model.tls import CertificateOffer, HttpOffer, Looked, PlainOffer, TlsOffer


class PortState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    FILTERED = "filtered"


@dataclass(frozen=True, slots=True)
class OutsidePort:
    """What a TCP connect from here met."""

    address: str
    port: int
    state: PortState
    greeting: str = ""
    """First line that the service sent by itself, clean and cut to 200 characters."""


@dataclass(frozen=True, slots=True)
class SshOffer:
    """What an SSH server offers before login (RFC 4253, section 7.1)."""

    address: str
    port: int
    software: str
    kex: tuple[str, ...]
    host_keys: tuple[str, ...]
    ciphers: tuple[str, ...]
    macs: tuple[str, ...]
    compression: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unrouted:
    """An address of the host that this machine can send nothing to: it was not looked at."""

    address: str
    open_before: tuple[int, ...] = ()
    """TCP ports that were open there when it was last looked at: nothing says that they have been shut since."""


@dataclass(frozen=True, slots=True)
class Outside:
    """The outside view."""

    addresses: tuple[str, ...]
    """The addresses looked at."""
    scope: Literal["guided", "top", "all"]
    """Which ports: what listens inside, is expected or risky; the 1,000 most common; all 65,535."""
    ports: Attempt[tuple[OutsidePort, ...]]
    """Every port that was tried; for scope "all" closed and filtered ones only where they belong to the guided set.
    The reason tells what `addresses` lack; what could not be looked at for want of a route is in `unrouted`."""
    ssh: tuple[Attempt[SshOffer], ...] = ()
    tls: tuple[Looked[TlsOffer], ...] = ()
    certificates: tuple[Looked[CertificateOffer], ...] = ()
    plain: tuple[Looked[PlainOffer], ...] = ()
    http: tuple[Looked[HttpOffer], ...] = ()
    deep: tuple[Looked[DeepLook], ...] = ()
    """The last deep look at each endpoint, kept with its own moment until there is another."""
    unrouted: tuple[Unrouted, ...] = ()
    blocked: str = ""
    """Why we think that the host is refusing us, "" where it is not."""
    at: datetime | None = None
    """When its ports were looked at, by our own clock; earlier than the look where that asked for less."""
