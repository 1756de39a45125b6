"""Who is to be told of what, and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum

from schouw.model.severity import Severity


class Matter(StrEnum):
    """What somebody may want to be told of, the most urgent first."""

    EXPLOITED = "exploited"
    """A finding of which it is known that attackers use it."""
    REGRESSED = "regressed"
    NEW = "new"
    OVERDUE = "overdue"
    """It was accepted until a day, had to be fixed by one, or was to be gone by a phase-out's, and that day is over."""
    LAPSING = "lapsing"
    """It is accepted until a day that is near (`LAPSES_SOON`): decide again, or fix it."""
    STALE = "stale"
    """A host could not be looked at for longer than its `stale_after`."""


@dataclass(frozen=True, slots=True)
class Notifier:
    """One table ``[notify.NAME]`` of the fleet file."""

    name: str
    url_file: str = ""
    """Path of a file with addresses, one a line."""
    url_env: str = ""
    """Name of an environment variable with addresses, parted by blanks."""
    urls: tuple[str, ...] = field(default=(), repr=False)
    """What `url_env` held when somebody read it; they may hold passwords."""
    about: tuple[Matter, ...] = tuple(Matter)
    severity: Severity = Severity.HIGH
    """The least severe finding that is told."""
    groups: tuple[str, ...] = ()
    """Of these groups alone; none: of all hosts."""
    quiet: tuple[time, time] | None = None
    """From and until when nothing is sent; local time, over midnight where the first is the later."""
    digest: time | None = None
    """Sent once a day at this local time; None: after each scan."""
