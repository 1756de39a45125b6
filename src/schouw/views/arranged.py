"""How the fleet is shown, in words: which hosts, in which order, under which headings."""

from __future__ import annotations

from collections.abc import Iterable

from schouw.views.board import Board
from schouw.views.order import SORTS
from schouw.views.segments import Segment

GROUP_WORDS = {"none": "not grouped", "group": "by group", "os": "by system", "state": "by state"}


def words(board: Board, notes: Iterable[Segment]) -> list[Segment]:
    """Filter, order and grouping; then the notes, and what is wrong with the filter."""
    parts: list[Segment] = [(" ", "text")]
    if board.filter.text:
        parts += [
            ("filter ", "dim"),
            (board.filter.text, "accent"),
            (f"  {len(board.names)} of {len(board.rows)} shown", "text"),
            (" · ", "dim"),
        ]
    arrow = " ↑" if board.reverse else ""
    parts.append((f"{SORTS[board.sort][0]}{arrow}", "dim"))
    if board.grouping != "none":
        parts.append((f" · {GROUP_WORDS[board.grouping]}", "dim"))
    wrong = [(problem.text, "error") for problem in board.filter.problems[:1]]
    for note in (*notes, *wrong):
        parts += [(" · ", "dim"), note]
    return parts
