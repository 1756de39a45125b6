"""What a report says of the vulnerability database that hosts were judged by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from schouw.errors import DatabaseError
from schouw.model.vulnerability import FeedAge


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Nothing in it: there is no database that can be used."""

    updated_at: datetime | None = None
    """When the newest of it came here."""
    vulnerabilities: int = 0
    """CVEs of which anything is known."""
    sources: tuple[FeedAge, ...] = ()


NO_DATABASE = Knowledge()


def read_knowledge(path: Path) -> Knowledge:
    """Of the database at `path`, where there is one; never raises, since hosts say themselves that they were not checked."""
    if not path.exists():
        return NO_DATABASE
    from schouw.vulnerabilities import overview
    from schouw.vulnerabilities.database import Database

    try:
        database = Database.open(path)
        try:
            feeds = overview.feeds(database)
            known = overview.known(database)
        finally:
            database.close()
    except DatabaseError:
        return NO_DATABASE
    newest = max((datetime.fromisoformat(feed.fetched) for feed in feeds), default=None)
    return Knowledge(newest, known, tuple(FeedAge(feed.name, feed.date, feed.days) for feed in feeds))
