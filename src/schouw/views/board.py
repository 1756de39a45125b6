"""The fleet as the screen holds it: rows by name, and an order that only changes when nobody is looking for something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from schouw.model.host import Host
from schouw.model.summary import Summary
from schouw.views.filters import Filter
from schouw.views.order import arrange
from schouw.views.segments import width
from schouw.views.status import Live, Row

Change = Summary | Live | None
"""What came of a host: a finished scan, a step of one, or that it is no longer being scanned."""

Sections = list[tuple[str, list[str]]]
"""Headings and the names under them."""


@dataclass(slots=True)
class Board:
    """Changes are taken in at once; the order is worked out by `arrange` alone, which the screen calls."""

    rows: dict[str, Row]
    filter: Filter = field(default_factory=Filter)
    sort: str = "worst"
    reverse: bool = False
    grouping: str = "none"
    sections: Sections = field(default_factory=list)
    marked: set[str] = field(default_factory=set)
    _longest: int = -1

    @classmethod
    def of(cls, hosts: Iterable[Host], summaries: Mapping[str, Summary]) -> Board:
        return cls({host.name: Row(host, summaries.get(host.name) or Summary(host.name)) for host in hosts})

    @property
    def names(self) -> list[str]:
        """In the order of the screen."""
        return [name for _, names in self.sections for name in names]

    @property
    def longest(self) -> int:
        """Cells of the longest name of the fleet."""
        if self._longest < 0:
            self._longest = max((width(name) for name in self.rows), default=0)
        return self._longest

    def apply(self, changes: Mapping[str, tuple[Change, ...]]) -> set[str]:
        """Take changes in; the names whose row is now another one. Names that are not in the fleet are left out."""
        touched = set()
        for name, several in changes.items():
            row = self.rows.get(name)
            if row is None:
                continue
            after = row
            for change in several:
                after = replace(after, summary=change) if isinstance(change, Summary) else replace(after, live=change)
            if after != row:
                self.rows[name] = after
                touched.add(name)
        return touched

    def wanted(self, now: datetime) -> Sections:
        """The order that sorting and filtering would give now."""
        shown = (row for row in self.rows.values() if self.filter.matches(row, now))
        return arrange(shown, self.sort, self.reverse, self.grouping)

    def arrange(self, now: datetime) -> bool:
        """Put everything in its order; whether that changed anything."""
        wanted = self.wanted(now)
        if wanted == self.sections:
            return False
        self.sections = wanted
        return True

    def moved(self, now: datetime) -> int:
        """How many hosts would stand elsewhere, come or go if `arrange` were called now."""
        wanted = [name for _, names in self.wanted(now) for name in names]
        shown = self.names
        if wanted == shown:
            return 0
        places = {name: place for place, name in enumerate(wanted)}
        moved = sum(places.get(name) != place for place, name in enumerate(shown))
        return moved + len(places.keys() - set(shown))

    def chosen(self, cursor: str | None) -> tuple[str, ...]:
        """The marked hosts in the order of the screen, else the one under the cursor."""
        marked = tuple(name for name in self.names if name in self.marked)
        marked += tuple(sorted(self.marked - set(marked)))
        return marked or ((cursor,) if cursor else ())
