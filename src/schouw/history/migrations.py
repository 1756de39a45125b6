"""From the schema of an older schouw to today's: one numbered function a step.

A new file is made from `schema` at once, so only files that people already have walk these steps.
To change the schema: change `schema.py`, raise `fileformat.VERSION`, and add the function that turns
the version before into it. A step runs in one transaction with all the others, and a copy of the file is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from schouw.history import accounts, baselines, claims, decisions, phaseouts, sightings

Step = Callable[[Connection], None]


def _without_leases(connection: Connection) -> None:
    """One engine a history (`schouw.scan.place.Lock`) keeps two from scanning the same host; nothing ever took a lease."""
    connection.exec_driver_sql("DROP TABLE IF EXISTS lease")


def _with_people(connection: Connection) -> None:
    """What people say of findings, which scans did not look for one, named moments, and counts a day by severity."""
    execute = connection.exec_driver_sql
    execute("ALTER TABLE event ADD COLUMN text TEXT NOT NULL DEFAULT ''")
    execute("CREATE INDEX event_by_finding ON event (host_id, key)")
    execute("ALTER TABLE finding ADD COLUMN since BIGINT NOT NULL DEFAULT 0")
    execute(
        "UPDATE finding SET since = coalesce((SELECT max(at) FROM event WHERE event.host_id = finding.host_id"
        " AND event.key = finding.key AND event.kind IN ('opened', 'reopened')), first_seen)"
    )
    execute("CREATE INDEX finding_by_end ON finding (fixed_at)")
    for severity in ("critical", "high", "medium", "low", "info"):
        execute(f"ALTER TABLE daily ADD COLUMN {severity} INTEGER NOT NULL DEFAULT 0")
    for table in (claims.table, decisions.assigned, sightings.table, baselines.table, baselines.audited):
        table.create(connection)


#: The version that a step leads to → the step.
STEPS: Mapping[int, Step] = {2: _without_leases, 3: accounts.create, 4: _with_people, 5: phaseouts.create}
