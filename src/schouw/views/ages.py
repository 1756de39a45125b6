"""Ages and moments in as few characters as a person needs."""

from __future__ import annotations

from datetime import datetime

_UNITS = ((365 * 86400, "y"), (30 * 86400, "mo"), (86400, "d"), (3600, "h"), (60, "m"))


def age(seconds: float) -> str:
    """12 → "12s", 130 → "2m", 3 hours → "3h", 4 days → "4d"; a moment in the future is "0s" (clocks drift)."""
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{max(0, int(seconds))}s"


def since(then: datetime | None, now: datetime) -> str:
    """The age of `then`, or "never"."""
    return "never" if then is None else age((now - then).total_seconds())


def day(moment: datetime, now: datetime) -> str:
    """ "20 Nov" in the time zone of `now`, with the year where it is another one."""
    moment = moment.astimezone(now.tzinfo)
    text = f"{moment.day} {moment:%b}"
    return text if moment.year == now.year else f"{text} {moment.year}"


def clock(seconds: float) -> str:
    """Elapsed time: 21 → "0:21", 3700 → "1:01:40"."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
