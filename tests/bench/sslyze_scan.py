"""Started with the interpreter of sslyze's environment: ADDRESS PORT NAME STARTTLS FIRST; its own full scan, as JSON.

FIRST is the address of an https server that is scanned before, so that what is measured is not the library's first scan.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from sslyze import (
    ProtocolWithOpportunisticTlsEnum,
    Scanner,
    ServerNetworkConfiguration,
    ServerNetworkLocation,
    ServerScanRequest,
)

_VERSIONS = {
    "SSLv2": "ssl_2_0", "SSLv3": "ssl_3_0",
    "TLSv1.0": "tls_1_0", "TLSv1.1": "tls_1_1", "TLSv1.2": "tls_1_2", "TLSv1.3": "tls_1_3",
}  # fmt: skip


def main(address: str, port: str, name: str, starttls: str, first: str) -> None:
    opportunistic = ProtocolWithOpportunisticTlsEnum[starttls.upper()] if starttls else None
    _scan(ServerNetworkLocation("localhost", 443, first), ServerNetworkConfiguration("localhost"))
    began, busy = time.perf_counter(), time.process_time()
    location = ServerNetworkLocation(name, int(port), address)
    found = _scan(location, ServerNetworkConfiguration(name, tls_opportunistic_encryption=opportunistic))
    spent = {"wall": time.perf_counter() - began, "cpu": time.process_time() - busy}
    print(json.dumps(spent | _said(found)))


def _scan(location: ServerNetworkLocation, configuration: ServerNetworkConfiguration) -> Any:
    scanner = Scanner()
    scanner.queue_scans([ServerScanRequest(location, configuration)])
    (result,) = scanner.get_results()
    return result.scan_result


def _said(found: Any) -> dict[str, Any]:
    if found is None:
        return {"suites": {}, "dh": [], "groups": [], "certificates": []}
    attempts = {version: getattr(found, f"{key}_cipher_suites") for version, key in _VERSIONS.items()}
    # Where it has worn the server out there is no result.
    accepted = {version: one.result.accepted_cipher_suites if one.result else [] for version, one in attempts.items()}
    keys = [one.ephemeral_key for suites in accepted.values() for one in suites if one.ephemeral_key is not None]
    shown, curves = found.certificate_info.result, found.elliptic_curves.result
    leaves = [one.received_certificate_chain[0] for one in shown.certificate_deployments] if shown else []
    return {
        "suites": {version: [one.cipher_suite.name for one in suites] for version, suites in accepted.items()},
        "dh": sorted({key.size for key in keys if key.type_name == "DH"}),
        "groups": [curve.name for curve in curves.supported_curves or ()] if curves else [],
        "certificates": [_certificate(leaf) for leaf in leaves],
    }


def _certificate(leaf: Any) -> list[object]:
    key = leaf.public_key()
    kind = "RSA" if "RSA" in type(key).__name__ else "EC"
    return [kind, key.key_size, leaf.signature_hash_algorithm.name, leaf.not_valid_after_utc.isoformat()]


if __name__ == "__main__":
    main(*sys.argv[1:6])
