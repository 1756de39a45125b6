"""Findings in the database, moved on by a scan. Each function takes part in the caller's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from schouw.history import phaseouts, sightings
from schouw.history.claims import Ruling
from schouw.history.encoding import clean, to_json
from schouw.history.journal import entry
from schouw.history.life import LookedFor, by_key, when_judged, when_seen
from schouw.history.partial import carried_over
from schouw.history.statements import ADD_EVENT, ADD_FINDING, CHANGE, CLOSE, SEE_AGAIN, STORED, TRACKED
from schouw.history.tally import Tracked
from schouw.history.values import ChangeKind
from schouw.model.finding import Finding, Outcome, Verdict
from schouw.model.severity import Area, FindingState, Severity

_Values = dict[str, object]

_DECODER = msgspec.json.Decoder(Finding)

RETRACTED = "the vulnerability data says so no longer, which is no fix"

_KINDS = {FindingState.NEW: ChangeKind.OPENED, FindingState.REGRESSED: ChangeKind.REOPENED}


@dataclass
class Moves:
    """What one scan does to a host's findings, as rows to write."""

    host_id: int
    at: datetime
    closing: ChangeKind
    """What it means that something is gone: `FIXED`, or `RETRACTED` where nobody looked again."""
    why: str = ""
    """What the journal says with it."""
    seen: dict[str, Finding] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    """Key → id of what was stored before."""
    unlooked: dict[str, str] = field(default_factory=dict)
    """Keys that were not looked for → why not."""
    elsewhere: set[str] = field(default_factory=set)
    """Keys of places that were not gone to: they are as they were."""
    same: list[int] = field(default_factory=list)
    """Ids of open findings that look exactly as before: most of them, most of the time."""
    added: list[_Values] = field(default_factory=list)
    changed: list[_Values] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    events: list[_Values] = field(default_factory=list)
    plan: phaseouts.Planner = phaseouts.nothing_planned
    """What covers a finding of this host."""
    left: list[Tracked] = field(default_factory=list)
    """What has not ended after it, so that counting need not read it back."""


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
    connection: sa.Connection,
    host_id: int,
    verdict: Verdict,
    looked: LookedFor,
    plan: phaseouts.Planner,
    at: datetime,
    before: datetime | None,
) -> Moved:
    """Move every finding of the host on by one scan. `before`: the end of the last one that saw something."""

    def elsewhere(finding: Finding) -> bool:
        return carried_over(looked.facts, finding.check, finding.subject)

    moves = compare(connection, Moves(host_id, at, ChangeKind.FIXED, plan=plan), verdict, looked.lacking, elsewhere)
    _write(connection, moves)
    sightings.unlooked(connection, host_id, {moves.ids[key]: why for key, why in moves.unlooked.items()}, at, before)
    counts = Counter(ChangeKind(str(event["kind"])) for event in moves.events)
    return Moved(counts, moves.left, frozenset(moves.seen), moves.unlooked, frozenset(moves.elsewhere))


def compare(
    connection: sa.Connection,
    moves: Moves,
    verdict: Verdict,
    lacking: Callable[[str, str], str | None],
    elsewhere: Callable[[Finding], bool] | None = None,
) -> Moves:
    """What a verdict does to the findings that are stored.

    `lacking`: why a check did not look for a subject, else None. `elsewhere`: whether a finding is of a place that nobody
    went to this time; one that is open stays as it was.
    """
    rows = {row.key: row for row in connection.execute(STORED, {"host_id": moves.host_id})}
    moves.ids = {key: row.id for key, row in rows.items()}
    moves.seen = {clean(key): finding for key, finding in by_key(verdict).items()}
    for key, finding in moves.seen.items():
        row = rows.get(key)
        if row is not None and elsewhere is not None and not FindingState(row.state).ended and elsewhere(finding):
            moves.elsewhere.add(key)
            moves.left.append(_tracked(moves.plan, row))
        else:
            _see(moves, key, finding, row)
    for key, row in rows.items():
        if key not in moves.seen:
            _miss(moves, row, lacking(row.check_name, row.subject))
    return moves


def _miss(moves: Moves, row: sa.Row[*tuple[Any, ...]], lacking: str | None) -> None:
    state = FindingState(row.state)
    if lacking is None and state is FindingState.RETRACTED:
        lacking = RETRACTED  # that it was not seen says nothing of the host
    if lacking is not None:
        moves.unlooked[row.key] = lacking
        if not state.ended:
            moves.left.append(_tracked(moves.plan, row))
    elif not state.ended:
        moves.gone.append(row.id)
        moves.events.append(entry(moves.host_id, moves.at, moves.closing, row.key, row.severity, row.title, text=moves.why))


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
        # What is found anew after it had ended begins anew.
        again = moves.at if before is not None and before.ended and state is FindingState.NEW else None
        changed = {f"new_{name}": value for name, value in values.items()}
        moves.changed.append(changed | {"row": row.id, "at": moves.at, "back": back, "again": again})
    until = row.until if row is not None else None
    plan = moves.plan(finding.check, finding.subject, finding.title)
    moves.left.append(Tracked(finding.area, finding.severity, state, clean(finding.title), until, plan))
    if kind := _KINDS.get(state):
        moves.events.append(entry(moves.host_id, moves.at, kind, key, finding.severity.value, finding.title))


def _grown(finding: Finding, before: str) -> bool:
    """Whether it names CVEs that it did not name when it was last seen, or is exploited since."""
    known = _DECODER.decode(before)
    return not set(finding.cves) <= set(known.cves) or (finding.exploited and not known.exploited)


def tracked(connection: sa.Connection, host_id: int, host: str) -> list[Tracked]:
    """The findings that have not ended, as counting needs them."""
    plan = phaseouts.planner(phaseouts.every(connection), host)
    return [_tracked(plan, row) for row in connection.execute(TRACKED, {"host_id": host_id})]


def _write(connection: sa.Connection, moves: Moves) -> None:
    if moves.same:
        connection.execute(SEE_AGAIN, [{"row": row, "at": moves.at} for row in moves.same])
    if moves.changed:
        connection.execute(CHANGE, moves.changed)
    if moves.gone:
        connection.execute(CLOSE, [{"row": row, "at": moves.at} for row in moves.gone])
    if moves.added:
        connection.execute(ADD_FINDING, moves.added)
    if moves.events:
        connection.execute(ADD_EVENT, moves.events)


def _tracked(plan: phaseouts.Planner, row: sa.Row[*tuple[Any, ...]]) -> Tracked:
    covering = plan(row.check_name, row.subject, row.title)
    return Tracked(Area(row.area), Severity(row.severity), FindingState(row.state), row.title, row.until, covering)


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
