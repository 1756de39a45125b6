"""Certificates of an authority that exists for one run of the lab: good ones, and one with each fault."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

DOMAIN = "example.net"
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

HOSTILE = "\x1b]0;pwn\x07\x1b[31m[@click=app.quit]\u202ex\n'\"<b>"
"""A subject that tries terminals, markup and line-based logs."""


@dataclass(frozen=True, slots=True)
class Authority:
    certificate: x509.Certificate
    key: Key


def make(folder: Path, hosts: tuple[str, ...]) -> None:
    """Write NAME.pem (its chain) and NAME.key for each, and ca.pem, the root that a client may trust.

    ``good-ec`` and ``good-rsa`` are for every host's HOST.example.net.
    """
    folder.mkdir(parents=True)
    now = datetime.now(UTC).replace(microsecond=0)
    root_key, issuing_key = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP256R1())
    root = _issue("Lab Root CA", root_key, None, (), now - timedelta(days=400), 3650, authority=True)
    above = Authority(root, root_key)
    issued = _issue("Lab Issuing CA", issuing_key, above, (), now - timedelta(days=300), 1800, authority=True)
    issuing = Authority(issued, issuing_key)
    (folder / "ca.pem").write_bytes(_pem(root))

    curve = ec.generate_private_key(ec.SECP256R1())
    long, usual = rsa.generate_private_key(65537, 3072), rsa.generate_private_key(65537, 2048)
    short = rsa.generate_private_key(65537, 1024)
    names = tuple(f"{host}.{DOMAIN}" for host in hosts)
    lately = now - timedelta(days=10)

    def write(name: str, key: Key, chain: tuple[x509.Certificate, ...]) -> None:
        (folder / f"{name}.pem").write_bytes(b"".join(map(_pem, chain)))
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        (folder / f"{name}.key").write_bytes(private)

    def leaf(name: str, key: Key, names: tuple[str, ...], start: datetime = lately, subject: str = "") -> None:
        write(name, key, (_issue(subject or names[0], key, issuing, names, start, 90), issuing.certificate))

    leaf("good-ec", curve, names)
    leaf("good-rsa", long, names)
    leaf("rsa2048", usual, (*names, f"rsa2048.{DOMAIN}"))
    leaf("expired", usual, (f"expired.{DOMAIN}",), now - timedelta(days=97))
    leaf("wrongname", usual, ("somewhere.example.org",))
    leaf("shortkey", short, (f"shortkey.{DOMAIN}",))
    leaf("hostile", usual, (f"hostile.{DOMAIN}", HOSTILE), subject=HOSTILE)
    itself = _issue(f"selfsigned.{DOMAIN}", usual, None, (f"selfsigned.{DOMAIN}",), lately, 3650)
    write("selfsigned", usual, (itself,))
    write("incomplete", usual, (_issue(f"incomplete.{DOMAIN}", usual, issuing, (f"incomplete.{DOMAIN}",), lately, 90),))
    write("sha1", usual, (_with_sha1(f"sha1.{DOMAIN}", usual, issuing), issuing.certificate))


def _issue(
    name: str, key: Key, issuer: Authority | None, names: tuple[str, ...], start: datetime, days: int, *, authority: bool = False
) -> x509.Certificate:
    """Signed by itself where `issuer` is None."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    building = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
        building = building.add_extension(identifier, critical=False)
    if names:
        alternatives = [x509.DNSName(each.encode("ascii", "ignore").decode()) for each in names]
        building = building.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return building.sign((issuer.key if issuer else key), hashes.SHA256())


def _with_sha1(name: str, key: Key, issuer: Authority) -> x509.Certificate:
    """By openssl itself: the library refuses to sign so."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    signing = issuer.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    with tempfile.TemporaryDirectory() as folder:
        files = {
            "request": request.public_bytes(serialization.Encoding.PEM),
            "ca.pem": _pem(issuer.certificate),
            "ca.key": signing,
            "extensions": f"subjectAltName=DNS:{name}\n".encode(),
        }
        for file, content in files.items():
            Path(folder, file).write_bytes(content)
        command = "openssl x509 -req -sha1 -days 80 -in request -CA ca.pem -CAkey ca.key -set_serial 77 -extfile extensions"
        done = subprocess.run(command.split(), cwd=folder, capture_output=True, check=True)
    return x509.load_pem_x509_certificate(done.stdout)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
