"""Claims that something was done, over the fleet: what scans say of them, what needs somebody first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from schouw.model.finding import Claim, Outcome, TrackedFinding
from schouw.views.ages import since
from schouw.views.export import Record, finding_rows
from schouw.views.findings import edge
from schouw.views.pivot import On
from schouw.views.segments import Line, Segment, fit, pad, squeeze, width

#: In the order in which they are shown.
OUTCOMES = (Outcome.NOT_FIXED, Outcome.CANNOT_TELL, Outcome.WAITING, Outcome.FIXED)
_ROLES = {Outcome.NOT_FIXED: "error", Outcome.CANNOT_TELL: "unknown", Outcome.WAITING: "accent", Outcome.FIXED: "fixed"}


@dataclass(frozen=True, slots=True)
class Claimed:
    on: On
    claim: Claim

    @property
    def key(self) -> str:
        return self.on.key

    @property
    def settled(self) -> bool:
        """Whether a scan has confirmed or refuted it: no further one will."""
        return self.claim.outcome in (Outcome.FIXED, Outcome.NOT_FIXED)


def claimed(found: Mapping[str, Sequence[TrackedFinding]], shown: Collection[str]) -> list[Claimed]:
    """Of the hosts that are shown."""
    some = [Claimed(On(host, one), one.claim) for host in shown for one in found.get(host, ()) if one.claim is not None]
    return sorted(some, key=lambda one: (OUTCOMES.index(one.claim.outcome), one.on.tracked.finding.severity.rank, one.key))


def in_words(some: Iterable[Claimed]) -> str:
    """ "1 fixed, 2 not fixed" """
    counts = Counter(one.claim.outcome for one in some)
    told = [f"{counts[outcome]} {outcome.value}" for outcome in reversed(OUTCOMES) if counts[outcome]]
    return ", ".join(told) or "nothing was claimed"


def claimed_line(one: Claimed, host_cells: int, cells: int, cursor: bool, marked: bool) -> Line:
    finding, claim = one.on.tracked.finding, one.claim
    room = cells - host_cells - 15
    words = claim.reason or claim.note
    title_cells = max(room // 2, room - width(words) - 3)
    return fit(
        (
            edge(cursor, marked),
            (f"{pad(claim.outcome.value, 11)} ", _ROLES[claim.outcome]),
            (f"{finding.severity.letter} ", finding.severity.value),
            (f"{pad(one.on.host, host_cells)} ", "strong"),
            (squeeze(finding.title, title_cells), "strong" if cursor else "text"),
            (f"  {words}" if words else "", "dim"),
        ),
        cells,
    )


def title_line(some: Sequence[Claimed], days: int, filter_text: str, cells: int) -> Line:
    counts = Counter(one.claim.outcome for one in some)
    line: list[Segment] = [(" schouw › ", "dim"), ("claims", "title"), (f"  {days} days", "dim")]
    for outcome in reversed(OUTCOMES):
        if counts[outcome]:
            line += [(" · ", "dim"), (f"{counts[outcome]} {outcome.value}", _ROLES[outcome])]
    if filter_text:
        line += [("   filter ", "dim"), (filter_text, "accent")]
    return fit(line, cells)


def told_line(some: Sequence[Claimed], cells: int, now: datetime) -> Line:
    """When the newest scan judged, as a line below the title."""
    judged = [at for one in some if (at := one.claim.judged_at) is not None]
    words = f"last looked for {since(max(judged), now)} ago" if judged else "no scan has looked for any of these yet"
    return fit(((f" {words}", "dim"),), cells)


def claimed_rows(some: Sequence[Claimed]) -> list[Record]:
    return [
        {
            "outcome": one.claim.outcome.value,
            **finding_rows(one.on.host, (one.on.tracked,))[0],
            "reason": one.claim.reason,
            "claimed_by": one.claim.by,
            "claimed_at": one.claim.at.isoformat(),
            "note": one.claim.note,
        }
        for one in some
    ]
