"""The language of Apache and ProFTPD: a directive a line, sections between ``<Name …>`` and ``</Name>``.

The parsers there are for it (apacheconfig) read files of the machine they run on and have not been kept up.
"""

from __future__ import annotations

import re

from schouw.collect.config.statements import Lines, Statement

_WORD = re.compile(r'"((?:[^"\\]|\\.)*+)"|\'((?:[^\'\\]|\\.)*+)\'|(\S++)')
_DEEP = 50


def read(file: str, lines: Lines) -> tuple[list[Statement], str]:
    top: list[Statement] = []
    open_blocks: list[tuple[str, list[Statement]]] = [("", top)]
    for at, text in _whole(lines):
        if text.startswith("</"):
            name = text[2:].strip(" >").lower()
            if open_blocks[-1][0] != name:
                return top, f"{file}:{at}: </{name[:40]}> in the wrong place"
            open_blocks.pop()
        elif text.startswith("<"):
            if not text.endswith(">") or not (words := _words(text[1:-1])):
                return top, f'{file}:{at}: ">" is missing'
            body: list[Statement] = []
            open_blocks[-1][1].append(Statement(words, file, at, body))
            open_blocks.append((words[0].lower(), body))
            if len(open_blocks) > _DEEP:
                return top, f"{file}:{at}: sections in more than {_DEEP} others"
        elif words := _words(text):
            open_blocks[-1][1].append(Statement(words, file, at))
    return top, f"{file}: </{open_blocks[-1][0][:40]}> is missing at its end" if len(open_blocks) > 1 else ""


def _whole(lines: Lines) -> list[tuple[int, str]]:
    """Lines with what a backslash at their end continues; comments, which are continued too, left out."""
    whole: list[tuple[int, str]] = []
    parts: list[str] = []
    for at, text in lines:
        if not parts:
            first = at
        parts.append(text.rstrip().removesuffix("\\"))
        if not text.rstrip().endswith("\\"):
            whole.append((first, " ".join(parts).strip()))
            parts = []
    if parts:
        whole.append((first, " ".join(parts).strip()))
    return [(at, text) for at, text in whole if text and not text.startswith("#")]


def _words(text: str) -> tuple[str, ...]:
    return tuple(
        (double or single).replace('\\"', '"').replace("\\'", "'") or bare for double, single, bare in _WORD.findall(text)
    )
