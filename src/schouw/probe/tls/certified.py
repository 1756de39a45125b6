"""Whose certificate a service shows under a name, and whether this machine trusts it."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from schouw import text
from schouw.model.attempt import Attempt, absent, not_checked, seen
from schouw.model.tls import Certificate, CertificateOffer
from schouw.probe.reach import Unreached, Unspoken, Way
from schouw.probe.tls.certificates import Unreadable, read, signed_by
from schouw.probe.tls.session import KeyKind, Session, handshake, lenient, trusting

Then = Callable[[Session], Awaitable[None]]
"""What else is to be done with a whole session, once one is there."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """What one handshake told."""

    chain: list[bytes]
    trusted: Attempt[bool]
    why_not: str = ""


async def certified(way: Way, clear: list[list[bytes]], then: Then | None = None) -> list[Attempt[CertificateOffer]]:
    """One offer for each certificate that is known of; `clear` are the chains that were shown without a handshake.

    One connection for each that has an issuer of its own, and one more where this machine does not trust it and something
    is yet to be seen.
    """
    kinds = [_kind(chain) for chain in clear]
    if len(set(kinds)) < 2:
        kinds, clear = [KeyKind.ANY], clear[:1]
    offers: list[Attempt[CertificateOffer]] = []
    for at, kind in enumerate(kinds):
        known = clear[at] if at < len(clear) else []
        if offers and (same := _like(offers[0], known)) is not None:
            offers.append(_offer(same))
            continue
        try:
            shown = await _shown(way, kind, known, then if at == 0 else None)
        except Unspoken as reason:
            return [absent(str(reason))]
        except Unreached as reason:
            shown = _Shown(known, not_checked(str(reason)))
        offers.append(_offer(shown))
    return offers


async def _shown(way: Way, kind: KeyKind, known: list[bytes], then: Then | None) -> _Shown:
    context = trusting(kind)
    if context is None:
        chain, reason = await _look(way, lenient(kind), then)
        return _Shown(chain or known, not_checked(reason or "this machine has no store of authorities to trust"))
    try:
        chain, reason = await _look(way, context, then)
    except ssl.SSLCertVerificationError as error:
        # Its chain is lost with the handshake.
        chain = known
        if then is not None or not known:
            chain = (await _look(way, lenient(kind), then))[0] or known
        return _Shown(chain, seen(False), text.line(error.verify_message, 200))
    return _Shown(chain or known, not_checked(reason) if reason else seen(True))


async def _look(way: Way, context: ssl.SSLContext, then: Then | None) -> tuple[list[bytes], str]:
    """The chain, and why it is not to be had; only a chain that `context` does not trust is raised."""
    async with way.before_tls() as stream:
        try:
            session = await handshake(stream, context, way.endpoint.name)
        except ssl.SSLCertVerificationError:
            raise
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


def _like(first: Attempt[CertificateOffer], chain: list[bytes]) -> _Shown | None:
    """A second certificate that the same authority signed is trusted where the first one is."""
    if first.result is None or not first.result.trusted.result or len(chain) < 2:
        return None
    issuer = first.result.chain[1].fingerprint if len(first.result.chain) > 1 else ""
    return _Shown(chain, seen(True)) if signed_by(chain[0], chain[1], issuer) else None


def _offer(shown: _Shown) -> Attempt[CertificateOffer]:
    if not shown.chain:
        return not_checked(shown.trusted.reason or "it showed no certificate")
    chain: list[Certificate] = []
    for der in shown.chain:
        try:
            chain.append(read(der))
        except Unreadable as error:
            if not chain:
                return not_checked(f"it shows {error}")
            return seen(CertificateOffer(tuple(chain), shown.trusted, shown.why_not), f"its chain has {error} in it")
    return seen(CertificateOffer(tuple(chain), shown.trusted, shown.why_not))


def _kind(chain: list[bytes]) -> KeyKind:
    try:
        key = read(chain[0]).key
    except Unreadable:
        return KeyKind.ANY
    return {"RSA": KeyKind.RSA, "EC": KeyKind.ECDSA}.get(key, KeyKind.ANY)
