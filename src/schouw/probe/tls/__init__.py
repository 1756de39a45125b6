"""TLS as a stranger meets it: which versions, suites and groups a listener takes, asked with ClientHellos of our own."""

from __future__ import annotations

from schouw.probe.tls.look import TlsLook

__all__ = ["TlsLook"]
