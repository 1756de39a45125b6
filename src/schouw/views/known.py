"""How much is known of vulnerabilities, and how old that is: "N known, M matchable on your platforms, K rows, as of …"."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from schouw.views.header import plural
from schouw.views.segments import Line, Segment, fit, line_width

if TYPE_CHECKING:  # what it only names, the first picture need not wait for
    from schouw.vulnerabilities.answers import Known, Platform


def known_line(known: Known, today: date, cells: int) -> Line:
    """The whole sentence where there is room, the day alone where there is little; old data is called old in any."""
    for words in _shorter(known):
        for doubts in _doubts(known, today):
            line = ((f" {words}", "dim"), *doubts)
            if line_width(line) <= cells:
                return fit(line, cells)
    return fit(line, cells)


def _shorter(known: Known) -> Iterator[str]:
    yield f"{known.known:,} known, {known.matchable:,} matchable on your platforms, {known.rows:,} rows, as of {known.as_of}"
    yield f"{known.known:,} known, {known.matchable:,} matchable, as of {known.as_of}"
    yield f"db {known.as_of} ({known.known:,})"


def _doubts(known: Known, today: date) -> Iterator[list[Segment]]:
    """Platforms with old data and with none: each with its day, by name, counted."""
    old = [one for one in known.platforms if one.old(today)]
    none = [one.release for one in known.platforms if one.gap]
    uncovered: list[Segment] = [(f" · no data: {', '.join(none)}", "unknown")] if none else []
    for words in (
        ", ".join(f"{one.release} of {one.as_of}" for one in old),
        ", ".join(one.release for one in old),
        plural(len(old), "platform"),
    ):
        yield [(f" · old: {words}", "stale"), *uncovered] if old else uncovered


def ages(one: Platform, today: date) -> Iterator[str]:
    """By what hosts of a release are judged."""
    for feed in one.feeds:
        yield f"{feed.name} of {feed.date}" + (" (old)" if feed.old(today) else "")
    if one.gap:
        yield one.gap
