"""The last nets: nothing that reaches the terminal holds a control character, and a crash prints no values.

Server text is cleaned where it comes in (`schouw.text`); these hold even where that was forgotten.
"""

from __future__ import annotations

import traceback
from types import TracebackType

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from schouw.text import line


class Printable(LineFilter):
    """Replaces every character that is not printable, in every segment of every widget."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [
            segment if segment.control or segment.text.isprintable() else Segment(_clean(segment.text), segment.style)
            for segment in segments
        ]


def _clean(text: str) -> str:
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def crash_report(kind: type[BaseException], trace: TracebackType | None, where: str) -> str:
    """What a person sees after a crash: the kind and the places, neither values nor the message, which may hold
    what a server printed or a secret."""
    places = [f"  {line(frame.filename)}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(trace)][-8:]
    return "\n".join((f"schouw stopped: {kind.__name__}. This is a fault in schouw; please report these lines.", *places, where))
