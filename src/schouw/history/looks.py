"""Facts as last seen, kept a section at a time by content: an unchanged section is written once, however
often and on however many hosts it is seen."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple, get_type_hints

import msgspec
import sqlalchemy as sa

from schouw.history.encoding import to_json, to_packed
from schouw.history.statements import (
    ADD_BLOB,
    ADD_SECTIONS,
    CHANGE_SECTION,
    CONTENTS,
    DROP_SECTION,
    FORGET_BLOB,
    HOST,
    SECTIONS,
    THERE,
)
from schouw.model.attempt import Attempt, not_checked
from schouw.model.facts import Facts, Inside
from schouw.model.outside import Outside
from schouw.recent import Recent

_INSIDE, _OUTSIDE = "inside", "outside"  # the attempts themselves: whether there is a result, and the reason
_VIEW = "outside.view"
_FINGERPRINTS = "inside.fingerprints"
_LACKING = "inside.lacking"  # name → attempt of all sections without a result: half of them, on most hosts
_HEAD: dict[str, Any] = {
    _INSIDE: Attempt[bool],
    _OUTSIDE: Attempt[bool],
    _VIEW: Outside,
    _FINGERPRINTS: dict[str, str],
    _LACKING: dict[str, Attempt[bool]],
}

_NOT_READ: Attempt[Any] = not_checked("not read")
_UNREADABLE: Attempt[Any] = not_checked("kept by another version of schouw; scan again to see it")

_LEVEL = 1
"""Of zlib: a list of packages gets a fifth larger than at the usual 6, for less than half of the time."""


class _Packed(NamedTuple):
    """A piece of the facts as it is stored."""

    value: object
    digest: str
    data: bytes


# By the identity of its object, which stays its own while it is kept here; and by name and digest, as read from the file.
_PACKED: Recent[int, _Packed] = Recent(4 << 20)
_READ: Recent[tuple[str, str], object] = Recent(4 << 20)
_OBJECT = 500


def save(connection: sa.Connection, host_id: int, facts: Facts) -> None:
    """Replace what is known of the host. Of a view that was not had, what was known before stays (see `load`)."""
    known: dict[str, str] = dict(connection.execute(SECTIONS, {"host_id": host_id}).all())
    pieces = {name: _packed(value) for name, value in _pieces(facts)}
    changed = {name: piece for name, piece in pieces.items() if known.get(name) != piece.digest}
    if not changed:
        return
    missing = {piece.digest: piece.data for piece in changed.values()}
    for digest in connection.scalars(THERE, {"many": to_json(list(missing))}):
        del missing[digest]
    if missing:
        blobs = [{"sha256": digest, "data": zlib.compress(data, _LEVEL)} for digest, data in missing.items()]
        connection.execute(ADD_BLOB, blobs)
    if added := {name: piece.digest for name, piece in changed.items() if name not in known}:
        connection.execute(ADD_SECTIONS, {"mine": host_id, "many": to_json(added)})
    if replaced := [name for name in changed if name in known]:
        rows = [{"mine": host_id, "section": name, "digest": changed[name].digest} for name in replaced]
        connection.execute(CHANGE_SECTION, rows)
    # What had a result and has none any more; of a view that was not had, nothing is known to be gone.
    gone = [name for name in known if name.startswith(f"{_INSIDE}.") and name not in pieces and _LACKING in pieces]
    if gone:
        connection.execute(DROP_SECTION, [{"mine": host_id, "section": name} for name in gone])
    if unused := {known[name] for name in (*replaced, *gone)}:
        connection.execute(FORGET_BLOB, [{"digest": digest} for digest in unused])


def load(connection: sa.Connection, name: str, only: Collection[str] | None = None) -> Facts | None:
    """The facts of a host, None before the first look; `only` these sections of the inside view, where given.

    Where the last look had no outside view, the one of before is in its place, with the reason and its own age: many looks
    build on it. An inside view is asked for anew every time, and is not shown where it was not had.
    """
    row = connection.execute(HOST, {"name": name}).first()
    return None if row is None else load_row(connection, row, only)


def load_row(connection: sa.Connection, row: sa.Row[*tuple[Any, ...]], only: Collection[str] | None = None) -> Facts | None:
    """As `load`, of a host's row (see `statements.HOST`)."""
    if row.taken_at is None:
        return None
    digests: dict[str, str] = dict(connection.execute(SECTIONS, {"host_id": row.id}).all())
    sections = _sections()
    unread = {f"{_INSIDE}.{name}": _NOT_READ for name in sections if only is not None and name not in only}
    hints = _HEAD | {f"{_INSIDE}.{name}": hint for name, hint in sections.items()}
    wanted = {piece: digest for piece, digest in digests.items() if piece in hints and piece not in unread}
    stored = _values(connection, wanted, hints)
    lacking: dict[str, Attempt[Any]] = {f"{_INSIDE}.{name}": one for name, one in stored.get(_LACKING, {}).items()}
    return _facts(row.name, row.taken_at, stored | lacking | unread)


