"""Debian: the source package's version against the tracker's word (DEB-1 to DEB-16)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from schouw.model.vulnerability import CveVerdict, Match
from schouw.vulnerabilities.database import Record
from schouw.vulnerabilities.rules.item import Item, unknown
from schouw.vulnerabilities.schema import Status
from schouw.vulnerabilities.versions import deb_key

# A fleet that is judged anew passes here hundreds of thousands of times, and looking up a member of an enumeration costs
# as much as all the rest.
_FIXED = int(Status.FIXED)
_FIXABLE, _NO_FIX, _NOT_AFFECTED = CveVerdict.FIXABLE, CveVerdict.NO_FIX, CveVerdict.NOT_AFFECTED


def judge(item: Item, records: Sequence[Record]) -> list[Match]:
    """A match a record."""
    try:
        installed = deb_key(item.version)
    except ValueError as error:
        return [unknown("DEB-4", f"the installed version makes no sense: {error}")]
    return [_judge(installed, record, item.note) for record in records]


def unsupported(said: tuple[date, str] | None) -> list[Match]:
    """DEB-16: nobody looks after it any more, so what is open need not be listed."""
    if said is None:
        return []
    return [unknown("DEB-16", f"Debian's security support for it ends on {said[0].isoformat()}: {said[1]}".rstrip(": "))]


def _judge(installed: bytes, record: Record, note: str) -> Match:
    if record.status == _FIXED:  # "resolved" speaks of the archive, not of the host
        rule, fixed, why = "DEB-14" if record.note == "archive" else "DEB-7", record.fixed, ""
        verdict = _FIXABLE if installed < record.key else _NOT_AFFECTED
    else:
        verdict, rule, fixed, why = _unfixed(installed, record)
    if verdict is _FIXABLE or verdict is _NO_FIX:
        if record.urgency == "unimportant":  # DEB-12: not in the binary, or no matter of security
            verdict, rule, why = CveVerdict.SUPPRESSED, "DEB-12", "the tracker calls it unimportant"
        elif record.urgency == "end-of-life":
            rule, why = "DEB-12", why or "the package's support has ended in this release"
    return Match(record.cves, verdict, rule, fixed, "", f"{why}; {note}" if why and note else why or note)


def _unfixed(installed: bytes, record: Record) -> tuple[CveVerdict, str, str, str]:
    """(verdict, rule, fixed in, why)"""
    if record.status == Status.NOT_AFFECTED:
        return _NOT_AFFECTED, "DEB-6", "", "never had it"
    if record.status == Status.UNDETERMINED:
        return CveVerdict.UNKNOWN, "DEB-9", "", record.note
    if record.fixed and installed >= record.key[1:]:  # a newer build, from backports, sid or elsewhere
        return _NOT_AFFECTED, "DEB-10", record.fixed, "the installed version is as new as the one fixed in sid"
    reason = record.note or (f"fixed in sid by {record.fixed}" if record.fixed else "")
    return _NO_FIX, "DEB-13" if record.note else "DEB-8", "", reason
