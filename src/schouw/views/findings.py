"""The findings of one host: which are shown in which tab, in which order, and one line each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from schouw.model.finding import NotChecked, Outcome, TrackedFinding
from schouw.model.severity import Area, FindingState
from schouw.views.ages import day, since
from schouw.views.due import due_word
from schouw.views.segments import Line, Segment, fit, pad, squeeze

_STATE_ORDER = {
    FindingState.REGRESSED: 0,
    FindingState.OVERDUE: 1,
    FindingState.NEW: 2,
    FindingState.OPEN: 3,
    FindingState.PLANNED: 4,
    FindingState.ACCEPTED: 5,
    FindingState.FIXED: 6,
    FindingState.RETRACTED: 7,
}


def arrange(findings: Iterable[TrackedFinding], just_fixed: frozenset[str], area: Area | None = None) -> list[TrackedFinding]:
    """Worst first; what got fixed while one looks on stands on top, what was fixed before is left out.

    Planned and accepted ones come after those that count.
    """
    shown = [
        tracked
        for tracked in findings
        if (area is None or tracked.finding.area is area) and (not tracked.state.ended or tracked.key in just_fixed)
    ]
    return sorted(shown, key=lambda tracked: _place(tracked, just_fixed))


def _place(tracked: TrackedFinding, just_fixed: frozenset[str]) -> tuple[object, ...]:
    finding = tracked.finding
    fixed = tracked.state is FindingState.FIXED and tracked.key in just_fixed
    return (
        not fixed,
        not tracked.state.active,
        finding.severity.rank,
        _STATE_ORDER[tracked.state],
        finding.area.value,
        finding.key,
    )


def newly_fixed(before: Iterable[TrackedFinding], after: Iterable[TrackedFinding]) -> frozenset[str]:
    """Keys that counted before and are fixed now."""
    open_before = {tracked.key for tracked in before if not tracked.state.ended}
    return frozenset(tracked.key for tracked in after if tracked.state is FindingState.FIXED and tracked.key in open_before)


def tallies(findings: Iterable[TrackedFinding]) -> dict[Area | None, int]:
    """Active findings per area; all of them under None."""
    counts: dict[Area | None, int] = dict.fromkeys((None, *Area), 0)
    for tracked in findings:
        if tracked.state.active:
            counts[None] += 1
            counts[tracked.finding.area] += 1
    return counts


#: How long what a scan said of a claim stands in the place of the age.
_SAID = timedelta(days=7)
_CLAIMED = {
    Outcome.WAITING: ("claimed", "accent"),
    Outcome.NOT_FIXED: ("✗ not fixed", "error"),
    Outcome.CANNOT_TELL: ("? can't tell", "unknown"),
}


def state_words(tracked: TrackedFinding, now: datetime) -> Segment:
    """ "new", "open 3d", "accepted → 1 Dec", "✓ fixed", "– retracted", "↺ regressed"; or what a scan said of a claim."""
    claim = tracked.claim
    if claim is not None and tracked.state.active and now - (claim.judged_at or claim.at) < _SAID:
        return _CLAIMED.get(claim.outcome, ("claimed", "accent"))
    match tracked.state:
        case FindingState.FIXED:
            return "✓ fixed", "fixed"
        case FindingState.RETRACTED:
            return "– retracted", "dim"
        case FindingState.ACCEPTED:
            until = f" → {day(tracked.accepted_until, now)}" if tracked.accepted_until else ""
            return f"accepted{until}", "accepted"
        case FindingState.PLANNED:
            until = f" → {day(tracked.planned_until, now)}" if tracked.planned_until else ""
            return f"planned{until}", "accepted"
        case FindingState.OVERDUE:
            return f"overdue {since(tracked.planned_until, now)}" if tracked.planned_until else "overdue", "regressed"
        case FindingState.REGRESSED:
            return "↺ regressed", "regressed"
        case FindingState.NEW:
            return "new", "new"
        case _:
            return f"open {since(tracked.first_seen, now)}", "open"


def edge(cursor: bool, marked: bool) -> Segment:
    """The first cell of a row."""
    return ("●", "marked") if marked else ("▸" if cursor else " ", "accent")


def finding_row(tracked: TrackedFinding, cells: int, now: datetime, cursor: bool = False, marked: bool = False) -> Line:
    finding = tracked.finding
    state, state_role = state_words(tracked, now)
    quiet = not tracked.state.active
    severity: Segment = (
        ("✓", "fixed") if tracked.state is FindingState.FIXED else (finding.severity.letter, finding.severity.value)
    )
    tail = max(11, len(state))
    due, due_role = due_word(tracked, now)
    room = cells - 14 - tail - 1 - (len(due) + 1 if due else 0)
    subject = finding.subject if room >= 44 and finding.subject and finding.subject not in finding.title else ""
    subject_cells = min(len(subject), room // 3) if subject else 0
    title_cells = room - subject_cells - (1 if subject else 0)
    title = pad(squeeze(finding.title, title_cells), title_cells)
    return fit(
        (
            edge(cursor, marked),
            severity if not quiet or tracked.state is FindingState.FIXED else (severity[0], "dim"),
            (f" {finding.area.value:<9} ", "dim"),
            (title, "dim" if quiet else "strong" if cursor else "text"),
            (f" {pad(subject, subject_cells)}" if subject else "", "dim"),
            (f" {due}" if due else "", due_role),
            (f" {pad(state, tail)}", state_role),
        ),
        cells,
    )


def nothing_found(area: Area | None, lacking: Iterable[NotChecked], scanned: bool) -> list[Line]:
    """What an empty list of findings means."""
    if not scanned:
        return [(("Never scanned: press r.", "unknown"),)]
    missed = [item for item in lacking if area is None or item.check.startswith(area.value + ".")]
    if missed:
        return [(("? Nothing found in what could be looked at.", "unknown"),)]
    return [(("✓ Looked at, nothing found.", "ok"),)]


def lacking_lines(area: Area | None, lacking: Iterable[NotChecked]) -> list[tuple[str, str, str]]:
    """(check, subject, reason) of what could not be looked at, in an area or in all; equal reasons after one another."""
    missed = [item for item in lacking if area is None or item.check.startswith(area.value + ".")]
    return [
        (item.check, item.subject, item.reason)
        for item in sorted(missed, key=lambda item: (item.reason, item.check, item.subject))
    ]
