"""What a scan leaves behind of one host: its findings, its facts, its summary. Each takes part in the caller's transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from schouw.errors import ErrorClass, HostError
from schouw.history import accounts, claims, hostrow, looks, phaseouts, tracking
from schouw.history.completeness import lack
from schouw.history.life import LookedFor
from schouw.history.partial import partly
from schouw.history.tally import system, traffic, unchecked
from schouw.history.values import ChangeKind
from schouw.model.facts import Facts
from schouw.model.finding import Outcome, Verdict
from schouw.model.host import Host
from schouw.model.logins import Logins
from schouw.model.severity import HostState
from schouw.model.summary import INSIDE, OWN_SCHEDULE, Summary


def look(
    connection: sa.Connection,
    host: Host,
    facts: Facts,
    verdict: Verdict,
    started: datetime,
    finished: datetime,
    logins: Logins | None,
    kind: str,
) -> Summary:
    """The host's new summary. `kind`: how far the look went, where that is one of `OWN_SCHEDULE`."""
    lacking = lack(host, facts)
    host_id, before = hostrow.known(connection, host.name)
    looked = LookedFor(facts, verdict.not_checked)
    planned = phaseouts.every(connection)
    plan = phaseouts.planner(planned, host.name)
    moved = tracking.update(connection, host_id, verdict, looked, plan, finished, before.scanned_at)
    claims.settle(connection, host_id, started, finished, moved.ruling)
    looks.save(connection, host_id, facts)
    if logins is not None:
        accounts.keep(connection, host.name, host_id, logins, host.keep_accounts, finished)
    phaseouts.count(connection, planned, host.name, facts, finished)
    whole = not partly(facts)
    summary = replace(
        traffic(system(before, facts), facts),
        state=HostState.PARTIAL if lacking.reasons else HostState.SCANNED,
        scanned_at=finished if whole else before.scanned_at or finished,
        tried_at=finished if whole and kind != INSIDE else before.tried_at or finished,
        error_class=lacking.kind,
        error=lacking.text,
        unchecked=unchecked(verdict.not_checked),
        looked={name: finished if name == kind else before.looked.get(name, finished) for name in OWN_SCHEDULE},
        new=moved.counts[ChangeKind.OPENED],
        fixed=moved.counts[ChangeKind.FIXED],
        regressed=moved.counts[ChangeKind.REOPENED],
        basis=verdict.basis or before.basis,
    )
    gaps = verdict.not_checked
    summary = hostrow.keep_look(connection, host_id, summary, moved.left, facts.taken_at, gaps, finished)
    hostrow.log(connection, host_id, summary, started, finished)
    return summary


def failure(connection: sa.Connection, host: Host, error: HostError, started: datetime, finished: datetime) -> Summary:
    """The host's new summary: its findings stand, and why nothing newer is known."""
    host_id, before = hostrow.known(connection, host.name)
    failed = replace(
        before,
        state=HostState.UNREACHABLE,
        tried_at=finished,
        error_class=error.kind.value,
        error=str(error),
        new=0,
        fixed=0,
        regressed=0,
    )
    cancelled = error.kind is ErrorClass.CANCELLED
    summary = replace(before, tried_at=finished) if cancelled else failed
    if not cancelled:
        unreached = claims.Ruling(Outcome.CANNOT_TELL, str(error))
        claims.settle(connection, host_id, started, finished, lambda _: unreached)
    summary = hostrow.keep(connection, host_id, summary, finished)
    hostrow.log(connection, host_id, failed, started, finished)
    return summary
