"""Whose certificate a service shows under a name, and whether this machine trusts it."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable

from schouw import text
from schouw.model.attempt import Attempt, absent, not_checked, seen
from schouw.model.tls import Certificate, CertificateOffer
from schouw.probe.reach import Unreached, Unspoken, Way
from schouw.probe.tls.certificates import Unreadable, read
from schouw.probe.tls.session import Session, handshake
from schouw.probe.tls.trust import trusted

Then = Callable[[Session], Awaitable[None]]
"""What else is to be done with a whole session, once one is there."""


async def certified(way: Way, clear: list[list[bytes]], then: Then | None = None) -> list[Attempt[CertificateOffer]]:
    """One offer for each kind of key; `clear` are the chains that were shown without a handshake.

    No connection where those are enough: up to TLS 1.2 a server shows its chain before there is any key. One where there
    is none of them, or something is to be done with a session.
    """
    chains, reason = list(clear), ""
    if then is not None or not clear:
        try:
            chain, reason = await _whole(way, then)
        except Unspoken as unspoken:
            return [absent(str(unspoken))]
        except Unreached as unreached:
            chain, reason = [], str(unreached)
        chains += [chain] if chain else []
    kinds: dict[str, Attempt[CertificateOffer]] = {}
    for chain in chains:
        kind, offer = _offer(chain)
        kinds.setdefault(kind, offer)
    return list(kinds.values()) or [not_checked(reason or "it showed no certificate")]


async def _whole(way: Way, then: Then | None) -> tuple[list[bytes], str]:
    """The chain of a whole handshake, and why it is not to be had."""
    async with way.before_tls() as stream:
        try:
            session = await handshake(stream, way.endpoint.name)
        except ssl.SSLError as error:
            why = text.line((error.reason or str(error)).replace("_", " ").lower(), 100)
            return [], f"{ssl.OPENSSL_VERSION.split(' ')[0]} {ssl.OPENSSL_VERSION.split(' ')[1]} here cannot speak with it: {why}"
        except TimeoutError:
            return [], "it did not finish a whole handshake in time"
        except OSError:
            return [], "it reset the connection in a whole handshake"
        if then is not None:
            await then(session)
        return session.chain, ""


def _offer(chain: list[bytes]) -> tuple[str, Attempt[CertificateOffer]]:
    """With the kind of its key."""
    certificates: list[Certificate] = []
    lacking = ""
    for der in chain:
        try:
            certificates.append(read(der))
        except Unreadable as error:
            if not certificates:
                return "", not_checked(f"it shows {error}")
            lacking = f"its chain has {error} in it"
            break
    verdict, why_not = trusted(chain)
    return certificates[0].key, seen(CertificateOffer(tuple(certificates), verdict, why_not), lacking)
