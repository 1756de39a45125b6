"""By when a finding has to be dealt with, in words."""

from __future__ import annotations

from datetime import datetime

from schouw.model.finding import TrackedFinding
from schouw.views.ages import day
from schouw.views.segments import Segment

_SOON = 3


def due_word(tracked: TrackedFinding, now: datetime) -> Segment:
    """ "due 3d", "due today", "late 4d"; "" where no day is set or it does not count."""
    left = days_left(tracked, now)
    if left is None:
        return "", "dim"
    if left < 0:
        return f"late {-left}d", "error"
    return f"due {left}d" if left else "due today", "new" if left <= _SOON else "dim"


def due_line(tracked: TrackedFinding, now: datetime) -> str:
    """ "27 Nov, in 3 days", "20 Nov, 4 days ago"; "" as above."""
    left, when = days_left(tracked, now), tracked.due
    if left is None or when is None:
        return ""
    far = "today" if not left else f"in {_days(left)}" if left > 0 else f"{_days(-left)} ago"
    return f"{day(datetime(when.year, when.month, when.day, tzinfo=now.tzinfo), now)}, {far}"


def days_left(tracked: TrackedFinding, now: datetime) -> int | None:
    """Below 0: it is late by so many."""
    when = tracked.due if tracked.state.active else None
    return None if when is None else (when - now.date()).days


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
