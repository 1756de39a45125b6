"""Facts as last seen, kept a section at a time by content: an unchanged section is written once, however
often and on however many hosts it is seen."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any, get_type_hints

import msgspec
import sqlalchemy as sa

from schouw.history import schema
from schouw.history.encoding import to_packed
from schouw.model.attempt import Attempt, not_checked
from schouw.model.facts import Facts, Inside, Outside

_INSIDE = "inside"  # the attempt itself: whether there is a result, and the reason
_OUTSIDE = "outside"


def save(connection: sa.Connection, host_id: int, facts: Facts) -> None:
    """Replace what is known of the host. Sections of an inside view that was not had stay, but are not shown."""
    section, blob = schema.section.c, schema.blob.c
    rows = connection.execute(sa.select(section.name, section.sha256).where(section.host_id == host_id))
    known: dict[str, str] = {row.name: row.sha256 for row in rows}
    changed: dict[str, tuple[str, bytes]] = {}
    for name, data in _pieces(facts):
        digest = sha256(data).hexdigest()
        if known.get(name) != digest:
            changed[name] = (digest, data)
    if not changed:
        return
    digests = {digest for digest, _ in changed.values()}
    there = set(connection.scalars(sa.select(blob.sha256).where(blob.sha256.in_(digests))))
    missing = {digest: data for digest, data in changed.values() if digest not in there}
    if missing:
        connection.execute(
            sa.insert(schema.blob), [{"sha256": digest, "data": zlib.compress(data)} for digest, data in missing.items()]
        )
    connection.execute(sa.delete(schema.section).where(section.host_id == host_id, section.name.in_(changed)))
    connection.execute(
        sa.insert(schema.section),
        [{"host_id": host_id, "name": name, "sha256": digest} for name, (digest, _) in changed.items()],
    )
    _forget(connection, {known[name] for name in changed if name in known})


def load(connection: sa.Connection, name: str) -> Facts | None:
    row = connection.execute(sa.select(schema.host.c.id, schema.host.c.taken_at).where(schema.host.c.name == name)).first()
    if row is None or row.taken_at is None:
        return None
    section, blob = schema.section.c, schema.blob.c
    stored = connection.execute(
        sa.select(section.name, blob.data).join(schema.blob, section.sha256 == blob.sha256).where(section.host_id == row.id)
    )
    taken_at: datetime = row.taken_at
    return _facts(name, taken_at, {one.name: one.data for one in stored})


def _pieces(facts: Facts) -> Iterator[tuple[str, bytes]]:
    inside = facts.inside
    yield _INSIDE, to_packed(Attempt(inside.result is not None, inside.reason, inside.absent))
    if inside.result is not None:
        for field in fields(inside.result):
            yield f"{_INSIDE}.{field.name}", to_packed(getattr(inside.result, field.name))
    yield _OUTSIDE, to_packed(facts.outside)


def _facts(name: str, taken_at: datetime, stored: dict[str, bytes]) -> Facts:
    head = _attempt(stored, _INSIDE, Attempt[bool])
    inside: Attempt[Inside] = Attempt(None, head.reason, head.absent)
    if head.result:
        sections = {section: _attempt(stored, f"{_INSIDE}.{section}", hint) for section, hint in _sections().items()}
        prints = _decoded(stored, f"{_INSIDE}.fingerprints", dict[str, str])
        # A section that cannot be read has to be sent again.
        known = {section: mark for section, mark in (prints or {}).items() if f"{_INSIDE}.{section}" in stored}
        inside = Attempt(Inside(**sections, fingerprints=known), head.reason)
    return Facts(name, taken_at, inside, _attempt(stored, _OUTSIDE, Attempt[Outside]))


@cache
def _sections() -> dict[str, Any]:
    """Section → the type of its attempt, `Attempt[Packages]` for example."""
    return {name: hint for name, hint in get_type_hints(Inside).items() if name != "fingerprints"}


def _attempt(stored: dict[str, bytes], name: str, hint: Any) -> Any:
    """Another version of schouw may have kept it in another shape: then it is not known, and says so."""
    found = _decoded(stored, name, hint)
    if found is None:
        stored.pop(name, None)
        return not_checked("kept by another version of schouw; scan again to see it")
    return found


def _decoded(stored: dict[str, bytes], name: str, hint: Any) -> Any:
    try:
        return msgspec.msgpack.decode(zlib.decompress(stored[name]), type=hint)
    except (KeyError, zlib.error, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _forget(connection: sa.Connection, digests: set[str]) -> None:
    """Remove contents that no host shows any more."""
    if digests:
        used = sa.select(schema.section.c.sha256).where(schema.section.c.sha256 == schema.blob.c.sha256).exists()
        connection.execute(sa.delete(schema.blob).where(schema.blob.c.sha256.in_(digests), ~used))
