"""What another vulnerability database says of a host's last look. Takes part in the caller's transaction.

It is no scan: nothing was looked at again, so nothing is older, seen once more, or fixed by it. What the database says
no longer was never so, and goes (*retracted*); only the change stays on record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schouw.history import hostrow
from schouw.history.encoding import from_json
from schouw.history.statements import ADD_EVENT, ADD_FINDING, FORGET_FINDING, REWRITE
from schouw.history.tally import unchecked
from schouw.history.tracking import Moves, compare
from schouw.history.values import ChangeKind
from schouw.model.finding import NotChecked, Verdict
from schouw.model.severity import Area
from schouw.model.summary import Summary

_OURS = f"{Area.VULNS}."


def rejudge(
    connection: sa.Connection,
    row: sa.Row[*tuple[Any, ...]],
    verdict: Verdict,
    looked_for: Callable[[str, str], bool],
    at: datetime,
) -> Summary:
    """`row`: of the host (see `statements.HOST`); `verdict`: of the checks of area vulns alone."""

    def ours(check: str, subject: str) -> bool:
        return check.startswith(_OURS) and looked_for(check, subject)

    moves = compare(connection, row.id, verdict, ours, at, ChangeKind.RETRACTED)
    _write(connection, moves)
    gaps = tuple(gap for gap in from_json(row.not_checked, tuple[NotChecked, ...]) if not gap.check.startswith(_OURS))
    gaps += verdict.not_checked
    summary = replace(from_json(row.summary, Summary), basis=verdict.basis, unchecked=unchecked(gaps))
    return hostrow.keep_look(connection, row.id, summary, moves.left, row.taken_at, gaps, at)


def _write(connection: sa.Connection, moves: Moves) -> None:
    if moves.changed:
        connection.execute(REWRITE, moves.changed)
    if moves.gone:
        connection.execute(FORGET_FINDING, [{"row": row} for row in moves.gone])
    if moves.added:
        connection.execute(ADD_FINDING, moves.added)
    if moves.events:
        connection.execute(ADD_EVENT, moves.events)
