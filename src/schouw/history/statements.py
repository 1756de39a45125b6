"""The statements of every scan, built once: building one costs more than running it."""

from __future__ import annotations

import sqlalchemy as sa

from schouw.history import schema
from schouw.model.severity import FindingState, Severity

_host, _section, _blob, _daily = schema.host.c, schema.section.c, schema.blob.c, schema.daily.c
_finding, _accepted = schema.finding.c, schema.accepted.c

WITH_ACCEPTED = schema.finding.outerjoin(
    schema.accepted, sa.and_(_accepted.host_id == _finding.host_id, _accepted.key == _finding.key)
)

#: It has not ended. No IN: its text would be made anew for every host.
GOES_ON = sa.and_(*(_finding.state != state.value for state in FindingState if state.ended))
_OF_HOST = _finding.host_id == sa.bindparam("host_id")
_THIS_HOST = _host.id == sa.bindparam("row")
_AT = sa.bindparam("at", type_=schema.Moment)
_NEW = ("check_name", "subject", "area", "severity", "title", "body", "state")
_COUNTED = (_finding.area, _finding.severity, _finding.state, _finding.title, _accepted.until)


def _bound(*names: str) -> dict[str, sa.BindParameter[object]]:
    return {name: sa.bindparam(f"new_{name}") for name in names}


# Findings

#: A host's findings as stored, each with the end of its acceptance. Bound: host_id.
STORED = (
    sa.select(_finding.id, _finding.key, _finding.check_name, _finding.subject, _finding.body, *_COUNTED)
    .select_from(WITH_ACCEPTED)
    .where(_OF_HOST)
)

#: A host's findings that have not ended, for counting. Bound: host_id.
TRACKED = sa.select(_finding.check_name, _finding.subject, *_COUNTED).select_from(WITH_ACCEPTED).where(_OF_HOST, GOES_ON)

_THIS = _finding.id == sa.bindparam("row")

#: Seen once more, just as before. Bound: row, at.
SEE_AGAIN = sa.update(schema.finding).where(_THIS).values(last_seen=_AT, scans=_finding.scans + 1)

#: Looked for and gone. Bound: row, at.
CLOSE = sa.update(schema.finding).where(_THIS).values(state=FindingState.FIXED.value, fixed_at=_AT)

#: Judged by other data, and gone by that. Bound: row, at.
RETRACT = CLOSE.values(state=FindingState.RETRACTED.value)

_AGAIN = sa.bindparam("again", type_=schema.Moment)

#: Judged differently, though nobody looked again. Bound: row, at, back (1 where it came back), again (when
#: it began anew, NULL where it goes on), new_… for each column.
REWRITE = (
    sa.update(schema.finding)
    .where(_THIS)
    .values(
        fixed_at=None,
        reopened=_finding.reopened + sa.bindparam("back"),
        first_seen=sa.func.coalesce(_AGAIN, _finding.first_seen),
        since=sa.case((sa.bindparam("back") > 0, _AT), else_=sa.func.coalesce(_AGAIN, _finding.since)),
        **_bound(*_NEW),
    )
)

#: Seen once more in another state or shape. Bound: as `REWRITE`.
CHANGE = REWRITE.values(last_seen=_AT, scans=_finding.scans + 1)

ADD_FINDING = sa.insert(schema.finding)
ADD_EVENT = sa.insert(schema.event)

# The host, its scan log and its trend

#: Bound: name.
HOST = sa.select(schema.host).where(_host.name == sa.bindparam("name"))

ADD_HOST = sa.insert(schema.host).returning(_host.id)

#: Bound: row, new_summary, new_lapses_at.
KEEP = sa.update(schema.host).where(_THIS_HOST).values(**_bound("summary", "lapses_at"))

#: Bound: row, new_summary, new_lapses_at, new_taken_at, new_not_checked.
KEEP_LOOK = sa.update(schema.host).where(_THIS_HOST).values(**_bound("summary", "lapses_at", "taken_at", "not_checked"))

ADD_SCAN = sa.insert(schema.scan)

_MY_DAYS = _daily.host_id == sa.bindparam("mine")

#: Days after one, and what counted on them. Bound: mine, too_old.
DAYS = sa.select(_daily.day, _daily.active, *(_daily[severity.value] for severity in Severity)).where(
    _MY_DAYS, _daily.day > sa.bindparam("too_old")
)

#: To be written anew. Bound: mine, today.
FORGET_DAY = sa.delete(schema.daily).where(_MY_DAYS, _daily.day == sa.bindparam("today"))

ADD_DAY = sa.insert(schema.daily)

# Facts as last seen

#: Bound: host_id.
SECTIONS = sa.select(_section.name, _section.sha256).where(_section.host_id == sa.bindparam("host_id"))

# Many at once as one value, in JSON: to bind each of them costs more than the rest of a scan's statements together.
_MANY = sa.func.json_each(sa.bindparam("many")).table_valued("key", "value")

#: Which of these contents are there. Bound: many (a list of digests).
THERE = sa.select(_blob.sha256).where(_blob.sha256.in_(sa.select(_MANY.c.value)))

ADD_BLOB = sa.insert(schema.blob)

#: Sections of a host. Bound: mine, many (name → digest).
ADD_SECTIONS = sa.insert(schema.section).from_select(
    ["host_id", "name", "sha256"], sa.select(sa.bindparam("mine", type_=sa.BigInteger), _MANY.c.key, _MANY.c.value)
)

#: Bound: mine, section, digest.
CHANGE_SECTION = (
    sa.update(schema.section)
    .where(_section.host_id == sa.bindparam("mine"), _section.name == sa.bindparam("section"))
    .values(sha256=sa.bindparam("digest"))
)

#: Bound: mine, section.
DROP_SECTION = sa.delete(schema.section).where(_section.host_id == sa.bindparam("mine"), _section.name == sa.bindparam("section"))

#: Remove a content that no host shows any more. Bound: digest.
FORGET_BLOB = sa.delete(schema.blob).where(
    _blob.sha256 == sa.bindparam("digest"), ~sa.select(_section.sha256).where(_section.sha256 == _blob.sha256).exists()
)

#: Bound: digests.
CONTENTS = sa.select(_blob.sha256, _blob.data).where(_blob.sha256.in_(sa.bindparam("digests", expanding=True)))
