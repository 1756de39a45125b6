"""Findings in the database: their life moved on by a scan, accepted by people. Each takes part in the caller's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from schouw.history import schema
from schouw.history.encoding import clean, to_json
from schouw.history.life import by_key, shown, when_judged, when_seen
from schouw.history.statements import ADD_EVENT, ADD_FINDING, CHANGE, CLOSE, FINDINGS, NOT_FIXED, SEE_AGAIN, STORED, TRACKED
from schouw.history.tally import Tracked
from schouw.history.values import ChangeKind
from schouw.model.finding import Decision, Finding, TrackedFinding, Verdict
from schouw.model.severity import Area, FindingState, Severity

_Values = dict[str, object]

_finding, _accepted = schema.finding.c, schema.accepted.c

_KINDS = {FindingState.NEW: ChangeKind.OPENED, FindingState.REGRESSED: ChangeKind.REOPENED}
_DECODER = msgspec.json.Decoder(Finding)


@dataclass
class Moves:
    """What one scan does to a host's findings, as rows to write."""

    host_id: int
    at: datetime
    closing: ChangeKind
    """What it means that something is gone: `FIXED`, or `RETRACTED` where nobody looked again."""
    same: list[int] = field(default_factory=list)
    """Ids of open findings that look exactly as before: most of them, most of the time."""
    added: list[_Values] = field(default_factory=list)
    changed: list[_Values] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    events: list[_Values] = field(default_factory=list)
    left: list[Tracked] = field(default_factory=list)
    """What is not fixed after it, so that counting need not read it back."""


def update(
    connection: sa.Connection, host_id: int, verdict: Verdict, looked_for: Callable[[str, str], bool], at: datetime
) -> tuple[Counter[ChangeKind], list[Tracked]]:
    """Move every finding of the host on by one scan: how many opened, came back and were fixed; and those that are not."""
    moves = compare(connection, host_id, verdict, looked_for, at)
    _write(connection, moves)
    return Counter(ChangeKind(str(event["kind"])) for event in moves.events), moves.left


def compare(
    connection: sa.Connection,
    host_id: int,
    verdict: Verdict,
    looked_for: Callable[[str, str], bool],
    at: datetime,
    closing: ChangeKind = ChangeKind.FIXED,
) -> Moves:
    """What a verdict does to the findings that are stored; those that were not looked for stay as they are."""
    rows = {row.key: row for row in connection.execute(STORED, {"host_id": host_id})}
    moves = Moves(host_id, at, closing)
    seen = {clean(key): finding for key, finding in by_key(verdict).items()}
    for key, finding in seen.items():
        _see(moves, key, finding, rows.get(key))
    for key, row in rows.items():
        if key in seen or row.state == FindingState.FIXED:
            continue
        if looked_for(row.check_name, row.subject):
            moves.gone.append(row.id)
            moves.events.append(_event(host_id, at, closing, key, row.severity, row.title))
        else:
            moves.left.append(_tracked(row.area, row.severity, row.state, row.title, row.until))
    return moves


def _see(moves: Moves, key: str, finding: Finding, row: sa.Row[*tuple[Any, ...]] | None) -> None:
    before = FindingState(row.state) if row is not None else None
    values = _values(finding)
    grown = row is not None and bool(finding.cves) and values["body"] != row.body and _grown(finding, row.body)
    state = (when_seen if moves.closing is ChangeKind.FIXED else when_judged)(before, grown)
    values["state"] = state.value
    if row is None:
        moves.added.append(values | {"host_id": moves.host_id, "key": key} | _first(moves.at))
    elif state is before and values["body"] == row.body:
        moves.same.append(row.id)
    else:
        back = int(state is FindingState.REGRESSED)
        # What is found anew after it was fixed begins anew.
        first = moves.at if before is FindingState.FIXED and state is FindingState.NEW else None
        changed = {f"new_{name}": value for name, value in values.items()}
        moves.changed.append(changed | {"row": row.id, "back": back, "first": first})
    until = row.until if row is not None else None
    moves.left.append(Tracked(finding.area, finding.severity, state, clean(finding.title), until))
    if kind := _KINDS.get(state):
        moves.events.append(_event(moves.host_id, moves.at, kind, key, finding.severity.value, finding.title))


