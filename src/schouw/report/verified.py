"""What became of claims that something was done: the answer to "did it help?"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from schouw.model.finding import Claim, Outcome, TrackedFinding
from schouw.report import rows as listing
from schouw.report.contents import one_line, rfc3339

COLUMNS = ("outcome", "host", "severity", "title", "reason", "claimed_by", "claimed_at", "note")
_ORDER = (Outcome.NOT_FIXED, Outcome.CANNOT_TELL, Outcome.WAITING, Outcome.FIXED)


def rows(found: Mapping[str, Sequence[TrackedFinding]]) -> list[listing.Row]:
    """One a claim: what needs somebody first."""
    made = [_row(host, one, one.claim) for host, some in sorted(found.items()) for one in some if one.claim]
    return sorted(made, key=lambda row: _ORDER.index(Outcome(row["outcome"])))


def _row(host: str, one: TrackedFinding, claim: Claim) -> listing.Row:
    waiting = "no scan since" if claim.outcome is Outcome.WAITING else ""
    return {
        "outcome": claim.outcome.value,
        "host": host,
        "severity": one.finding.severity.value,
        "title": one_line(one.finding.title),
        "reason": one_line(claim.reason or waiting),
        "claimed_by": claim.by,
        "claimed_at": rfc3339(claim.at),
        "note": one_line(claim.note),
        "judged_at": rfc3339(claim.judged_at) if claim.judged_at else "",
        "key": one.key,
    }


def render(rows: Sequence[listing.Row], format: str) -> Iterator[str]:
    yield from listing.render(rows, COLUMNS, format, {"schema": "schouw.verify/1"})
    if format == "table":
        yield f"{summary(rows)}\n"


def summary(rows: Sequence[listing.Row]) -> str:
    """ "1 fixed, 2 not fixed" """
    counts = Counter(row["outcome"] for row in rows)
    return ", ".join(f"{counts[one.value]} {one.value}" for one in reversed(_ORDER) if counts[one.value]) or "nothing was claimed"
