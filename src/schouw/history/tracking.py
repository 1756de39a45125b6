"""Findings in the database: their life moved on by a scan, accepted by people. Each takes part in the caller's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

import msgspec
import sqlalchemy as sa

from schouw.history import schema
from schouw.history.encoding import clean, to_json
from schouw.history.life import after, by_key, shown
from schouw.history.tally import Tracked
from schouw.history.values import ChangeKind
from schouw.model.finding import Finding, TrackedFinding, Verdict
from schouw.model.severity import Area, FindingState, Severity

_finding, _accepted = schema.finding.c, schema.accepted.c

_KINDS = {
    FindingState.NEW: ChangeKind.OPENED,
    FindingState.REGRESSED: ChangeKind.REOPENED,
    FindingState.FIXED: ChangeKind.FIXED,
}
_WITH_ACCEPTED = schema.finding.outerjoin(
    schema.accepted, sa.and_(_accepted.host_id == _finding.host_id, _accepted.key == _finding.key)
)
_DECODER = msgspec.json.Decoder(Finding)


def update(
    connection: sa.Connection, host_id: int, verdict: Verdict, looked_for: Callable[[str, str], bool], at: datetime
) -> Counter[ChangeKind]:
    """Move every finding of the host on by one scan; how many opened, came back and were fixed."""
    seen = {clean(key): finding for key, finding in by_key(verdict).items()}
    columns = (
        _finding.id,
        _finding.key,
        _finding.check_name,
        _finding.subject,
        _finding.state,
        _finding.severity,
        _finding.title,
    )
    rows = {row.key: row for row in connection.execute(sa.select(*columns).where(_finding.host_id == host_id))}
    events: list[dict[str, object]] = []
    added: list[dict[str, object]] = []
    again: list[dict[str, object]] = []
    gone: list[dict[str, object]] = []
    for key, finding in seen.items():
        row = rows.get(key)
        state = after(FindingState(row.state) if row else None, seen=True, looked_for=True)
        if row is None:
            added.append(_values(finding) | {"host_id": host_id, "key": key, "state": FindingState.NEW.value} | _first(at))
        else:
            back = int(state is FindingState.REGRESSED)
            again.append({f"v_{name}": value for name, value in _values(finding).items()} | _again(row.id, state, back, at))
        if state in (FindingState.NEW, FindingState.REGRESSED):
            events.append(_event(host_id, at, _KINDS[state], key, finding.severity.value, finding.title))
    for key, row in rows.items():
        before = FindingState(row.state)
        if key in seen or after(before, seen=False, looked_for=looked_for(row.check_name, row.subject)) is before:
            continue
        gone.append({"v_id": row.id})
        events.append(_event(host_id, at, ChangeKind.FIXED, key, row.severity, row.title))
    _write(connection, added, again, gone, events, at)
    return Counter(ChangeKind(str(event["kind"])) for event in events)


def tracked(connection: sa.Connection, host_id: int) -> list[Tracked]:
    """The findings that are not fixed, as counting needs them."""
    rows = connection.execute(
        sa.select(_finding.area, _finding.severity, _finding.state, _finding.title, _accepted.until)
        .select_from(_WITH_ACCEPTED)
        .where(_finding.host_id == host_id, _finding.state != FindingState.FIXED.value)
    )
    return [
        Tracked(Area(area), Severity(severity), FindingState(state), title, until) for area, severity, state, title, until in rows
    ]


def findings(connection: sa.Connection, name: str, now: datetime) -> tuple[TrackedFinding, ...]:
    """Every finding of a host with its life: active first, then worst first."""
    columns = (_finding.body, _finding.state, _finding.first_seen, _finding.last_seen, _finding.fixed_at, _finding.scans)
    rows = connection.execute(
        sa.select(*columns, _accepted.until, _accepted.reason)
        .select_from(_WITH_ACCEPTED.join(schema.host, schema.host.c.id == _finding.host_id))
        .where(schema.host.c.name == name)
    )
    found = []
    for body, stored, first, last, fixed_at, scans, until, reason in rows:
        state = shown(FindingState(stored), until, now)
        lapsed = state is not FindingState.ACCEPTED
        accepted = (None, "") if lapsed else (until, reason)
        found.append(TrackedFinding(_DECODER.decode(body), state, first, last, fixed_at, scans, *accepted))
    return tuple(sorted(found, key=_order))


def decide(
    connection: sa.Connection,
    host_id: int,
    key: str,
    kind: ChangeKind,
    by: str,
    now: datetime,
    until: datetime | None = None,
    reason: str = "",
) -> bool:
    """Accept `key` until then, or withdraw where `until` is None; False where the host has no such finding."""
    columns = (_finding.severity, _finding.title)
    row = connection.execute(sa.select(*columns).where(_finding.host_id == host_id, _finding.key == key)).first()
    if row is None:
        return False
    connection.execute(sa.delete(schema.accepted).where(_accepted.host_id == host_id, _accepted.key == key))
    if until is not None:
        values = {"host_id": host_id, "key": key, "until": until, "reason": reason, "by": by, "created_at": now}
        connection.execute(sa.insert(schema.accepted).values(values))
    connection.execute(sa.insert(schema.event), [_event(host_id, now, kind, key, row.severity, row.title, by)])
    return True


def _write(
    connection: sa.Connection,
    added: list[dict[str, object]],
    again: list[dict[str, object]],
    gone: list[dict[str, object]],
    events: list[dict[str, object]],
    at: datetime,
) -> None:
    this_one = _finding.id == sa.bindparam("v_id")
    if added:
        connection.execute(sa.insert(schema.finding), added)
    if again:
        changed: dict[str, object] = {
            name.removeprefix("v_"): sa.bindparam(name) for name in again[0] if name not in ("v_id", "v_back")
        }
        counted = {"scans": _finding.scans + 1, "reopened": _finding.reopened + sa.bindparam("v_back")}
        connection.execute(sa.update(schema.finding).where(this_one).values(changed | counted | {"fixed_at": None}), again)
    if gone:
        fixed = {"state": FindingState.FIXED.value, "fixed_at": at}
        connection.execute(sa.update(schema.finding).where(this_one).values(fixed), gone)
    if events:
        connection.execute(sa.insert(schema.event), events)


def _values(finding: Finding) -> dict[str, object]:
    return {
        "check_name": finding.check,
        "subject": finding.subject,
        "area": finding.area.value,
        "severity": finding.severity.value,
        "title": finding.title,
        "body": to_json(finding),
    }


def _first(at: datetime) -> dict[str, object]:
    return {"first_seen": at, "last_seen": at, "scans": 1, "reopened": 0}


def _again(finding_id: int, state: FindingState | None, back: int, at: datetime) -> dict[str, object]:
    return {"v_id": finding_id, "v_state": str(state), "v_back": back, "v_last_seen": at}


def _event(host_id: int, at: datetime, kind: ChangeKind, key: str, severity: str, title: str, by: str = "") -> dict[str, object]:
    return {"host_id": host_id, "at": at, "kind": kind.value, "key": key, "severity": severity, "title": title, "by": by}


def _order(one: TrackedFinding) -> tuple[bool, bool, int, str]:
    return one.state is FindingState.FIXED, not one.state.active, one.finding.severity.rank, one.key
