"""All that the history knows of one host, read in one go (and in a thread)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from schouw.model.facts import Facts
from schouw.model.finding import NotChecked, TrackedFinding
from schouw.model.trend import DayCount
from schouw.tui.source import Source
from schouw.views.tabs import Scan


@dataclass(frozen=True, slots=True)
class Known:
    findings: Sequence[TrackedFinding]
    lacking: Sequence[NotChecked]
    facts: Facts | None
    scans: Sequence[Scan]
    days: Sequence[DayCount]
    """Of the last three months."""


def read(source: Source, name: str, today: date) -> Known:
    days = source.days(name, today - timedelta(days=90))
    return Known(source.findings(name), source.not_checked(name), source.facts(name), source.scans(name), days)
