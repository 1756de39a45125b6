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


#: CVEs of which something is known that bears on how soon they want to be fixed, and that the other database knows otherwise.
#: EPSS does not: it changes daily, and orders what is equally urgent.
_ABOUT = "select name, vector, exploited, ransomware, automatable, total from {schema}.cve"
_OTHERWISE = f"""
with other as (
  select name from ({_ABOUT.format(schema="main")} except {_ABOUT.format(schema="old")})
  union select name from ({_ABOUT.format(schema="old")} except {_ABOUT.format(schema="main")})
)
insert or ignore into main.change select distinct ?, platform.release, fix.name
from main.fix join main.platform on platform.id = fix.platform where fix.adv in (
  select adv.id from main.adv join other on other.name = adv.name where adv.cves is null
  union select adv_cve.adv from main.adv_cve join main.cve on cve.id = adv_cve.cve join other on other.name = cve.name
)
"""  # noqa: S608


def note_changes(connection: sqlite3.Connection, old: Path | None, feeds: set[str]) -> None:
    """Count the generation up, and keep which (release, name) of these feeds differ from the `old` file's.

    Names with a CVE that is more or less urgent than it was count as well.
    """
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
        connection.execute(_OTHERWISE, (generation,))
    finally:
        connection.execute("detach old")
