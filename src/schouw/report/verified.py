"""What became of claims that something was done: the answer to "did it help?"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from schouw.model.finding import Outcome
from schouw.report import rows as listing
from schouw.report.contents import one_line, rfc3339
from schouw.views.claimed import Claimed, in_words

COLUMNS = ("outcome", "host", "severity", "title", "claimed_by", "claimed_at", "note", "reason")


def render(claims: Sequence[Claimed], format: str) -> Iterator[str]:
    yield from listing.render([_row(one) for one in claims], COLUMNS, format, {"schema": "schouw.verify/1"})
    if format == "table":
        yield f"{in_words(claims)}\n"


def _row(one: Claimed) -> listing.Row:
    finding, claim = one.on.tracked.finding, one.claim
    return {
        "outcome": claim.outcome.value,
        "host": one.on.host,
        "severity": finding.severity.value,
        "title": one_line(finding.title),
        "reason": one_line("no scan since" if claim.outcome is Outcome.WAITING else claim.reason),
        "claimed_by": claim.by,
        "claimed_at": rfc3339(claim.at),
        "note": one_line(claim.note),
        "judged_at": rfc3339(claim.judged_at) if claim.judged_at else "",
        "key": one.on.tracked.key,
    }
