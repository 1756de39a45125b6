"""The life of a finding, as pure rules.

    first seen → new → (seen again) open → (looked for and gone) fixed → (seen again) regressed → (seen again) open
                                         → (judged by other data and gone) retracted → (seen again) new

What could not be looked for stays exactly as it was. Accepted, planned and overdue are no states of this life but
overlays by date (`shown`), so that nothing has to run when an acceptance lapses or a phase-out's day is over.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from schouw.model.severity import FindingState

if TYPE_CHECKING:  # the first picture needs no facts
    from schouw.model.facts import Facts
    from schouw.model.finding import Finding, NotChecked, Verdict
    from schouw.model.phaseout import Plan


def when_seen(before: FindingState | None, grown: bool = False) -> FindingState:
    """The state of a finding that a scan saw; `before` None: never known. One looked for and not seen is fixed.

    `grown`: it names CVEs that it did not name before, or is exploited since. Then it is news, also after it was fixed.
    """
    match before:
        case _ if before is None or before is FindingState.RETRACTED or grown:
            return FindingState.NEW
        case FindingState.FIXED:
            return FindingState.REGRESSED
        case _:
            return FindingState.OPEN


def shown(state: FindingState, accepted_until: datetime | None, plan: Plan | None, now: datetime) -> FindingState:
    """The state with the overlays: an active finding is accepted until the moment is over; else planned, then overdue."""
    if not state.active:
        return state
    if accepted_until is not None and now < accepted_until:
        return FindingState.ACCEPTED
    if plan is not None and plan.begins <= now:
        return FindingState.PLANNED if now < plan.until else FindingState.OVERDUE
    return state


def when_judged(before: FindingState | None, grown: bool) -> FindingState:
    """The same where nobody looked again, and only what it is judged by is another: nothing gets older by that."""
    state = when_seen(before, grown)
    return before if before is not None and state is FindingState.OPEN else state


class LookedFor:
    """Which checks a scan really made: only those may close a finding."""

    def __init__(self, facts: Facts, not_checked: Iterable[NotChecked]) -> None:
        anything = facts.inside.result is not None or facts.outside.result is not None
        self._nothing = None if anything else facts.inside.reason or facts.outside.reason
        self.facts = facts
        self._gaps: dict[str, dict[str, str]] = {}
        for gap in not_checked:
            self._gaps.setdefault(gap.check, {}).setdefault(gap.subject, gap.reason)

    def __call__(self, check: str, subject: str) -> bool:
        return self.lacking(check, subject) is None

    def lacking(self, check: str, subject: str) -> str | None:
        """Why it was not looked for, None where it was.

        A gap without a subject covers all of its check; a gap of ``443/tcp`` also ``443/tcp www.example.nl``.
        """
        if self._nothing is not None:
            return self._nothing
        gaps = self._gaps.get(check, {})
        return next((why for gap, why in gaps.items() if gap in ("", subject) or subject.startswith(f"{gap} ")), None)


def by_key(verdict: Verdict) -> dict[str, Finding]:
    """One finding a key; where checks gave two, the worse one counts."""
    found: dict[str, Finding] = {}
    for finding in sorted(verdict.findings, key=lambda finding: finding.severity.rank):
        found.setdefault(finding.key, finding)
    return found
