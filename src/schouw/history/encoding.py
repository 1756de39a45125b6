"""Values as bytes and text: what goes into a column, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from typing import TypeVar

import msgspec

T = TypeVar("T")

# Sorted keys: the same value always has the same bytes, and so the same content hash.
_JSON = msgspec.json.Encoder(order="deterministic")
_PACKED = msgspec.msgpack.Encoder(order="deterministic")


def clean(text: str) -> str:
    """`text` as both databases take it: without NUL (PostgreSQL refuses it, SQLite counts wrong) and lone surrogates."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    # "replace" turns what UTF-8 cannot carry into "?".
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def to_json(value: object) -> str:
    """For columns that a person may want to read."""
    try:
        return _JSON.encode(value).decode()
    except UnicodeEncodeError:
        return _JSON.encode(_cleaned(msgspec.to_builtins(value))).decode()


def to_packed(value: object) -> bytes:
    """For facts: NaN and bytes survive, and it is smaller."""
    try:
        return _PACKED.encode(value)
    except UnicodeEncodeError:
        return _PACKED.encode(_cleaned(msgspec.to_builtins(value)))


def from_json(text: str, type_: type[T]) -> T:
    return msgspec.json.decode(text, type=type_)


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return value
