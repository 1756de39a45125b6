"""Which names a new database says something else of: only those have to be judged again."""

from __future__ import annotations

import sqlite3
from pathlib import Path

#: Generations of which the changes are remembered; who missed more judges everything.
KEPT = 50

#: Rows that one has and the other has not, as names. Platforms get new numbers with every import; releases do not.
_DIFFERENT = """
select platform.release, fix.name, fix.adv, fix.module, fix.arch, fix.status, fix.fixed, fix.urgency, fix.note, adv.cves,
  feed.name, platform.pocket, platform.keyed
from {schema}.fix join {schema}.platform on platform.id = fix.platform join {schema}.feed on feed.id = platform.feed
  join {schema}.adv on adv.id = fix.adv
where feed.name in ({feeds})
"""


def note_changes(connection: sqlite3.Connection, old: Path | None, feeds: set[str]) -> None:
    """Count the generation up, and keep which (release, name) of these feeds differ from the `old` file's."""
    generation = int(connection.execute("select value from meta where key = 'generation'").fetchone()[0]) + 1
    connection.execute("update meta set value = ? where key = 'generation'", (str(generation),))
    connection.execute("delete from change where generation <= ?", (generation - KEPT,))
    if old is None:
        return
    connection.execute("attach ? as old", (f"{old.absolute().as_uri()}?mode=ro&immutable=1",))
    try:
        marks = ", ".join("?" for _ in feeds)
        new, before = (_DIFFERENT.format(schema=schema, feeds=marks) for schema in ("main", "old"))
        for one, other in ((new, before), (before, new)):
            connection.execute(
                f"insert or ignore into main.change select distinct ?, release, name from ({one} except {other})",  # noqa: S608
                (generation, *feeds, *feeds),
            )
    finally:
        connection.execute("detach old")
