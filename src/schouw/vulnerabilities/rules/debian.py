"""Debian: the source package's version against the tracker's word (DEB-1 to DEB-16)."""

from __future__ import annotations

from collections.abc import Sequence

from schouw.model.vulnerability import CveVerdict, Match
from schouw.vulnerabilities.database import Record
from schouw.vulnerabilities.rules.item import Item, unknown
from schouw.vulnerabilities.schema import Status
from schouw.vulnerabilities.versions import deb_key


def judge(item: Item, records: Sequence[Record]) -> list[Match]:
    """A match a record."""
    try:
        installed = deb_key(item.version)
    except ValueError as error:
        return [unknown("DEB-4", f"the installed version makes no sense: {error}")]
    return [_judge(installed, record, item.note) for record in records]


def _judge(installed: bytes, record: Record, note: str) -> Match:
    verdict, rule, fixed, why = _verdict(installed, record)
    if verdict.vulnerable and record.urgency == "unimportant":  # DEB-12: not in the binary, or no matter of security
        verdict, rule, why = CveVerdict.SUPPRESSED, "DEB-12", "the tracker calls it unimportant"
    elif verdict.vulnerable and record.urgency == "end-of-life":
        rule, why = "DEB-12", why or "the package's support has ended in this release"
    return Match(record.cves, verdict, rule, fixed, note=f"{why}; {note}" if why and note else why or note)


def _verdict(installed: bytes, record: Record) -> tuple[CveVerdict, str, str, str]:
    match record.status:
        case Status.FIXED:  # "resolved" speaks of the archive, not of the host
            rule = "DEB-14" if record.note == "archive" else "DEB-7"
            verdict = CveVerdict.FIXABLE if installed < record.key else CveVerdict.NOT_AFFECTED
            return verdict, rule, record.fixed, ""
        case Status.NOT_AFFECTED:
            return CveVerdict.NOT_AFFECTED, "DEB-6", "", "never had it"
        case Status.UNDETERMINED:
            return CveVerdict.UNKNOWN, "DEB-9", "", record.note
    if record.fixed and installed >= deb_key(record.fixed):  # a newer build, from backports, sid or elsewhere
        return CveVerdict.NOT_AFFECTED, "DEB-10", record.fixed, "the installed version is as new as the one fixed in sid"
    reason = record.note or (f"fixed in sid by {record.fixed}" if record.fixed else "")
    return CveVerdict.NO_FIX, "DEB-13" if record.note else "DEB-8", "", reason
