"""One finding in full, as wrapped lines: what, seen from where, why it matters, the fix, its life."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from schouw.history.values import Life
from schouw.model.finding import NotChecked, TrackedFinding
from schouw.model.severity import FindingState
from schouw.views.ages import day, since
from schouw.views.due import due_line
from schouw.views.findings import lacking_lines, state_words
from schouw.views.segments import Line, labelled, wrap
from schouw.views.story import claim_words, story


def finding_detail(tracked: TrackedFinding, cells: int, now: datetime, life: Life | None = None) -> list[Line]:
    """`life`: all that happened to it, where that has been read."""
    finding, evidence = tracked.finding, tracked.finding.evidence
    lines: list[Line] = [((piece, "strong"),) for piece in wrap(finding.title, cells)]
    where: Line = ((" · ", "dim"), (finding.subject, "text")) if finding.subject else ()
    severity = (finding.severity.value.capitalize(), finding.severity.value)
    lines += [(severity, (" · ", "dim"), state_words(tracked, now), *where), ()]
    if tracked.claim is not None:
        words, role = claim_words(tracked.claim, now)
        lines += labelled("Claimed by", words, cells, role)
    if tracked.state is FindingState.ACCEPTED and tracked.accepted_reason:
        by = f"{tracked.accepted_by}: " if tracked.accepted_by else ""
        lines += labelled("Accepted by" if by else "Accepted", f"{by}{tracked.accepted_reason}", cells, "accepted")
    if tracked.assigned:
        lines += labelled("Assigned to", tracked.assigned, cells)
    if evidence.outside:
        lines += labelled("Seen from outside", evidence.outside, cells)
    if evidence.inside or evidence.location:
        place = f"in {evidence.location}" if evidence.location else ""
        lines += labelled("Seen from inside", "\n".join(filter(None, (evidence.inside, place))), cells)
    if due := due_line(tracked, now):
        lines += labelled("Due", due, cells)
    lines += labelled("Why it matters", finding.why, cells)
    if finding.fix:
        lines += labelled("Fix", finding.fix, cells, "code")
    if finding.impact:
        lines += labelled("Who would notice", finding.impact, cells)
    if finding.cves:
        lines += labelled("CVEs", ", ".join(finding.cves), cells)
    lines += labelled("History", _life(tracked, now), cells)
    if life is not None and (told := story(life, cells - 2, now)):
        lines += [*((("  ", "text"), *line) for line in told), ()]
    if finding.references:
        lines += labelled("References", "\n".join(finding.references), cells, "accent")
    return [*lines, *(((piece, "dim"),) for piece in wrap(finding.key, cells))]


def _life(tracked: TrackedFinding, now: datetime) -> str:
    scans = f"{tracked.scans} scan" if tracked.scans == 1 else f"{tracked.scans} scans"
    parts = [f"first seen {day(tracked.first_seen, now)} ({since(tracked.first_seen, now)} ago)", f"in {scans}"]
    if tracked.state.ended and tracked.fixed_at:
        why = "" if tracked.state is FindingState.FIXED else ": the vulnerability data says so no longer, nothing was fixed"
        parts.append(f"{tracked.state} {since(tracked.fixed_at, now)} ago{why}")
    else:
        parts.append(f"last seen {since(tracked.last_seen, now)} ago")
    if tracked.planned_until is not None:
        when = "to be gone" if tracked.state is FindingState.PLANNED else "to have been gone"
        parts.append(f"{when} by {day(tracked.planned_until, now)} in the phase-out {tracked.phaseout}")
    return ", ".join(parts)


def lacking_detail(lacking: Sequence[NotChecked], cells: int) -> list[Line]:
    """What could not be looked at, every reason once with the checks that it kept from being made."""
    lines: list[Line] = []
    for reason, items in groupby(lacking_lines(None, lacking), key=lambda item: item[2]):
        pieces = wrap(reason, cells - 2)
        lines.append((("? ", "unknown"), (pieces[0], "strong")))
        lines += [((f"  {piece}", "strong"),) for piece in pieces[1:]]
        for check, subject, _ in items:
            lines += [((f"    {piece}", "dim"),) for piece in wrap(f"{check}  {subject}".rstrip(), cells - 4)]
        lines.append(())
    return lines or [(("✓ Every check could be made.", "ok"),)]
