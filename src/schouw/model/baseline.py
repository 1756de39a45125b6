"""A named moment to compare with: one of our own, or an audit that somebody else made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from schouw.model.severity import Severity

#: Never to be taken for a date, an age or the number of a scan: it begins with a letter.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,59}")


def is_baseline_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One line of an audit's list, as the auditor wrote it."""

    number: str
    """The auditor's own: of a plug-in, of a finding in the report."""
    title: str
    host: str
    """A name or an address."""
    addresses: tuple[str, ...] = ()
    """Further names and addresses of it."""
    port: str = ""
    """``443/tcp``, "" where it is about the host as a whole."""
    severity: Severity | None = None
    cves: tuple[str, ...] = ()
    words: str = ""
    """What else says what it is about: the plug-in's family, a script's name."""


@dataclass(frozen=True, slots=True)
class Baseline:
    name: str
    at: datetime
    by: str
    source: str = ""
    """The file and format of an audit, "" for a moment of our own."""
    rows: tuple[AuditRow, ...] = ()
