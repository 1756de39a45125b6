"""Lines of text with roles: what a view hands to whoever paints it.

A role is a word such as "high" or "dim" (`ROLES`); which colour that is, only the theme knows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

Segment = tuple[str, str]
"""Text and its role."""

Line = tuple[Segment, ...]

#: Every role a view may use, and so every role a theme has to say something about.
ROLES = (
    "text", "dim", "strong", "title", "accent", "key", "border", "border-cursor",
    "critical", "high", "medium", "low", "info", "ok", "unknown", "stale", "running",
    "new", "open", "accepted", "fixed", "regressed", "code", "error", "marked",
)  # fmt: skip


_PORT = r"[0-9]{1,5}/(?:tcp|udp)"
_LEAST = 4
"""Cells of words before a port, below which it says nothing any more."""


def width(text: str) -> int:
    """Terminal cells that `text` takes: 2 for wide East Asian characters and emoji, 0 for combining marks."""
    if text.isascii():
        return len(text)
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, cells: int) -> str:
    """`text` in at most `cells` cells, ending in an ellipsis where something was left out."""
    if width(text) <= cells:
        return text
    if cells <= 0:
        return ""
    room, kept = cells - 1, []
    for character in text:
        room -= _cells(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + "…"


def squeeze(text: str, cells: int) -> str:
    """As `cut`, but a port that the text names stays in sight: it tells one finding from the next."""
    port = re.search(_PORT, text) if width(text) > cells else None
    if port is None or width(text[: port.end()]) < cells:
        return cut(text, cells)
    room = cells - len(port[0]) - 1
    if room < _LEAST:
        return cut(text, cells)
    return f"{cut(text[: port.start()].rstrip(), room).replace(' …', '…')} {port[0]}"


def pad(text: str, cells: int) -> str:
    """`text` in exactly `cells` cells: cut or filled with blanks on the right."""
    text = cut(text, cells)
    return text + " " * (cells - width(text))


def line_width(line: Iterable[Segment]) -> int:
    return sum(width(text) for text, _ in line)


def fit(line: Iterable[Segment], cells: int) -> Line:
    """`line` in exactly `cells` cells: cut with an ellipsis, or filled with blanks."""
    segments = list(line)
    missing = cells - line_width(segments)
    if missing >= 0:
        return (*segments, (" " * missing, "text")) if missing else tuple(segments)
    kept: list[Segment] = []
    left = cells
    for text, role in segments:
        size = width(text)
        if size >= left:
            # One more than there is room for: something follows that is left out, and the ellipsis says so.
            kept.append((pad(cut(text + " ", left) if size == left else text, left), role))
            break
        kept.append((text, role))
        left -= size
    return tuple(kept)


def spread(left: Iterable[Segment], right: Iterable[Segment], cells: int) -> Line:
    """`left` and `right` at the two ends of `cells` cells; `left` is cut first when they do not both fit."""
    right = tuple(right)
    room = cells - line_width(right)
    if room < 8:
        return fit(left, cells)
    return fit(left, room) + right


def trim(line: Line) -> Line:
    """Without the blanks at its end."""
    while line and not line[-1][0].strip():
        line = line[:-1]
    return line


def plain(line: Iterable[Segment]) -> str:
    return "".join(text for text, _ in line)


def wrap(text: str, cells: int) -> list[str]:
    """`text` broken between words into lines of at most `cells` cells; longer words are broken where they must.

    Newlines and leading blanks stay: fixes are configuration and commands.
    """
    cells = max(cells, 4)
    return [piece for paragraph in text.split("\n") for piece in _wrap_one(paragraph.replace("\t", "    "), cells)]


def labelled(label: str, text: str, cells: int, role: str = "text") -> list[Line]:
    """A heading, `text` below it, and an empty line."""
    return [((label, "title"),), *(((f"  {piece}", role),) for piece in wrap(text, cells - 2)), ()]


def _wrap_one(paragraph: str, cells: int) -> list[str]:
    if width(paragraph) <= cells:
        return [paragraph.rstrip()]
    indent = " " * min(len(paragraph) - len(paragraph.lstrip()), cells // 2)
    lines: list[str] = []
    current = indent
    for word in paragraph.split():
        gap = "" if current.strip() == "" else " "
        if width(current) + len(gap) + width(word) <= cells:
            current += gap + word
            continue
        if current.strip():
            lines.append(current)
        current = indent + word
        while width(current) > cells:
            head = _take(current, cells)
            lines.append(head)
            current = indent + current[len(head) :]
    lines.append(current)
    return lines


def _take(text: str, cells: int) -> str:
    kept = 0
    for index, character in enumerate(text):
        kept += _cells(character)
        if kept > cells:
            return text[:index]
    return text
