"""The statements of every scan, built once: building one costs more than running it."""

from __future__ import annotations

import sqlalchemy as sa

from schouw.history import schema
from schouw.model.severity import FindingState

_finding, _accepted = schema.finding.c, schema.accepted.c

WITH_ACCEPTED = schema.finding.outerjoin(
    schema.accepted, sa.and_(_accepted.host_id == _finding.host_id, _accepted.key == _finding.key)
)

_OF_HOST = _finding.host_id == sa.bindparam("host_id")
_THESE = _finding.id.in_(sa.bindparam("rows", expanding=True))
_AT = sa.bindparam("at", type_=schema.Moment)
_NEW = ("check_name", "subject", "area", "severity", "title", "body", "state")

#: A host's findings as stored. Bound: host_id.
STORED = sa.select(
    _finding.id,
    _finding.key,
    _finding.check_name,
    _finding.subject,
    _finding.state,
    _finding.severity,
    _finding.title,
    _finding.body,
).where(_OF_HOST)

#: A host's findings that are not fixed, for counting. Bound: host_id.
TRACKED = (
    sa.select(_finding.area, _finding.severity, _finding.state, _finding.title, _accepted.until)
    .select_from(WITH_ACCEPTED)
    .where(_OF_HOST, _finding.state != FindingState.FIXED.value)
)

#: Seen once more, just as before. Bound: rows, at.
SEE_AGAIN = sa.update(schema.finding).where(_THESE).values(last_seen=_AT, scans=_finding.scans + 1)

#: Looked for and gone. Bound: rows, at.
CLOSE = sa.update(schema.finding).where(_THESE).values(state=FindingState.FIXED.value, fixed_at=_AT)

#: Seen once more in another state or shape. Bound: row, at, back (1 where it came back), new_… for each column.
CHANGE = (
    sa.update(schema.finding)
    .where(_finding.id == sa.bindparam("row"))
    .values(
        last_seen=_AT,
        fixed_at=None,
        scans=_finding.scans + 1,
        reopened=_finding.reopened + sa.bindparam("back"),
        **{name: sa.bindparam(f"new_{name}") for name in _NEW},
    )
)
