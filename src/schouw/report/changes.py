"""What became of each finding since a moment: fixed, new, regressed, still open; by area and by host."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from schouw.history.values import Compared, Fate
from schouw.report import rows as listing
from schouw.report.contents import one_line, rfc3339
from schouw.views.changed import FATES, Counts, arrange, by_area, by_host, in_words
from schouw.views.since import Since

COLUMNS = ("change", "host", "area", "severity", "since", "title")
SPREADSHEET = (
    "change", "host", "area", "severity", "title", "since", "first_seen", "last_seen", "fixed_at", "accepted_until", "assigned",
    "check", "subject", "key",
)  # fmt: skip


def render(changes: Sequence[Compared], since: Since, format: str) -> Iterator[str]:
    rows = [_row(one) for one in arrange(changes)]
    about = {
        "schema": "schouw.changes/1",
        "since": rfc3339(since.at),
        "by_area": _counts(by_area(changes)),
        "by_host": _counts(by_host(changes)),
    }
    if format not in ("table", "markdown"):
        yield from listing.render(rows, SPREADSHEET, format, about)
        return
    heading = f"Since {since.words} ({rfc3339(since.at)}): {in_words(changes)}"
    yield f"# {heading}\n\n" if format == "markdown" else f"{heading}\n\n"
    for name, counts in (("area", by_area(changes)), ("host", by_host(changes))):
        yield from listing.render([_count_row(name, *one) for one in counts], (name, *map(str, FATES)), format, {})
        yield "\n"
    yield from listing.render(rows, COLUMNS, format, {})


def _row(one: Compared) -> listing.Row:
    tracked, finding = one.tracked, one.tracked.finding
    return {
        "change": one.fate.value,
        "host": one.host,
        "area": finding.area.value,
        "severity": finding.severity.value,
        "title": one_line(finding.title),
        "since": rfc3339(one.at),
        "first_seen": rfc3339(tracked.first_seen),
        "last_seen": rfc3339(tracked.last_seen),
        "fixed_at": _moment(tracked.fixed_at),
        "accepted_until": _moment(tracked.accepted_until),
        "assigned": tracked.assigned,
        "check": finding.check,
        "subject": one_line(finding.subject),
        "key": tracked.key,
    }


def _moment(at: datetime | None) -> str:
    return rfc3339(at) if at is not None else ""


def _counts(counts: Counts) -> dict[str, dict[str, int]]:
    return {name: {fate.value: some[fate] for fate in FATES} for name, some in counts}


def _count_row(name: str, value: str, counts: Counter[Fate]) -> listing.Row:
    return {name: value} | {fate.value: str(counts[fate] or "·") for fate in FATES}
