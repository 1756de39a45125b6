"""Run by sslyze's own interpreter: what our runner makes of results as sslyze gives them, also of those no server here gives.

python deep_readings.py PATH-OF-RUNNER → one JSON object: case → answer
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from nassl.ssl_client import ClientCertificateRequested
from sslyze import RobotScanResult, RobotScanResultEnum, SessionResumptionSupportScanResult, TlsResumptionSupportEnum
from sslyze import errors as failures
from sslyze.plugins.certificate_info._cert_chain_analyzer import CertificateDeploymentAnalyzer
from sslyze.plugins.certificate_info.implementation import CertificateInfoScanResult
from sslyze.plugins.certificate_info.trust_stores.trust_store import TrustStore
from sslyze.plugins.compression_plugin import CompressionScanResult
from sslyze.plugins.heartbleed_plugin import HeartbleedScanResult
from sslyze.plugins.openssl_ccs_injection_plugin import OpenSslCcsInjectionScanResult
from sslyze.plugins.session_renegotiation_plugin import SessionRenegotiationScanResult

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
Key = ec.EllipticCurvePrivateKey


def runner(path: str) -> Any:
    spec = spec_from_file_location("runner", path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["runner"] = module
    spec.loader.exec_module(module)
    return module


class Authority:
    """A root with one intermediate that signs certificates for anybody."""

    def __init__(self) -> None:
        self.root, self.root_key = self._authority("root", None)
        self.middle, self.middle_key = self._authority("middle", (self.root, self.root_key))

    def _authority(self, name: str, signer: tuple[x509.Certificate, Key] | None) -> tuple[x509.Certificate, Key]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        issuer, issuer_key = (signer[0].subject, signer[1]) if signer else (subject, key)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        made = (
            _begun(subject, issuer, key.public_key(), NOW - 900 * DAY, NOW + 900 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        )
        return made.sign(issuer_key, hashes.SHA256()), key

    def leaf(self, name: str = "www.example.nl", until: int = 30, must_staple: bool = False) -> x509.Certificate:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "the shop")])
        made = _begun(subject, self.middle.subject, key.public_key(), NOW - 60 * DAY, NOW + until * DAY)
        made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.middle_key.public_key()), False)
        if name:
            made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        if must_staple:
            made = made.add_extension(x509.TLSFeature([x509.TLSFeatureType.status_request]), critical=False)
        return made.sign(self.middle_key, hashes.SHA256())

    def response(self, leaf: x509.Certificate, status: ocsp.OCSPCertStatus) -> ocsp.OCSPResponse:
        builder = ocsp.OCSPResponseBuilder().add_response(
            leaf, self.middle, hashes.SHA1(), status, NOW - DAY, NOW + 3 * DAY,
            NOW - 2 * DAY if status == ocsp.OCSPCertStatus.REVOKED else None, None,
        )  # fmt: skip
        return builder.responder_id(ocsp.OCSPResponderEncoding.HASH, self.middle).sign(self.middle_key, hashes.SHA256())


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, since: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
    )


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


class Stapled:
    """As much of nassl's response as is asked for."""

    def __init__(self, response: ocsp.OCSPResponse) -> None:
        self._response = response

    def as_der_bytes(self) -> bytes:
        return self._response.public_bytes(Encoding.DER)

    def basic_verify(self, path: str) -> None:
        """Signed by the right one."""


def deployment(stores: list[Any], *certificates: x509.Certificate, response: ocsp.OCSPResponse | None = None) -> Any:
    analyzer = CertificateDeploymentAnalyzer(
        server_subject=x509.DNSName("www.example.nl"),
        server_certificate_chain_as_pem=[pem(one) for one in certificates],
        server_ocsp_response=Stapled(response) if response else None,
        trust_stores_for_validation=stores,
    )
    return analyzer.perform()


def cases(read: Any, folder: Path) -> Iterator[tuple[str, Any]]:
    ours, other = Authority(), Authority()
    stores = []
    for name, authority in (("Mozilla", ours), ("Java", other)):
        path = folder / f"{name}.pem"
        path.write_text(pem(authority.root))
        stores.append(TrustStore(path, name, "1", [x509.ObjectIdentifier("1.2.3")] if name == "Mozilla" else None))
    leaf, stapling = ours.leaf(), ours.leaf(must_staple=True)
    expired, nameless, wild = ours.leaf(until=-5), ours.leaf(name=""), ours.leaf(name="*.example.org")
    status = ocsp.OCSPCertStatus
    good, revoked = ours.response(stapling, status.GOOD), ours.response(leaf, status.REVOKED)
    failed = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    found = {
        "whole": deployment(stores, leaf, ours.middle),
        "incomplete": deployment(stores, leaf),
        "shuffled": deployment(stores, leaf, ours.root, ours.middle),
        "expired": deployment(stores, expired, ours.middle),
        "another name": deployment(stores, wild, ours.middle),
        "no name": deployment(stores, nameless, ours.middle),
        "stapled": deployment(stores, stapling, ours.middle, response=good),
        "revoked": deployment(stores, leaf, ours.middle, response=revoked),
        "responder failed": deployment(stores, leaf, ours.middle, response=failed),
    }
    yield from ((name, read.chains(CertificateInfoScanResult("www.example.nl", [one], None))) for name, one in found.items())
    yield "no certificate", read.chains(CertificateInfoScanResult("www.example.nl", [], None))
    yield from ((f"robot {one.name}", read.robot(RobotScanResult(one))) for one in RobotScanResultEnum)
    yield "renegotiation", read.renegotiation(SessionRenegotiationScanResult(False, True, 10))
    partly = TlsResumptionSupportEnum.PARTIALLY_SUPPORTED
    yield "resumption", read.resumption(SessionResumptionSupportScanResult(partly, 2, 1, partly, 2, 2))
    for name, result in (
        ("heartbleed", HeartbleedScanResult(True)),
        ("ccs_injection", OpenSslCcsInjectionScanResult(True)),
        ("compression", CompressionScanResult(True)),
    ):
        yield name, answer(read, name, result)
    for kind in (failures.TlsHandshakeTimedOut, failures.ServerRejectedTlsHandshake, failures.ServerRejectedConnection):
        yield f"failure {kind.__name__}", {"reason": read.why(kind(None, None, "alert 40"))}
    yield "failure certificate", {"reason": read.why(ClientCertificateRequested([]))}
    yield "failure mistake", {"reason": read.why(KeyError("x"))}
    yield "failure hostile", read.not_checked(read.why(ValueError("\x1b[31m\n" + "y" * 5000 + "\ud800")))


def answer(read: Any, question: str, result: object) -> Any:
    """What is answered where sslyze's plug-in comes to this result."""
    plugin = SimpleNamespace(
        scan_jobs_for_scan_command=lambda _info, _extra: [], result_for_completed_scan_jobs=lambda _info, _done: result
    )
    read.ScanCommandsRepository = SimpleNamespace(get_implementation_cls=lambda _command: plugin)
    with ThreadPoolExecutor(1) as pool:
        return read.QUESTIONS[question].ask(SimpleNamespace(info=None), pool)


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        print(json.dumps(dict(cases(runner(sys.argv[1]), Path(folder)))))
