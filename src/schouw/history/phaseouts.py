"""Phase-outs, and how many accounts were left on each of their days. Each function takes part in the caller's transaction.

Days hold numbers and no names, so they outlive the accounts. What a phase-out covers is worked out when it is read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from schouw.errors import ConfigError
from schouw.history import accounts, schema
from schouw.history.encoding import from_json, to_json
from schouw.model.facts import Facts
from schouw.model.logins import AccountUse, settled
from schouw.model.phaseout import Phaseout, Plan, plan

QUIET = timedelta(days=30)
"""An account leaves the list after so long without such a login."""

table = sa.Table(
    "phaseout",
    schema.METADATA,
    sa.Column("name", schema.Words, primary_key=True),
    sa.Column("body", schema.Words, nullable=False),  # Phaseout as JSON
)

day = sa.Table(
    "phaseout_day",
    schema.METADATA,
    sa.Column("name", schema.Words, sa.ForeignKey("phaseout.name", ondelete="CASCADE"), primary_key=True),
    sa.Column("host", schema.Words, primary_key=True),
    sa.Column("day", schema.Words, primary_key=True),  # 2026-11-24, UTC
    sa.Column("accounts", sa.Integer, nullable=False),
)

_EVERY = sa.select(table.c.body).order_by(table.c.name)

Planner = Callable[[str, str, str], Plan | None]
"""Of a finding on one host: check, subject and title → what covers it."""

Days = Mapping[str, Mapping[date, int]]
"""Host → day → accounts left."""


def create(connection: sa.Connection) -> None:
    """The step to the format that has them."""
    table.create(connection, checkfirst=True)
    day.create(connection, checkfirst=True)
    known = {column["name"] for column in sa.inspect(connection).get_columns("account")}
    if "returned" not in known:  # a file that had no accounts yet got it with them
        connection.exec_driver_sql("ALTER TABLE account ADD COLUMN returned BIGINT")


def every(connection: sa.Connection) -> tuple[Phaseout, ...]:
    """By name; those that were stopped too."""
    return tuple(from_json(body, Phaseout) for (body,) in connection.execute(_EVERY))


def nothing_planned(check: str, subject: str, title: str) -> Plan | None:
    del check, subject, title
    return None


def planner(phaseouts: Iterable[Phaseout], host: str) -> Planner:
    those = [one for one in phaseouts if one.running and host in one.hosts]
    return (lambda check, subject, title: plan(those, host, check, subject, title)) if those else nothing_planned


def keep(connection: sa.Connection, phaseout: Phaseout, now: datetime) -> set[str]:
    """Begin one, or give one of that name another shape; the hosts that it was or is about.

    Its past is worked out from the accounts that are known.
    """
    before = next((one for one in every(connection) if one.name == phaseout.name), None)
    body = to_json(phaseout)
    if before is None:
        connection.execute(sa.insert(table).values(name=phaseout.name, body=body))
    else:
        connection.execute(sa.update(table).where(table.c.name == phaseout.name).values(body=body))
    if before is None or _measured(before) != _measured(phaseout):
        _from_the_past(connection, phaseout, now)
    return {*phaseout.hosts, *(before.hosts if before is not None else ())}


def check(phaseout: Phaseout) -> None:
    """`ConfigError` where it makes no sense."""
    name = phaseout.name
    if not phaseout.hosts:
        raise ConfigError(f"phase-out {name}: no host is meant by {phaseout.meant or 'that'}")
    if not phaseout.protocols:
        raise ConfigError(f"phase-out {name}: no protocol is given")
    if phaseout.until <= phaseout.begins:
        raise ConfigError(f"phase-out {name}: it would end before it begins")


def count(connection: sa.Connection, phaseouts: Iterable[Phaseout], name: str, facts: Facts, at: datetime) -> None:
    """After a look at a host: how many accounts it has left, for each running one of `phaseouts`, as the figure of that day.

    Nothing where its logs, or some of them, could not be read: the last figure stands.
    """
    those = [one for one in phaseouts if one.running and name in one.hosts]
    inside = facts.inside.result
    logins = inside.logins.result if inside is not None else None
    if not those or logins is None or any(service.lacking for service in logins.services):
        return
    uses = accounts.uses(connection, at - QUIET, at).get(name, [])
    from schouw.checks.switched_off import switched_off  # all checks: a history that is only read needs none

    for phaseout in those:
        off = switched_off(phaseout.what, phaseout.protocols, facts).verified
        figure = 0 if off else len({use.account for use in covered(phaseout, uses)})
        _set(connection, phaseout.name, name, {at.astimezone(UTC).date(): figure})


def covered(phaseout: Phaseout, uses: Iterable[AccountUse]) -> list[AccountUse]:
    """Logins that end with it, each with a name; without what is told better elsewhere."""
    kinds, protocols = phaseout.what.classes, phaseout.protocols
    return [use for use in settled(uses) if use.account and use.kind in kinds and use.protocol in protocols]


def days(connection: sa.Connection, name: str) -> Days:
    """The figures of one phase-out."""
    found: dict[str, dict[date, int]] = defaultdict(dict)
    rows = connection.execute(sa.select(day.c.host, day.c.day, day.c.accounts).where(day.c.name == name).order_by(day.c.day))
    for host, text, figure in rows:
        found[host][date.fromisoformat(text)] = figure
    return dict(found)


def _measured(phaseout: Phaseout) -> tuple[object, ...]:
    return phaseout.what, phaseout.protocols, phaseout.hosts


def _from_the_past(connection: sa.Connection, phaseout: Phaseout, now: datetime) -> None:
    """Accounts are kept with their first and last login: who was seen in the 30 days before a day is known from that,
    as long as they are kept."""
    connection.execute(sa.delete(day).where(day.c.name == phaseout.name))
    for host, uses in accounts.uses(connection, now - QUIET * 2, now).items():
        those = covered(phaseout, uses) if host in phaseout.hosts else []
        if not those:
            continue
        begun = min(use.first for use in uses)
        figures = {}
        for ago in range(QUIET.days, -1, -1):
            at = now - timedelta(days=ago)
            if at >= begun:
                figures[at.astimezone(UTC).date()] = len(
                    {use.account for use in those if use.first <= at and use.last > at - QUIET}
                )
        _set(connection, phaseout.name, host, figures)


def _set(connection: sa.Connection, name: str, host: str, figures: Mapping[date, int]) -> None:
    texts = [str(one) for one in figures]
    connection.execute(sa.delete(day).where(day.c.name == name, day.c.host == host, day.c.day.in_(texts)))
    rows = [{"name": name, "host": host, "day": str(one), "accounts": figure} for one, figure in figures.items()]
    if rows:
        connection.execute(sa.insert(day), rows)
