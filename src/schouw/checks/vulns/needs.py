"""What the database says of a host, picked as checks want it."""

from __future__ import annotations

from schouw.checks.base import Case
from schouw.model.attempt import Attempt, not_checked
from schouw.model.vulnerability import Knowledge, RunningKernel


def known(case: Case) -> Attempt[Knowledge]:
    """Not checked where there is no database, or none that covers the release."""
    attempt = case.known
    if attempt.result is not None and attempt.result.assessment.gap and not attempt.result.assessment.advised:
        return not_checked(attempt.result.assessment.gap)
    return attempt


def kernel(case: Case) -> Attempt[tuple[Knowledge, RunningKernel]]:
    """The kernel that runs; one that is no package of the host is not checked, for nobody tells what it has (KRN-3)."""
    attempt = case.known
    if attempt.result is None:
        return not_checked(attempt.reason)
    assessment = attempt.result.assessment
    if assessment.gap:
        return not_checked(assessment.gap)
    running = assessment.kernel or RunningKernel("", note="it has no kernel of its own")
    if not running.package and not (case.system and case.system.container) and assessment.kernel is not None:
        return not_checked(running.note)
    return Attempt((attempt.result, running), attempt.reason)
