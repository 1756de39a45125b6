"""One thing wrong on one host: what, where seen, why it matters, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from schouw.model.basis import Basis, Deadline
from schouw.model.severity import Area, FindingState, Severity


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the network shows, what the host says, and the line that causes it."""

    outside: str = ""
    inside: str = ""
    location: str = ""
    """``FILE:LINE``, "" where nobody wrote a line (a default) or it is not known."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`key` is stable over scans: check and subject, never version or severity."""

    check: str
    """``area.thing.aspect``, a public promise (docs/checks.md)."""
    area: Area
    severity: Severity
    title: str
    subject: str
    evidence: Evidence
    why: str
    fix: str
    """The exact lines for the software found on that host, with the command that makes them effective."""
    references: tuple[str, ...] = ()
    cves: tuple[str, ...] = ()
    impact: str = ""
    """Who would notice the fix: which clients are so old, who would have to change a setting."""
    deadlines: tuple[Deadline, ...] = ()
    """The first of them counts; none: with the next upgrade."""
    exploited: bool = False
    """Attackers are known to use it (CISA's KEV catalogue)."""

    @property
    def key(self) -> str:
        return f"{self.check}:{self.subject}" if self.subject else self.check


@dataclass(frozen=True, slots=True)
class NotChecked:
    """A check (or one subject of it) that could not be made: never shown as fine, never closes a finding."""

    check: str
    subject: str
    reason: str
    unasked: bool = False
    """It takes a look that is only made when somebody asks for it: said, but not held against the host."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that the checks say about one `Facts`."""

    findings: tuple[Finding, ...]
    not_checked: tuple[NotChecked, ...]
    basis: Basis | None = None
    """By which data vulnerabilities were judged; None: they were not."""


class What(StrEnum):
    """What a person may do with a finding on a host."""

    ACCEPT = "accept"
    """Let it not count until a moment, for a reason; without a moment: let it count again."""
    CLAIM = "claim"
    """Say that something was done about it: the next scan that looks for it confirms or refutes that."""
    COMMENT = "comment"
    ASSIGN = "assign"
    """Say who sees to it; to nobody where the reason is ""."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided of a finding on a host."""

    host: str
    key: str
    by: str
    until: datetime | None = None
    """Of an acceptance."""
    reason: str = ""
    """Why it is accepted, what was done about it, the comment, or to whom it is assigned."""
    what: What = What.ACCEPT


class Outcome(StrEnum):
    """What became of a claim."""

    WAITING = "waiting"
    FIXED = "fixed"
    NOT_FIXED = "not fixed"
    CANNOT_TELL = "cannot tell"
    """The last scan could not look for it; the next one that can settles it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody did something about a finding: did it help?"""

    by: str
    at: datetime
    note: str = ""
    outcome: Outcome = Outcome.WAITING
    reason: str = ""
    """Why it cannot be told."""
    judged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrackedFinding:
    """A finding with its life."""

    finding: Finding
    state: FindingState
    first_seen: datetime
    last_seen: datetime
    fixed_at: datetime | None = None
    scans: int = 1
    """Scans that saw it."""
    accepted_until: datetime | None = None
    accepted_reason: str = ""
    since: datetime | None = None
    """When it appeared or came back for the last time; None: as `first_seen`."""
    assigned: str = ""
    """Who sees to it."""
    claim: Claim | None = None
    """The last one, unless it came back after that was confirmed."""
    accepted_by: str = ""
    planned_until: datetime | None = None
    """The day of the phase-out that covers it, to come (planned) or over (overdue)."""
    phaseout: str = ""

    @property
    def key(self) -> str:
        return self.finding.key

    @property
    def due(self) -> date | None:
        """The day by which it has to be fixed; None for no such day."""
        return due_day(self.finding, self.first_seen)


def due_day(finding: Finding, first_seen: datetime) -> date | None:
    """The day by which it has to be fixed; None for no such day."""
    return min((one.due(first_seen.date()) for one in finding.deadlines), default=None)
