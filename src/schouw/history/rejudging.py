"""What another vulnerability database says of a host's last look. Takes part in the caller's transaction.

It is no scan: nothing was looked at again, so nothing is older, seen once more, or fixed by it. What the database says
no longer ends as *retracted*, which is neither fixed nor open.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schouw.history import hostrow, phaseouts
from schouw.history.encoding import from_json
from schouw.history.life import LookedFor
from schouw.history.statements import ADD_EVENT, ADD_FINDING, RETRACT, REWRITE
from schouw.history.tally import unchecked
from schouw.history.tracking import Moves, compare
from schouw.history.values import ChangeKind
from schouw.model.finding import NotChecked, Verdict
from schouw.model.severity import Area
from schouw.model.summary import Summary

_OURS = f"{Area.VULNS}."


def rejudge(
    connection: sa.Connection, row: sa.Row[*tuple[Any, ...]], verdict: Verdict, looked: LookedFor, at: datetime
) -> Summary:
    """`row`: of the host (see `statements.HOST`); `verdict`: of the checks of area vulns alone."""
    moves = _compare(connection, row, verdict, looked, at)
    _write(connection, moves)
    gaps = tuple(gap for gap in from_json(row.not_checked, tuple[NotChecked, ...]) if not gap.check.startswith(_OURS))
    gaps += verdict.not_checked
    summary = replace(from_json(row.summary, Summary), basis=verdict.basis, unchecked=unchecked(gaps))
    return hostrow.keep_look(connection, row.id, summary, moves.left, row.taken_at, gaps, at)


def retract(connection: sa.Connection, row: sa.Row[*tuple[Any, ...]], verdict: Verdict, looked: LookedFor, at: datetime) -> None:
    """Only what is gone."""
    moves = _compare(connection, row, verdict, looked, at)
    events = [event for event in moves.events if event["kind"] == ChangeKind.RETRACTED]
    _write(connection, Moves(row.id, at, ChangeKind.RETRACTED, gone=moves.gone, events=events))


def _compare(
    connection: sa.Connection, row: sa.Row[*tuple[Any, ...]], verdict: Verdict, looked: LookedFor, at: datetime
) -> Moves:
    def lacking(check: str, subject: str) -> str | None:
        return looked.lacking(check, subject) if check.startswith(_OURS) else "it is judged by nothing that changed"

    day = f" of {verdict.basis.date}" if verdict.basis is not None and verdict.basis.date is not None else ""
    plan = phaseouts.planner(phaseouts.every(connection), row.name)
    moves = Moves(row.id, at, ChangeKind.RETRACTED, f"the vulnerability data{day} says so no longer, which is no fix", plan=plan)
    return compare(connection, moves, verdict, lacking)


def _write(connection: sa.Connection, moves: Moves) -> None:
    if moves.changed:
        connection.execute(REWRITE, moves.changed)
    if moves.gone:
        connection.execute(RETRACT, [{"row": row, "at": moves.at} for row in moves.gone])
    if moves.added:
        connection.execute(ADD_FINDING, moves.added)
    if moves.events:
        connection.execute(ADD_EVENT, moves.events)
