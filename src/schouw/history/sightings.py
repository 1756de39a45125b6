"""For each finding, every scan that saw it, looked and did not see it, or could not look.

The scan log says when there were scans and which of them reached the host; the journal says between which moments the
finding was there. All that is kept beside those are the runs of scans that did not look for it, one row a run: so a
host on which all is looked for costs nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa

from schouw.history import journal, schema
from schouw.history.values import Change, ChangeKind, Life, Saw, Sight
from schouw.model.severity import HostState

table = sa.Table(
    "unlooked",
    schema.METADATA,
    sa.Column("id", schema.Id, primary_key=True),
    schema.host_column(),
    sa.Column("finding_id", schema.Id, sa.ForeignKey("finding.id", ondelete="CASCADE"), nullable=False),
    sa.Column("reason", schema.Words, nullable=False),
    sa.Column("first", schema.Moment, nullable=False),  # end of the first scan of the run
    sa.Column("last", schema.Moment, nullable=False),
    sa.Index("unlooked_by_end", "host_id", "last"),
    sa.Index("unlooked_by_finding", "finding_id"),
)

_run, _scan, _finding = table.c, schema.scan.c, schema.finding.c
_LONGER = sa.update(table).where(_run.id == sa.bindparam("run")).values(last=sa.bindparam("at", type_=schema.Moment))
_REASON = 300

_JOURNAL = 200


def unlooked(connection: sa.Connection, host_id: int, reasons: Mapping[int, str], at: datetime, before: datetime | None) -> None:
    """Findings (by id) that a scan did not look for, and why not. `before`: the end of the last scan that saw something."""
    if not reasons:
        return
    going = sa.select(_run.finding_id, _run.id, _run.reason).where(_run.host_id == host_id, _run.last == before)
    # Where the clock was set back since then, another run begins: one that got shorter would forget scans.
    going = going if before is None or before <= at else going.where(sa.false())
    runs = {(row.finding_id, row.reason): row.id for row in connection.execute(going)}
    cut = {finding: reason[:_REASON] for finding, reason in reasons.items()}
    if longer := [{"run": runs[pair], "at": at} for pair in cut.items() if pair in runs]:
        connection.execute(_LONGER, longer)
    added = [
        {"host_id": host_id, "finding_id": finding, "reason": reason, "first": at, "last": at}
        for finding, reason in cut.items()
        if (finding, reason) not in runs
    ]
    if added:
        connection.execute(sa.insert(table), added)


def life(connection: sa.Connection, host_id: int, key: str, scans: int) -> Life:
    """What the newest `scans` of the host saw of one finding, and its journal."""
    finding = connection.execute(sa.select(_finding.id).where(_finding.host_id == host_id, _finding.key == key)).scalar()
    written = journal.of_finding(connection, host_id, key, _JOURNAL)
    runs = connection.execute(sa.select(_run.first, _run.last, _run.reason).where(_run.finding_id == finding)).all()
    log = connection.execute(
        sa.select(_scan.finished_at, _scan.state, _scan.error)
        .where(_scan.host_id == host_id)
        .order_by(_scan.id.desc())
        .limit(scans)
    )
    present = _presence(written)
    sights = []
    for at, state, error in log:
        if state == HostState.UNREACHABLE:
            sights.append(Sight(at, Saw.UNREACHED, error))
        elif run := next((run for run in runs if run.first <= at <= run.last), None):
            sights.append(Sight(at, Saw.UNLOOKED, run.reason))
        elif there := next((there for since, there in present if since <= at), None):
            sights.append(Sight(at, there))
    return Life(tuple(sights), written)


def _presence(written: Iterable[Change]) -> list[tuple[datetime, Saw]]:
    """From which moment on it was there or not, newest first. Before the first of them it was not known."""
    saw = {ChangeKind.OPENED: Saw.SEEN, ChangeKind.REOPENED: Saw.SEEN}
    saw |= dict.fromkeys((ChangeKind.FIXED, ChangeKind.RETRACTED), Saw.GONE)
    return [(one.at, saw[one.kind]) for one in written if one.kind in saw][::-1]