def _pieces(facts: Facts) -> Iterator[tuple[str, object]]:
    inside, outside = facts.inside, facts.outside
    yield _INSIDE, Attempt(inside.result is not None, inside.reason, inside.absent)
    if inside.result is not None:
        sections = {field.name: getattr(inside.result, field.name) for field in fields(inside.result)}
        lacking = {name: one for name, one in sections.items() if isinstance(one, Attempt) and one.result is None}
        yield _LACKING, lacking
        yield from ((f"{_INSIDE}.{name}", one) for name, one in sections.items() if name not in lacking)
    yield _OUTSIDE, Attempt(outside.result is not None, outside.reason, outside.absent)
    if outside.result is not None:
        yield _VIEW, outside.result


def _packed(value: object) -> _Packed:
    """The same object is packed once: nothing in facts can be changed."""
    known = _PACKED.get(id(value))
    if known is None:
        data = to_packed(value)
        known = _Packed(value, sha256(data).hexdigest(), data)
        _PACKED.put(id(value), known, len(data) + _OBJECT)
    return known


def _values(connection: sa.Connection, digests: dict[str, str], hints: Mapping[str, Any]) -> dict[str, Any]:
    """Each piece's value, without those that make no sense; what was read lately is not read again."""
    known = {piece: value for piece, digest in digests.items() if (value := _READ.get((piece, digest))) is not None}
    missing = {piece: digest for piece, digest in digests.items() if piece not in known}
    if not missing:
        return known
    stored: dict[str, bytes] = dict(connection.execute(CONTENTS, {"digests": list(set(missing.values()))}).all())
    for piece, digest in missing.items():
        # Another version of schouw may have kept it in another shape.
        with contextlib.suppress(zlib.error, msgspec.MsgspecError, UnicodeDecodeError):
            data = zlib.decompress(stored[digest])
            value = known[piece] = _decoder(hints[piece]).decode(data)
            _READ.put((piece, digest), value, len(data) + _OBJECT)
            _PACKED.put(id(value), _Packed(value, digest, data), len(data) + _OBJECT)
    return known


def _facts(name: str, taken_at: datetime, stored: Mapping[str, Any]) -> Facts:
    head: Attempt[bool] = stored.get(_INSIDE, _UNREADABLE)
    without: Attempt[bool] = stored.get(_OUTSIDE, _UNREADABLE)
    view: Outside | None = stored.get(_VIEW)
    inside: Attempt[Inside] = Attempt(None, head.reason, head.absent)
    if head.result:
        sections = {section: stored.get(f"{_INSIDE}.{section}", _UNREADABLE) for section in _sections()}
        # A section that cannot be read has to be sent again.
        prints = {section: mark for section, mark in stored.get(_FINGERPRINTS, {}).items() if f"{_INSIDE}.{section}" in stored}
        inside = Attempt(Inside(**sections, fingerprints=prints), head.reason)
    if view is not None or not without.result:
        return Facts(name, taken_at, inside, Attempt(view, without.reason, without.absent and view is None))
    return Facts(name, taken_at, inside, _UNREADABLE)


@cache
def _sections() -> dict[str, Any]:
    """Section → the type of its attempt, `Attempt[Packages]` for example."""
    return {name: hint for name, hint in get_type_hints(Inside).items() if name != "fingerprints"}


@cache
def _decoder(hint: Any) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(hint)
