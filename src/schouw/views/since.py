"""From when on something is compared, as people write it: a moment, an age, a scan, a baseline."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from schouw.errors import ConfigError
from schouw.model.baseline import Baseline, is_baseline_name

_AGO = re.compile(r"(\d{1,5})([mhdw])")
_NEXT = timedelta(microseconds=1)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Known(Protocol):
    """What names moments: a history."""

    def baseline(self, name: str) -> Baseline: ...
    def scan_end(self, number: int) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Since:
    """A moment, and how it was meant."""

    at: datetime
    words: str
    audit: Baseline | None = None
    """The list of an audit that was imported, where that was named."""


def moment(text: str, now: datetime) -> datetime:
    """A date (from its first second, local time), an RFC 3339 time, or an age such as 36h; `ConfigError` otherwise."""
    try:
        if ago := _AGO.fullmatch(text):
            then = now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        elif len(text) == 10:
            then = datetime.combine(date.fromisoformat(text), time()).astimezone(UTC)
        else:
            then = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConfigError(f"{text!r}: expected a date such as 2026-10-01, an RFC 3339 time, or an age such as 7d") from None
    if then > now:
        raise ConfigError(f"{text}: that is yet to come")
    return then


def resolve(text: str, now: datetime, known: Known) -> Since:
    """As `moment`, or the number of a scan in the scan log, or the name of a baseline; `ConfigError` for anything else."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        end = known.scan_end(int(text))
        if end is None:
            raise ConfigError(f"the scan log has no scan {text}; the scans of a host: its tab “scans”")
        return Since(end + _NEXT, f"scan {text}")  # what it saw was there then
    if is_baseline_name(text):
        baseline = known.baseline(text)
        return Since(baseline.at, baseline.name, baseline if baseline.source else None)
    return Since(moment(text, now), text)
