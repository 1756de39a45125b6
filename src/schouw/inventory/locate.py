"""Where in a TOML text a key or value is.

No TOML library for Python tells the positions of keys, and an error without a line is no help. This
reads only text that has already parsed, so it need not judge it; and only once there is something to say.
"""

from __future__ import annotations

import re

import tomli

Steps = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_STRING = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}|' r"'''.*?'{3,5}|" r'"(?:[^"\\]|\\.)*"|' r"'[^']*'", re.DOTALL)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"[^,\]}#\n]+")


class Locator:
    """Finds the line and column, both from 1, of the keys and values of a TOML text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._keys: dict[Steps, int] = {}
        self._values: dict[Steps, int] = {}
        table: Steps = ()
        while self._skip(_BLANK) < len(text):
            if text[self._at] == "[":
                brackets = 2 if text.startswith("[[", self._at) else 1
                self._at += brackets
                table = self._key(())
                self._at += brackets
            else:
                self._pair(table)

    def key(self, *steps: str | int) -> tuple[int, int]:
        """Of a key; where it was never written, of the table that it would be in."""
        while steps and steps not in self._keys:
            steps = steps[:-1]
        return self._place(self._keys.get(steps, 0))

    def value(self, *steps: str | int) -> tuple[int, int]:
        """Of a value, or of an element of a list; where it has no place of its own, of its key."""
        return self._place(self._values[steps]) if steps in self._values else self.key(*steps)

    def _place(self, at: int) -> tuple[int, int]:
        return self._text.count("\n", 0, at) + 1, at - self._text.rfind("\n", 0, at)

    def _skip(self, what: re.Pattern[str]) -> int:
        if match := what.match(self._text, self._at):
            self._at = match.end()
        return self._at

    def _key(self, steps: Steps) -> Steps:
        """Read a (dotted) key below `steps`, noting the place of each of its parts."""
        while True:
            start = self._skip(_SPACE)
            quoted = self._text[start] in "\"'"
            end = self._skip(_STRING if quoted else _BARE_KEY)
            written = self._text[start:end]
            steps = (*steps, tomli.loads(f"k={written}")["k"] if quoted else written)
            self._keys.setdefault(steps, start)
            if self._text[self._skip(_SPACE)] != ".":
                return steps
            self._at += 1

    def _pair(self, table: Steps) -> None:
        steps = self._key(table)
        self._at += 1  # =
        self._skip(_SPACE)
        self._value(steps)

    def _value(self, steps: Steps) -> None:
        self._values.setdefault(steps, self._at)
        match self._text[self._at]:
            case "[":
                self._inside("]", steps, list_items=True)
            case "{":
                self._inside("}", steps, list_items=False)
            case '"' | "'":
                self._skip(_STRING)
            case _:
                self._skip(_BARE_VALUE)

    def _inside(self, end: str, steps: Steps, list_items: bool) -> None:
        """Read a list or an inline table up to its end."""
        self._at += 1
        index = 0
        while self._text[self._skip(_BLANK)] != end:
            if self._text[self._at] == ",":
                self._at += 1
            elif list_items:
                self._value((*steps, index))
                index += 1
            else:
                self._pair(steps)
        self._at += 1
