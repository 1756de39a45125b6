"""When something may be sent. Pure; moments are aware, times of day are local to `at`'s zone."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from schouw.model.notifier import Notifier
from schouw.notify.ledger import Told

PACE = timedelta(minutes=5)
"""Between two messages to one address."""
_FIRST, _LONGEST = timedelta(minutes=1), timedelta(hours=1)
"""Before another try at an address that does not work, doubled each time."""


def may_send(notifier: Notifier, told: Told, at: datetime, ending: bool = False) -> bool:
    """Whether a message may go out at `at`, local time. `ending`: there may be no later, so the pace does not count."""
    if told.failures and told.tried_at is not None:
        wait = min(_FIRST * 2.0 ** min(told.failures - 1, 10), _LONGEST)
        # The second bound: a clock that was set back.
        if told.tried_at <= at < told.tried_at + wait:
            return False
    if notifier.quiet is not None and _within(at.time(), *notifier.quiet):
        return False
    if notifier.digest is not None:
        return (told.sent_at or told.begun_at) < _last(notifier.digest, at)
    return ending or told.sent_at is None or not told.sent_at <= at < told.sent_at + PACE


def _within(moment: time, start: time, end: time) -> bool:
    return start <= moment < end if start < end else moment >= start or moment < end


def _last(daily: time, at: datetime) -> datetime:
    """The last moment, at or before `at`, at which it was that time of day."""
    today = at.replace(hour=daily.hour, minute=daily.minute, second=0, microsecond=0)
    return today if today <= at else today - timedelta(days=1)
