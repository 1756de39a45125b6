"""Statements, and the files of one configuration put together as its own software reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import translate
from posixpath import dirname

from schouw.collect.base import Rows, number

#: (number, text) of the lines that the host sent of one file: those that do not bear on our questions are not among them.
Lines = list[tuple[int, str]]

#: What one configuration may come to with all its includes, and how deep they may go.
_STATEMENTS = 200_000
_DEPTH = 20
_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Statement:
    """One directive with its arguments; `body` where it opens a block."""

    words: tuple[str, ...]
    """The keyword first, then its arguments, without quotes."""
    file: str
    line: int
    body: list[Statement] | None = None

    @property
    def keyword(self) -> str:
        return self.words[0]

    @property
    def value(self) -> str:
        return " ".join(self.words[1:])


#: Reads one file: its statements as far as they could be read, and what was wrong with it, "" for nothing.
Reader = Callable[[str, Lines], tuple[list[Statement], str]]


def sent_files(rows: Rows) -> dict[str, Lines]:
    """What `show` of `library.sh` printed, by name and in its order."""
    files: dict[str, Lines] = {}
    lines: Lines = []
    for tag, rest in rows.in_order("file", "l"):
        if tag == "file":
            lines = files.setdefault(rest, [])
            continue
        count, tab, text = rest.partition("\t")
        at = number(count)
        if tab and at is not None:
            lines.append((at, text))
        else:
            rows.misfit()
    return files


class Tree:
    """All files of a configuration; `walk` goes through statements with what they include in the include's place."""

    def __init__(self, files: Mapping[str, Lines], read: Reader, included: Callable[[Statement], Iterable[str]]) -> None:
        """`included` gives the patterns that a statement includes, as absolute paths; nothing for any other statement."""
        self.problems: dict[str, None] = {}
        """What kept parts of it from being read, each once."""
        self._included = included
        self._files: dict[str, list[Statement]] = {}
        self._folders: dict[str, list[str]] = {}
        self._matching: dict[str, list[str]] = {}
        self._left = _STATEMENTS
        for name, lines in files.items():
            self._files[name], problem = read(name, lines)
            self._folders.setdefault(dirname(name), []).append(name)
            if problem:
                self._problem(problem)

    def root(self, file: str) -> Iterator[Statement]:
        """The statements of the file that the others are included from."""
        return self.walk(self._files.get(file, ()), (file,))

    def body(self, statement: Statement) -> Iterator[Statement]:
        return self.walk(statement.body or (), (statement.file,))

    def walk(self, statements: Iterable[Statement], within: tuple[str, ...]) -> Iterator[Statement]:
        """`within` are the files whose includes led here: one of them included again would never end."""
        for statement in statements:
            if not self._spend():
                return
            patterns = tuple(self._included(statement))
            if not patterns:
                yield statement
            for file in (file for pattern in patterns for file in self._match(pattern)):
                if file in within:
                    self._problem(f"{statement.file}:{statement.line} includes {file} without end")
                elif len(within) > _DEPTH:
                    self._problem(f"{statement.file}:{statement.line} is an include in more than {_DEPTH} others")
                elif self._spend():
                    yield from self.walk(self._files[file], (*within, file))

    def _spend(self) -> bool:
        """Whether one more statement or include may be followed."""
        self._left -= 1
        if self._left < 0:
            self._problem(f"with its includes it has more than {_STATEMENTS} statements: the rest was not read")
        return self._left >= 0

    def _problem(self, text: str) -> None:
        if len(self.problems) < _PROBLEMS:
            self.problems[text] = None

    def _match(self, pattern: str) -> list[str]:
        """Files that a pattern of a shell, or a folder, stands for, in the order of their names."""
        if pattern in self._files:
            return [pattern]
        if pattern not in self._matching:
            self._matching[pattern] = sorted(self._search(pattern.rstrip("/")))
        return self._matching[pattern]

    def _search(self, pattern: str) -> list[str]:
        if pattern in self._folders:
            return self._folders[pattern]
        # In one part of a path, "*" and "?" do not stand for a slash.
        parts = [re.compile(translate(part)) for part in pattern.split("/")[:50]]
        folder = dirname(pattern)
        among = self._folders.get(folder, []) if folder in self._folders else self._files
        return [name for name in among if _fits(name.split("/"), parts)]


def _fits(parts: list[str], patterns: list[re.Pattern[str]]) -> bool:
    return len(parts) == len(patterns) and all(pattern.match(part) for part, pattern in zip(parts, patterns, strict=True))
