"""One thing wrong on one host: what, where seen, why it matters, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from schouw.model.severity import Area, FindingState, Severity
from schouw.model.vulnerability import Basis, Deadline


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


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided of a finding on a host: accepted until a moment, for a reason, or (`until` None) no longer."""

    host: str
    key: str
    by: str
    until: datetime | None = None
    reason: str = ""


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

    @property
    def key(self) -> str:
        return self.finding.key

    @property
    def due(self) -> date | None:
        """The day by which it has to be fixed; None for no such day."""
        return min((one.due(self.first_seen.date()) for one in self.finding.deadlines), default=None)
