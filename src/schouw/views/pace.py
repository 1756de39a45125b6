"""How many are left day by day over all hosts, and when the present pace reaches zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from schouw.history.phaseouts import Days

#: Of which the newest so many make the pace.
_PACE_DAYS = 28
_PACE_LEAST = timedelta(days=3)
_FAR = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Pace:
    """`per_day` accounts fewer a day; `zero`: when nobody is left at that pace, None where it is not falling."""

    per_day: float
    zero: date | None


def total(days: Days, today: date) -> tuple[tuple[date, int], ...]:
    """All hosts together: a day without a look at a host is as the day before, and before its first as that."""
    if not any(days.values()):
        return ()
    first = min(day for figures in days.values() for day in figures)
    last = max(today, *(day for figures in days.values() for day in figures))
    current = {host: figures[min(figures)] for host, figures in days.items() if figures}
    found = []
    for ago in range((last - first).days + 1):
        day = first + timedelta(days=ago)
        current |= {host: figures[day] for host, figures in days.items() if day in figures}
        found.append((day, sum(current.values())))
    return tuple(found)


def pace(trend: Sequence[tuple[date, int]]) -> Pace | None:
    """A straight line through the newest four weeks (least squares)."""
    points = trend[-_PACE_DAYS:]
    if not points or points[-1][0] - points[0][0] < _PACE_LEAST:
        return None
    today, left = points[-1]
    ages = [(day - today).days for day, _ in points]
    middle, height = sum(ages) / len(points), sum(count for _, count in points) / len(points)
    spread = sum((age - middle) ** 2 for age in ages)
    slope = sum((age - middle) * (count - height) for age, (_, count) in zip(ages, points, strict=True)) / spread
    if left == 0:
        return Pace(-slope, today)
    ahead = timedelta(days=left / -slope) if slope < 0 else _FAR
    return Pace(-slope, today + ahead if ahead < _FAR else None)
