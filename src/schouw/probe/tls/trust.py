"""Whether this machine trusts a chain of certificates, asked of its own OpenSSL without a connection.

A client checks the chain as soon as it has read it (RFC 5246, section 7.4.2), so a ServerHello and that chain are all it
has to be told. Whether the server has the key belongs to the rest of the handshake; one that lacks it serves nobody.
"""

from __future__ import annotations

import ssl
from functools import lru_cache
from pathlib import Path

from schouw import text
from schouw.model.attempt import Attempt, not_checked, seen
from schouw.probe.tls.session import lenient

#: OpenSSL's X509_V_FLAG_NO_CHECK_TIME: dates are judged from the certificate itself.
_NO_TIME = 0x200000
#: TLS 1.2, ECDHE with RSA; of another kind of key OpenSSL says so when it has found the chain to be good.
_SERVER_HELLO = b"\2\0\0\x26" + b"\3\3" + bytes(32) + b"\0" + b"\xc0\x2f" + b"\0"
_OTHER_KEY = "WRONG_CERTIFICATE_TYPE"
_RECORD = 1 << 14


def trusted(chain: list[bytes]) -> tuple[Attempt[bool], str]:
    """Of a chain in DER, the server's own first: the verdict, and what speaks against it. Neither names nor dates count."""
    places = ssl.get_default_verify_paths()
    place = places.cafile or places.capath
    if place is None:
        return not_checked("this machine has no store of authorities to trust"), ""
    return _verdict(place, Path(place).stat().st_mtime_ns, tuple(chain))


@lru_cache(256)
def _verdict(place: str, changed_at: int, chain: tuple[bytes, ...]) -> tuple[Attempt[bool], str]:
    """Nine ports show one chain, every cycle: with the same store it gets the same verdict."""
    incoming = ssl.MemoryBIO()
    client = _trusting(place, changed_at).wrap_bio(incoming, ssl.MemoryBIO())
    certificates = b"".join(map(_sized, chain))
    said = _SERVER_HELLO + b"\x0b" + _sized(_sized(certificates))
    for at in range(0, len(said), _RECORD):
        part = said[at : at + _RECORD]
        incoming.write(b"\x16\3\3" + len(part).to_bytes(2) + part)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    except ssl.SSLCertVerificationError as error:
        return seen(False), text.line(error.verify_message, 200)
    except ssl.SSLError as error:
        if error.reason != _OTHER_KEY:
            why = text.line((error.reason or str(error)).replace("_", " ").lower(), 100)
            return not_checked(f"OpenSSL here cannot read its chain: {why}"), ""
    return seen(True), ""


@lru_cache(2)
def _trusting(place: str, changed_at: int) -> ssl.SSLContext:
    """Reading a store takes some 30 ms, so it is read again only when it was changed."""
    del place, changed_at
    context = lenient()
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VerifyFlags(_NO_TIME)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs()
    return context


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(3) + data
