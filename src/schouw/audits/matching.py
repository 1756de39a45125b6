"""An auditor's rows, followed to their end: which findings of ours they are, and what became of those. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schouw.audits.rules import Rule, rule_for
from schouw.model.baseline import AuditRow
from schouw.model.finding import NotChecked, TrackedFinding
from schouw.model.severity import FindingState

_PORT = re.compile(r"(\d{1,5})/(?:tcp|udp)\b")
_ON = re.compile(r"\bon (\d{1,5}(?:(?:, | and )\d{1,5})*)\b")


class Ending(StrEnum):
    """What became of an auditor's row."""

    OPEN = "open"
    ACCEPTED = "accepted"
    FIXED = "fixed"
    RETRACTED = "retracted"
    NOT_CHECKED = "not checked"
    UNMATCHED = "no finding of ours"
    NO_HOST = "not in the fleet"


@dataclass(frozen=True, slots=True)
class Audited:
    """A host of ours, as far as an audit is concerned."""

    name: str
    addresses: frozenset[str]
    """Names and addresses by which an auditor may call it, in lower case."""
    findings: Sequence[TrackedFinding]
    """Fixed ones too."""
    not_checked: Sequence[NotChecked]


@dataclass(frozen=True, slots=True)
class Followed:
    row: AuditRow
    ending: Ending
    host: str = ""
    """Ours, "" where it is not in the fleet."""
    since: datetime | None = None
    findings: tuple[TrackedFinding, ...] = ()
    reason: str = ""
    """Why it could not be checked."""


def follow(rows: Iterable[AuditRow], hosts: Sequence[Audited]) -> list[Followed]:
    """Each row once, in the auditor's order."""
    by_name: Mapping[str, Audited] = {name: host for host in reversed(hosts) for name in host.addresses}
    return [_follow(row, _host(row, by_name)) for row in rows]


def _host(row: AuditRow, by_name: Mapping[str, Audited]) -> Audited | None:
    called = [name.lower().rstrip(".") for name in (row.host, *row.addresses)]
    short = [name.partition(".")[0] for name in called if not name.replace(".", "").isdigit() and ":" not in name]
    return next((by_name[name] for name in (*called, *short) if name in by_name), None)


def _follow(row: AuditRow, host: Audited | None) -> Followed:
    if host is None:
        return Followed(row, Ending.NO_HOST)
    rule = rule_for(row)
    meant = tuple(one for one in host.findings if _is(row, rule, one))
    # One row may be several findings of ours (the same port under several names): it is over when all of them are.
    open_ = [one for one in meant if one.state.active]
    accepted = [one for one in meant if one.state is FindingState.ACCEPTED]
    if open_:
        return Followed(row, Ending.OPEN, host.name, min(one.since or one.first_seen for one in open_), tuple(open_))
    if accepted:
        return Followed(row, Ending.ACCEPTED, host.name, None, tuple(accepted))
    gap = _gap(rule, row, host.not_checked)
    if gap is not None:
        return Followed(row, Ending.NOT_CHECKED, host.name, None, meant, gap.reason)
    if retracted := tuple(one for one in meant if one.state is FindingState.RETRACTED):
        return Followed(row, Ending.RETRACTED, host.name, None, retracted, "the vulnerability data says so no longer")
    if meant:
        return Followed(row, Ending.FIXED, host.name, max(one.fixed_at or one.last_seen for one in meant), meant)
    return Followed(row, Ending.UNMATCHED, host.name)


def _is(row: AuditRow, rule: Rule | None, one: TrackedFinding) -> bool:
    if row.cves and set(row.cves) & set(one.finding.cves):
        return True
    if rule is None or not rule.means(one.finding.check):
        return False
    shown = f"{one.finding.title} {one.finding.evidence.outside} {one.finding.evidence.inside}"
    if rule.shows and rule.shows not in shown:
        return False
    ports = _ports(one)
    return not row.port or not ports or row.port.partition("/")[0] in ports


def _ports(one: TrackedFinding) -> frozenset[str]:
    """Numbers of the ports that a finding is about; none for one about the host as a whole."""
    subject = frozenset(_PORT.findall(one.finding.subject))
    if subject:
        return subject
    return frozenset(number for some in _ON.findall(one.finding.title) for number in re.findall(r"\d+", some))


def _gap(rule: Rule | None, row: AuditRow, gaps: Iterable[NotChecked]) -> NotChecked | None:
    """Something that the row is about and that could not be looked at."""
    if rule is None:
        return None
    for gap in gaps:
        ports = _PORT.findall(gap.subject)
        if rule.means(gap.check) and (not row.port or not ports or row.port.partition("/")[0] in ports):
            return gap
    return None
