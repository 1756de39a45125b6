"""From the schema of an older schouw to today's: one numbered function a step.

A new file is made from `schema` at once, so only files that people already have walk these steps.
To change the schema: change `schema.py`, raise `fileformat.VERSION`, and add the function that turns
the version before into it. A step runs in one transaction with all the others, and a copy of the file is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from schouw.history import accounts

Step = Callable[[Connection], None]


def _without_leases(connection: Connection) -> None:
    """One engine a history (`schouw.scan.place.Lock`) keeps two from scanning the same host; nothing ever took a lease."""
    connection.exec_driver_sql("DROP TABLE IF EXISTS lease")


#: The version that a step leads to → the step.
STEPS: Mapping[int, Step] = {2: _without_leases, 3: accounts.create}
