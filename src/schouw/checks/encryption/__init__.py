"""Area crypto: TLS and what mail, FTP and web servers do without it. One finding a thing to fix.

What is met outside decides; the configuration says which line causes it, and stands in where the outside was not seen.
"""

from __future__ import annotations

from schouw.checks.encryption import (
    certificates,
    deep,
    http,
    mismatch,
    offers,
    plain,
    policy,
    quantum,
    renewal,
    strength,
    unread,
    versions,
    vouched,
)

CHECKS = (
    versions.protocol,
    *offers.CHECKS,
    quantum.no_post_quantum,
    mismatch.mismatch,
    policy.policy,
    *certificates.CHECKS,
    *strength.CHECKS,
    renewal.renewal,
    unread.unread,
    *vouched.CHECKS,
    *deep.CHECKS,
    *plain.CRYPTO,
    *http.CHECKS,
)
HARDENING = plain.HARDENING

__all__ = ["CHECKS", "HARDENING"]
