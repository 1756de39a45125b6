"""What became of findings since a moment, counted by area and by host."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from schouw.history.values import Compared, Fate
from schouw.model.severity import Area

#: In the order in which they are told: what got worse, what was achieved, what is left.
FATES = (Fate.NEW, Fate.REGRESSED, Fate.FIXED, Fate.OPEN, Fate.ACCEPTED, Fate.RETRACTED, Fate.PASSED)
ROLES = {
    Fate.NEW: "new", Fate.REGRESSED: "regressed", Fate.FIXED: "fixed", Fate.OPEN: "open", Fate.ACCEPTED: "accepted",
    Fate.RETRACTED: "dim", Fate.PASSED: "dim",
}  # fmt: skip

Counts = list[tuple[str, Counter[Fate]]]


def by_area(changes: Iterable[Compared]) -> Counts:
    """All six lanes of which there is something, in their order."""
    counts = dict(_count(changes, lambda one: one.tracked.finding.area.value))
    return [(area.value, counts[area.value]) for area in Area if area.value in counts]


def by_host(changes: Iterable[Compared]) -> Counts:
    return sorted(_count(changes, lambda one: one.host))


def _count(changes: Iterable[Compared], by: Callable[[Compared], str]) -> Iterable[tuple[str, Counter[Fate]]]:
    counts: dict[str, Counter[Fate]] = {}
    for one in changes:
        counts.setdefault(by(one), Counter())[one.fate] += 1
    return counts.items()


def arrange(changes: Iterable[Compared]) -> list[Compared]:
    """By fate, then worst first."""
    return sorted(changes, key=_place)


def _place(one: Compared) -> tuple[int, int, str, str]:
    return FATES.index(one.fate), one.tracked.finding.severity.rank, one.host, one.tracked.key


def in_words(changes: Sequence[Compared]) -> str:
    """ "3 fixed, 1 new, 12 still open" """
    counts = Counter(one.fate for one in changes)
    return ", ".join(f"{counts[fate]} {fate.value}" for fate in FATES if counts[fate]) or "nothing was ever found"
