"""What is asked of the runner and what it may answer: one JSON object a line (see `runner`, which keeps to it too)."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from dataclasses import replace as changed
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from schouw.model.attempt import Attempt
from schouw.model.deep import DeepLook
from schouw.text import line

T = TypeVar("T")

VERSION = 1
LONGEST = 1 << 17
"""Bytes of a line."""
_TEXT = 300
_MOST = 32
"""Items of a list in an answer."""

StartTls = Literal["", "smtp", "imap", "pop3", "ftp", "postgres"]

_HINTS = get_type_hints(DeepLook)
QUESTIONS = tuple(name for name, hint in _HINTS.items() if get_origin(hint) is Attempt)
_DECODERS = {name: msgspec.json.Decoder(get_args(_HINTS[name])[0]) for name in QUESTIONS}


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """`at_once`: connections; `seconds`: for each of them; `agent` and `ehlo`: how we call ourselves over HTTP and SMTP."""

    hostname: str
    ip_address: str
    port: int
    starttls: StartTls
    questions: tuple[str, ...]
    at_once: int
    seconds: int
    agent: str
    ehlo: str


class Greeting(msgspec.Struct, frozen=True):
    version: int
    sslyze: str = ""
    problem: str = ""
    """Why it cannot be used."""


class Answer(msgspec.Struct, frozen=True, tag_field="says", tag="answer"):
    question: str
    result: msgspec.Raw = msgspec.Raw()
    reason: str = ""
    absent: bool = False


class Done(msgspec.Struct, frozen=True, tag_field="says", tag="done"):
    """`lacking`: why it ended early, or why no "no" may be believed."""

    connections: int
    lacking: str = ""
    turned_away: bool = False


to_line = msgspec.json.Encoder().encode
read_greeting = msgspec.json.Decoder(Greeting).decode
read_answer = msgspec.json.Decoder(Answer | Done).decode


def attempt(answer: Answer) -> Attempt[Any]:
    """What the answer says, clean and of the type that `DeepLook` has for its question. `ValueError` where it is not."""
    reason = line(answer.reason, _TEXT)
    if answer.question not in _DECODERS:
        raise ValueError(f"unknown question {line(answer.question, 40)!r}")
    if not bytes(answer.result):
        return Attempt(None, reason or "sslyze gave neither an answer nor a reason", answer.absent)
    try:
        return Attempt(_clean(_DECODERS[answer.question].decode(answer.result)), reason)
    except msgspec.MsgspecError as error:
        raise ValueError(f"not an answer to {answer.question}: {error}") from error


def _clean(value: T) -> T:
    """The same with every text in it clean, every list short."""
    if isinstance(value, str) and type(value) is str:
        return line(value, _TEXT)  # type: ignore[return-value]
    if isinstance(value, tuple):
        return tuple(_clean(one) for one in value[:_MOST])  # type: ignore[return-value]
    if is_dataclass(value) and not isinstance(value, type):
        return changed(value, **{field.name: _clean(getattr(value, field.name)) for field in fields(value)})
    return value
