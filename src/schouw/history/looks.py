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

from schouw.history.encoding import to_packed
from schouw.history.statements import (
    ADD_BLOB,
    ADD_SECTION,
    CHANGE_SECTION,
    CONTENTS,
    FORGET_BLOB,
    SECTIONS,
    TAKEN,
    THERE,
)
from schouw.model.attempt import Attempt, not_checked
from schouw.model.facts import Facts, Inside, Outside

_INSIDE = "inside"  # the attempt itself: whether there is a result, and the reason
_OUTSIDE = "outside"

_LEVEL = 1
"""Of zlib: a list of packages gets a fifth larger than at the usual 6, for less than half of the time."""


def save(connection: sa.Connection, host_id: int, facts: Facts) -> None:
    """Replace what is known of the host. Sections of an inside view that was not had stay, but are not shown."""
    known: dict[str, str] = dict(connection.execute(SECTIONS, {"host_id": host_id}).all())
    changed: dict[str, tuple[str, bytes]] = {}
    for name, data in _pieces(facts):
        digest = sha256(data).hexdigest()
        if known.get(name) != digest:
            changed[name] = (digest, data)
    if not changed:
        return
    missing = dict(changed.values())
    for digest in connection.scalars(THERE, {"digests": list(missing)}):
        del missing[digest]
    if missing:
        blobs = [{"sha256": digest, "data": zlib.compress(data, _LEVEL)} for digest, data in missing.items()]
        connection.execute(ADD_BLOB, blobs)
    if added := [name for name in changed if name not in known]:
        connection.execute(ADD_SECTION, [{"host_id": host_id, "name": name, "sha256": changed[name][0]} for name in added])
    if replaced := [name for name in changed if name in known]:
        rows = [{"mine": host_id, "section": name, "digest": changed[name][0]} for name in replaced]
        connection.execute(CHANGE_SECTION, rows)
        connection.execute(FORGET_BLOB, [{"digest": digest} for digest in {known[name] for name in replaced}])


def load(connection: sa.Connection, name: str) -> Facts | None:
    row = connection.execute(TAKEN, {"name": name}).first()
    if row is None or row.taken_at is None:
        return None
    taken_at: datetime = row.taken_at
    return _facts(name, taken_at, dict(connection.execute(CONTENTS, {"host_id": row.id}).all()))


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
        return _decoder(hint).decode(zlib.decompress(stored[name]))
    except (KeyError, zlib.error, msgspec.MsgspecError, UnicodeDecodeError):
        return None


@cache
def _decoder(hint: Any) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(hint)
