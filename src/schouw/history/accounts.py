"""Accounts and how they log in: personal data, kept apart from all else, for as long as is set and no longer.

One row an account, host, service, protocol, class and TLS version, with the first and the last time; so accounts are
counted by distinct names over any window, never by sums. Names go nowhere else: facts, findings and recordings hold
numbers. Each function takes part in the caller's transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from schouw.history import schema
from schouw.history.encoding import clean
from schouw.model.facts import Facts
from schouw.model.logins import AccountUse, LoginClass, LoginCount, Logins, answer, before, settled, together

#: Over which it is asked whether a log tells: an account leaves the list after so many quiet days.
_ASKED = timedelta(days=30)

table = sa.Table(
    "account",
    schema.METADATA,
    sa.Column("host_id", sa.BigInteger, sa.ForeignKey("host.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("service", schema.Words, primary_key=True),
    sa.Column("protocol", schema.Words, primary_key=True),
    sa.Column("kind", schema.Words, primary_key=True),
    sa.Column("version", schema.Words, primary_key=True),
    sa.Column("account", schema.Words, primary_key=True),
    sa.Column("customer", schema.Words, nullable=False),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("first", schema.Moment, nullable=False),
    sa.Column("last", schema.Moment, nullable=False),
    sa.Column("expires_at", schema.Moment, nullable=False),
    sa.Column("returned", schema.Moment),
    sa.Index("account_by_end", "expires_at"),
)

WINDOWS = (7, 30, 90)
"""Days."""

_row = table.c
_NAMES = ("service", "protocol", "kind", "version", "account", "count", "first", "last", "customer", "returned")
_USE = [_row[name] for name in _NAMES]
Key = tuple[str, str, LoginClass, str, str]


def create(connection: sa.Connection) -> None:
    """The step to format 3."""
    table.create(connection, checkfirst=True)


def named(facts: Facts) -> Logins | None:
    """What facts say with names, None where they do not."""
    inside = facts.inside.result
    logins = inside.logins.result if inside is not None else None
    return logins if logins is not None and logins.counts is None else None


def counted(connection: sa.Connection, host: str, facts: Facts, logins: Logins, now: datetime) -> Facts:
    """Facts with numbers in the place of the names in their `logins`, over what is kept and what is new."""
    inside = facts.inside.result
    if inside is None:
        return facts
    uses = _fresh(logins, now)
    for key, use in _stored(connection, host).items():
        uses[key] = together(use, uses[key]) if key in uses else use
    numbers = _numbers(logins, list(uses.values()), now)
    return replace(facts, inside=replace(facts.inside, result=replace(inside, logins=replace(inside.logins, result=numbers))))


def keep(connection: sa.Connection, host: str, host_id: int, logins: Logins, seconds: float, now: datetime) -> None:
    """Add what is new to what is kept of the host, for so many seconds from when an account was last seen."""
    kept = timedelta(seconds=seconds)
    if fresh := _fresh(logins, now):
        _add(connection, host, host_id, fresh, kept, logins.whole)
    connection.execute(_EXPIRE_HOST, {"mine": host_id, "at": now, "too_old": now - kept})


def _add(connection: sa.Connection, host: str, host_id: int, fresh: dict[Key, AccountUse], kept: timedelta, whole: bool) -> None:
    stored = _stored(connection, host)
    added: list[dict[str, object]] = []
    changed: list[dict[str, object]] = []
    for key, use in fresh.items():
        known = stored.get(key)
        if known is not None:
            both = together(known, use)
            if use.first - known.last >= _ASKED:
                both = replace(both, returned=use.first)
            # All of the logs once more: what they hold was counted before.
            use = replace(both, count=max(known.count, use.count)) if whole else both
        rows = added if known is None else changed
        rows.append(_values(use) | {"host_id": host_id, "expires_at": use.last + kept})
    if added:
        connection.execute(sa.insert(table), added)
    if changed:
        connection.execute(_CHANGE, [{f"new_{name}": value for name, value in values.items()} for values in changed])


def expire(connection: sa.Connection, now: datetime) -> None:
    """Remove rows whose time is over."""
    connection.execute(_EXPIRE, {"at": now})


_AT = sa.bindparam("at", type_=schema.Moment)
_EXPIRE = sa.delete(table).where(_row.expires_at <= _AT)

#: With those of one host that are not kept for so long any more. Bound: at, mine, too_old.
_EXPIRE_HOST = sa.delete(table).where(
    (_row.expires_at <= _AT)
    | ((_row.host_id == sa.bindparam("mine")) & (_row.last <= sa.bindparam("too_old", type_=schema.Moment)))
)


_PART_OF_KEY = ("host_id", "service", "protocol", "kind", "version", "account")
_CHANGE = (
    sa.update(table)
    .where(*(_row[name] == sa.bindparam(f"new_{name}") for name in _PART_OF_KEY))
    .values({name: sa.bindparam(f"new_{name}") for name in ("customer", "count", "first", "last", "expires_at", "returned")})
)


def uses(connection: sa.Connection, since: datetime, now: datetime) -> dict[str, list[AccountUse]]:
    """What is kept of accounts seen at `since` or later, by host."""
    found: dict[str, list[AccountUse]] = defaultdict(list)
    rows = connection.execute(
        sa.select(schema.host.c.name, *_USE)
        .join_from(table, schema.host, schema.host.c.id == _row.host_id)
        .where(_row.last >= since, _row.expires_at > now)
        .order_by(schema.host.c.name, *_USE[:5])
    )
    for name, *values in rows:
        found[name].append(_use(values))
    return dict(found)


def forget(connection: sa.Connection, host: str = "", accounts: Iterable[str] = ()) -> int:
    """Remove an account's rows, a host's, or all; how many there were. What is read later is kept anew."""
    names = [clean(name.lower()) for name in accounts]
    removing = sa.delete(table)
    if host:
        removing = removing.where(_row.host_id.in_(sa.select(schema.host.c.id).where(schema.host.c.name == host)))
    if names:
        removing = removing.where(_row.account.in_(names))
    return connection.execute(removing).rowcount


#: Bound: name.
_STORED = (
    sa.select(*_USE)
    .join_from(table, schema.host, schema.host.c.id == _row.host_id)
    .where(schema.host.c.name == sa.bindparam("name"))
)


def _stored(connection: sa.Connection, host: str) -> dict[Key, AccountUse]:
    return {_key(use): use for use in map(_use, connection.execute(_STORED, {"name": host}))}


def _fresh(logins: Logins, now: datetime) -> dict[Key, AccountUse]:
    found: dict[Key, AccountUse] = {}
    for use in logins.uses:
        use, key = before(use, now), _key(use)
        found[key] = together(found[key], use) if key in found else use
    return found


def _key(use: AccountUse) -> Key:
    return use.service, use.protocol, use.kind, use.version, use.account


def _use(values: Iterable[Any]) -> AccountUse:
    service, protocol, kind, *others = values
    return AccountUse(service, protocol, LoginClass(kind), *others)


def _values(use: AccountUse) -> dict[str, object]:
    return {name: getattr(use, name) for name in _NAMES} | {"kind": use.kind.value}


def _numbers(logins: Logins, uses: list[AccountUse], now: datetime) -> Logins:
    lately: dict[str, list[AccountUse]] = defaultdict(list)
    last: dict[tuple[str, str, LoginClass], dict[str, datetime]] = defaultdict(dict)
    for use in settled(uses):
        if use.last > now - _ASKED:
            lately[use.service].append(use)
        if use.account:
            seen = last[use.service, use.protocol, use.kind]
            seen[use.account] = max(seen.get(use.account, use.last), use.last)
    answers = {service: answer(those) for service, those in lately.items()}
    return replace(
        logins,
        uses=(),
        whole=False,
        counts=tuple(LoginCount(*of, *(_since(seen, now, days) for days in WINDOWS)) for of, seen in sorted(last.items())),
        untold=tuple(sorted(service for service, one in answers.items() if not one.tellable)),
        versionless=tuple(sorted(service for service, one in answers.items() if not one.versions)),
    )


def _since(seen: dict[str, datetime], now: datetime, days: int) -> int:
    return sum(moment > now - timedelta(days=days) for moment in seen.values())
