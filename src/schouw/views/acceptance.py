"""Accepting a finding: until when, as people write it, and how that is said back."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from schouw.errors import ConfigError
from schouw.views.ages import day

USUAL_DAYS = 30
LONGEST_DAYS = 3660
_AHEAD = re.compile(r"(\d{1,4})([dw])")


def last_moment(text: str, now: datetime) -> datetime:
    """The end of a day in this machine's time zone, in UTC: of a date such as 2027-03-31, or so many days or weeks ahead.

    `ConfigError` for anything else, for a day that is over, and for one more than ten years away.
    """
    text = text.strip()
    today = now.astimezone().date()
    try:
        ahead = _AHEAD.fullmatch(text)
        last = today + timedelta(days=int(ahead[1]) * (7 if ahead[2] == "w" else 1)) if ahead else date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r}: expected a date such as {_usual(today)}, or days or weeks such as 30d, 6w") from None
    if last < today:
        raise ConfigError(f"{text}: that day is over; expected one to come")
    if last > today + timedelta(days=LONGEST_DAYS):
        raise ConfigError(f"{text}: more than ten years away; a risk is looked at again before that")
    return datetime.combine(last, time.max).astimezone(UTC)


def usual(now: datetime) -> str:
    """The date to begin with."""
    return str(_usual(now.astimezone().date()))


def in_words(until: datetime | None, now: datetime) -> str:
    return f"accepted until {day(until, now)}, and counts again after that" if until else "withdrawn: it counts again"


def _usual(today: date) -> date:
    return today + timedelta(days=USUAL_DAYS)
