"""Audits that others made: read from their scanners' files, and matched to findings of ours. One file a format."""

from __future__ import annotations

from schouw.audits.reading import Audit, read_audit

__all__ = ["Audit", "read_audit"]
