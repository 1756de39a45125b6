"""Findings in the database, moved on by a scan. Each function takes part in the caller's transaction."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schouw.history import sightings
from schouw.history.claims import Ruling
from schouw.history.encoding import clean, to_json
from schouw.history.journal import entry
from schouw.history.life import LookedFor, by_key, when_seen
from schouw.history.partial import carried_over
from schouw.history.statements import ADD_EVENT, ADD_FINDING, CHANGE, CLOSE, SEE_AGAIN, STORED, TRACKED
from schouw.history.tally import Tracked
from schouw.history.values import ChangeKind
from schouw.model.finding import Finding, Outcome, Verdict
from schouw.model.severity import Area, FindingState, Severity

_Values = dict[str, object]

_KINDS = {FindingState.NEW: ChangeKind.OPENED, FindingState.REGRESSED: ChangeKind.REOPENED}


@dataclass
class _Moves:
    """What one scan does to a host's findings, as rows to write."""

    host_id: int
    at: datetime
    same: list[int] = field(default_factory=list)
    """Ids of open findings that look exactly as before: most of them, most of the time."""
    added: list[_Values] = field(default_factory=list)
    changed: list[_Values] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    events: list[_Values] = field(default_factory=list)
    left: list[Tracked] = field(default_factory=list)
    """What is not fixed after it, so that counting need not read it back."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What one scan did to a host's findings."""

    counts: Counter[ChangeKind]
    left: list[Tracked]
    """What is not fixed after it."""
    seen: frozenset[str]
    unlooked: dict[str, str]
    """Keys that it did not look for → why not."""
    elsewhere: frozenset[str]
    """Keys of places that it did not go to: they are as they were."""

    def ruling(self, key: str) -> Ruling | None:
        """What it says of a claim that `key` was fixed; None: nothing."""
        if key in self.elsewhere:
            return None
        if key in self.seen:
            return Ruling(Outcome.NOT_FIXED)
        return Ruling(Outcome.CANNOT_TELL, self.unlooked[key]) if key in self.unlooked else Ruling(Outcome.FIXED)


def update(
    connection: sa.Connection, host_id: int, verdict: Verdict, looked: LookedFor, at: datetime, before: datetime | None
) -> Moved:
    """Move every finding of the host on by one scan. `before`: the end of the last one that saw something."""
    rows = {row.key: row for row in connection.execute(STORED, {"host_id": host_id})}
    moves = _Moves(host_id, at)
    seen = {clean(key): finding for key, finding in by_key(verdict).items()}
    elsewhere = frozenset(
        key
        for key, finding in seen.items()
        if key in rows and rows[key].state != FindingState.FIXED and carried_over(looked.facts, finding.check, finding.subject)
    )
    for key, finding in seen.items():
        if key in elsewhere:
            row = rows[key]
            moves.left.append(_tracked(row.area, row.severity, row.state, row.title, row.until))
        else:
            _see(moves, key, finding, rows.get(key))
    unlooked: dict[str, str] = {}
    for key, row in rows.items():
        if key in seen:
            continue
        fixed = row.state == FindingState.FIXED
        if (reason := looked.lacking(row.check_name, row.subject)) is not None:
            unlooked[key] = reason
            if not fixed:
                moves.left.append(_tracked(row.area, row.severity, row.state, row.title, row.until))
        elif not fixed:
            moves.gone.append(row.id)
            moves.events.append(entry(host_id, at, ChangeKind.FIXED, key, row.severity, row.title))
    _write(connection, moves)
    sightings.unlooked(connection, host_id, {rows[key].id: why for key, why in unlooked.items()}, at, before)
    counts = Counter(ChangeKind(str(event["kind"])) for event in moves.events)
    return Moved(counts, moves.left, frozenset(seen), unlooked, elsewhere)


def _see(moves: _Moves, key: str, finding: Finding, row: sa.Row[*tuple[Any, ...]] | None) -> None:
    before = FindingState(row.state) if row is not None else None
    state = when_seen(before)
    values = _values(finding) | {"state": state.value}
    if row is None:
        moves.added.append(values | {"host_id": moves.host_id, "key": key} | _first(moves.at))
    elif state is before and values["body"] == row.body:
        moves.same.append(row.id)
    else:
        back = int(state is FindingState.REGRESSED)
        moves.changed.append({f"new_{name}": value for name, value in values.items()} | {"row": row.id, "back": back})
    until = row.until if row is not None else None
    moves.left.append(Tracked(finding.area, finding.severity, state, clean(finding.title), until))
    if kind := _KINDS.get(state):
        moves.events.append(entry(moves.host_id, moves.at, kind, key, finding.severity.value, finding.title))


def tracked(connection: sa.Connection, host_id: int) -> list[Tracked]:
    """The findings that are not fixed, as counting needs them."""
    return [_tracked(*row) for row in connection.execute(TRACKED, {"host_id": host_id})]


def _write(connection: sa.Connection, moves: _Moves) -> None:
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
    return {"first_seen": at, "last_seen": at, "since": at, "scans": 1, "reopened": 0}
