"""Safe text: everything a server printed passes here before anything else sees it.

No grammar of escape sequences is needed: single characters are replaced, so that nothing recombines.
"""

from __future__ import annotations

import unicodedata

REPLACEMENT = "\ufffd"

#: Combining marks that may follow one letter; more would paint over the lines above and below.
_MARKS = 4


class _Table(dict[int, str]):
    """Maps every character that `str.isprintable` refuses (control, bidi, zero-width, tags, surrogates,
    private use, unassigned) to U+FFFD; learns as it goes, so that `str.translate` stays fast."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = character if character.isprintable() else REPLACEMENT
        return self[code]


_LINE = _Table()
_BLOCK = _Table({ord("\n"): "\n", ord("\t"): "\t"})


def decode(data: bytes, limit: int) -> str:
    """At most `limit` bytes of remote output as text; bytes that are not UTF-8 become U+FFFD."""
    return data[:limit].decode("utf-8", errors="replace")


def block(text: str, limit: int = 1 << 22) -> str:
    """Remote text of several lines: newline and tab stay, every other control character is replaced."""
    text = text[:limit]
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return _limit_marks(text.translate(_BLOCK))


def line(text: str, limit: int = 300) -> str:
    """Remote text for one line: no newline, no tab, at most `limit` characters (then cut with an ellipsis)."""
    text = text.strip()
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isprintable() and text.isascii():
        return text
    return _limit_marks(text.translate(_LINE))


def _limit_marks(text: str) -> str:
    if text.isascii() or not any(map(unicodedata.combining, text)):
        return text
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MARKS:
            kept.append(character)
    return "".join(kept)
