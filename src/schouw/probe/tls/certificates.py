"""Certificates as plain values, from the bytes that a server sent. All that a certificate says is its maker's text."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from schouw import text
from schouw.model.tls import Certificate

LARGEST = 64 << 10
"""Bytes of one certificate."""
NAMES = 500
"""That are kept of one certificate."""


class Unreadable(ValueError):
    """It is no certificate; the text says how."""


@lru_cache(256)
def read(der: bytes) -> Certificate:
    """`Unreadable` for anything that is not X.509 (RFC 5280)."""
    if len(der) > LARGEST:
        raise Unreadable(f"a certificate of {len(der) >> 10} KiB")
    try:
        return _read(x509.load_der_x509_certificate(der))
    except (ValueError, TypeError, UnsupportedAlgorithm, OverflowError) as error:
        raise Unreadable(f"a certificate that cannot be read ({text.line(str(error), 100)})") from error


def _read(certificate: x509.Certificate) -> Certificate:
    key, bits, curve = _key(certificate)
    return Certificate(
        subject=_name(certificate.subject),
        issuer=_name(certificate.issuer),
        names=_names(certificate),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key=key,
        bits=bits,
        curve=curve,
        signature=_signature(certificate),
        serial=f"{certificate.serial_number:x}",
        fingerprint=certificate.fingerprint(SHA256()).hex(),
        authority=_authority(certificate),
        self_issued=certificate.issuer == certificate.subject,
    )


def _key(certificate: x509.Certificate) -> tuple[str, int, str]:
    """Kind, size and curve."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):  # a key that this machine's library is too old or too strict for
        return certificate.public_key_algorithm_oid.dotted_string, 0, ""
    match key:
        case rsa.RSAPublicKey():
            return "RSA", key.key_size, ""
        case ec.EllipticCurvePublicKey():
            return "EC", key.key_size, key.curve.name
        case ed25519.Ed25519PublicKey():
            return "Ed25519", 256, ""
        case ed448.Ed448PublicKey():
            return "Ed448", 456, ""
        case dsa.DSAPublicKey():
            return "DSA", key.key_size, ""
        case _:
            return type(key).__name__.removesuffix("PublicKey"), 0, ""


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return ()
    kinds = (x509.DNSName, x509.IPAddress)
    return tuple(text.line(str(one.value), 253) for one in found if isinstance(one, kinds))[:NAMES]


def _authority(certificate: x509.Certificate) -> bool:
    with suppress(x509.ExtensionNotFound, ValueError, x509.DuplicateExtension):
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    return False


def _signature(certificate: x509.Certificate) -> str:
    try:
        hashed = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return certificate.signature_algorithm_oid.dotted_string
    return hashed.name if hashed is not None else ""


def _name(name: x509.Name) -> str:
    return text.line(name.rfc4514_string(), 300)
