"""How much is known of vulnerabilities, and how old that is: "N known, M matchable on your platforms, K rows, as of …"."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from schouw.views.segments import Line, Segment, fit, line_width
from schouw.vulnerabilities.answers import Known, Platform


def known_line(known: Known, today: date, cells: int) -> Line:
    """The whole sentence where there is room, the day alone where there is little; old data is called old in any."""
    old = _old(known, today)
    for words in _shorter(known):
        line = [(f" {words}", "dim"), *old]
        if line_width(line) <= cells:
            return fit(line, cells)
    return fit(old or [(f" {known.as_of}", "dim")], cells)


def _shorter(known: Known) -> Iterator[str]:
    yield f"{known.known:,} known, {known.matchable:,} matchable on your platforms, {known.rows:,} rows, as of {known.as_of}"
    yield f"{known.known:,} known, {known.matchable:,} matchable, as of {known.as_of}"
    yield f"db {known.as_of} ({known.known:,})"


def _old(known: Known, today: date) -> list[Segment]:
    found: list[Segment] = []
    old = [f"{one.release} {one.as_of}" for one in known.platforms if one.old(today)]
    if old:
        found.append((f" · old: {', '.join(old)}", "stale"))
    uncovered = [one.release for one in known.platforms if one.gap]
    if uncovered:
        found.append((f" · no data: {', '.join(uncovered)}", "unknown"))
    return found


def ages(one: Platform, today: date) -> Iterator[str]:
    """By what hosts of a release are judged."""
    for feed in one.feeds:
        yield f"{feed.name} of {feed.date}" + (" (old)" if feed.old(today) else "")
    if one.gap:
        yield one.gap
