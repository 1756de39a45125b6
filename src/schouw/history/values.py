"""What the history hands out besides the nouns of `schouw.model`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schouw.model.facts import Facts
from schouw.model.finding import NotChecked, TrackedFinding
from schouw.model.severity import HostState, Severity
from schouw.model.summary import Summary


@dataclass(frozen=True, slots=True)
class LastKnown:
    """All that is known of one host at one moment."""

    summary: Summary
    findings: tuple[TrackedFinding, ...] = ()
    """All that was ever found on it, fixed ones too: active first, worst first."""
    not_checked: tuple[NotChecked, ...] = ()
    facts: Facts | None = None


@dataclass(frozen=True, slots=True)
class ScanRow:
    """One line of a host's scan log."""

    started_at: datetime
    finished_at: datetime
    state: HostState
    error_class: str
    error: str
    """Why it failed, or what it lacked; "" where all was seen."""
    new: int
    fixed: int
    regressed: int
    active: int
    """Findings that counted when it ended."""


class ChangeKind(StrEnum):
    OPENED = "opened"
    REOPENED = "reopened"
    FIXED = "fixed"
    RETRACTED = "retracted"
    """The vulnerability database says so no longer, and nothing on the host was changed: that is no fix."""
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to one finding."""

    id: int
    """Grows with every change: the cursor for whoever follows."""
    at: datetime
    host: str
    kind: ChangeKind
    key: str
    severity: Severity
    title: str
    by: str = ""
    """Who accepted or withdrew; "" for what a scan saw."""