def _grown(finding: Finding, before: str) -> bool:
    """Whether it names CVEs that it did not name when it was last seen."""
    return not set(finding.cves) <= set(_DECODER.decode(before).cves)


def tracked(connection: sa.Connection, host_id: int) -> list[Tracked]:
    """The findings that are not fixed, as counting needs them."""
    return [_tracked(*row) for row in connection.execute(TRACKED, {"host_id": host_id})]


def findings(connection: sa.Connection, name: str, now: datetime) -> tuple[TrackedFinding, ...]:
    """Every finding of a host with its life: active first, then worst first."""
    rows = connection.execute(FINDINGS, {"name": name})
    return tuple(sorted((_shown(row, now) for row in rows), key=_order))


def everything(connection: sa.Connection, now: datetime) -> dict[str, tuple[TrackedFinding, ...]]:
    """The same of all hosts, without what is fixed."""
    found: dict[str, list[TrackedFinding]] = {}
    for row in connection.execute(NOT_FIXED):
        found.setdefault(row.name, []).append(_shown(row, now))
    return {name: tuple(sorted(some, key=_order)) for name, some in found.items()}


def _shown(row: sa.Row[*tuple[Any, ...]], now: datetime) -> TrackedFinding:
    state = shown(FindingState(row.state), row.until, now)
    accepted = (row.until, row.reason) if state is FindingState.ACCEPTED else (None, "")
    return TrackedFinding(_DECODER.decode(row.body), state, row.first_seen, row.last_seen, row.fixed_at, row.scans, *accepted)


def decide(connection: sa.Connection, host_id: int, decision: Decision, now: datetime) -> bool:
    """False where the host has no such finding, or none that is accepted and could be withdrawn."""
    key, until, by = decision.key, decision.until, decision.by
    columns = (_finding.severity, _finding.title)
    row = connection.execute(sa.select(*columns).where(_finding.host_id == host_id, _finding.key == key)).first()
    before = connection.execute(sa.delete(schema.accepted).where(_accepted.host_id == host_id, _accepted.key == key)).rowcount
    if row is None or (until is None and not before):
        return False
    if until is not None:
        values = {"host_id": host_id, "key": key, "until": until, "reason": decision.reason, "by": by, "created_at": now}
        connection.execute(sa.insert(schema.accepted).values(values))
    kind = ChangeKind.WITHDRAWN if until is None else ChangeKind.ACCEPTED
    connection.execute(ADD_EVENT, [_event(host_id, now, kind, key, row.severity, row.title, by)])
    return True


def _write(connection: sa.Connection, moves: Moves) -> None:
    if moves.same:
        connection.execute(SEE_AGAIN, [{"row": row, "at": moves.at} for row in moves.same])
    if moves.changed:
        connection.execute(CHANGE, [one | {"at": moves.at} for one in moves.changed])
    if moves.gone:
        connection.execute(CLOSE, [{"row": row, "at": moves.at} for row in moves.gone])
    if moves.added:
        connection.execute(ADD_FINDING, moves.added)
    if moves.events:
        connection.execute(ADD_EVENT, moves.events)


def _tracked(area: str, severity: str, state: str, title: str, until: datetime | None) -> Tracked:
    return Tracked(Area(area), Severity(severity), FindingState(state), title, until)


def _values(finding: Finding) -> _Values:
    return {
        "check_name": finding.check,
        "subject": finding.subject,
        "area": finding.area.value,
        "severity": finding.severity.value,
        "title": finding.title,
        "body": to_json(finding),
    }


def _first(at: datetime) -> _Values:
    return {"first_seen": at, "last_seen": at, "scans": 1, "reopened": 0}


def _event(host_id: int, at: datetime, kind: ChangeKind, key: str, severity: str, title: str, by: str = "") -> _Values:
    return {"host_id": host_id, "at": at, "kind": kind.value, "key": key, "severity": severity, "title": title, "by": by}


def _order(one: TrackedFinding) -> tuple[bool, bool, int, str]:
    return one.state is FindingState.FIXED, not one.state.active, one.finding.severity.rank, one.key
