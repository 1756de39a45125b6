"""Rows of the awk program as values: everything in them was chosen by strangers, so all of it is checked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from schouw.collect.base import number
from schouw.collect.logins.program import SERVICES
from schouw.model.logins import AccountUse, LoginClass
from schouw.text import line

_PROTOCOLS = ("imap", "pop3", "sieve", "smtp", "ftp")
_VERSIONS = ("", "ssl3", "1.0", "1.1", "1.2", "1.3")
_CLASSES = {kind.value: kind for kind in LoginClass}
#: Longer ones are no addresses: 64 characters before the @ and 255 after it (RFC 5321, section 4.5.3.1).
_NAME = 320

#: The year 2100.
_LATEST = 4102444800

Group = tuple[str, str, LoginClass, str]


def group(fields: Sequence[str]) -> Group | None:
    """SERVICE PROTOCOL CLASS VERSION; None for what is none of ours."""
    if len(fields) != 4 or fields[0] not in SERVICES or fields[1] not in _PROTOCOLS:
        return None
    kind = _CLASSES.get(fields[2])
    return (fields[0], fields[1], kind, fields[3]) if kind is not None and fields[3] in _VERSIONS else None


def use(of: Group, fields: Sequence[str]) -> AccountUse | None:
    """COUNT FIRST LAST ACCOUNT and maybe CUSTOMER; None for what is none of ours."""
    if len(fields) not in (4, 5):
        return None
    count, first, last = (number(text) for text in fields[:3])
    if not count or not first or not last or max(first, last) >= _LATEST:
        return None
    begin, end = (datetime.fromtimestamp(seconds, UTC) for seconds in sorted((first, last)))
    return AccountUse(*of, line(fields[3], _NAME), count, begin, end, line(fields[4], 100) if len(fields) == 5 else "")
