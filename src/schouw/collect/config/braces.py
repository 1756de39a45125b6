"""nginx's language: words, ``;`` and ``{ }``.

crossplane, the parser of nginx's makers, opens files (and what they include) on the machine that it runs on, which
is not the host's, and recurses; it has no entry for text that is at hand.
"""

from __future__ import annotations

import re

from schouw.collect.config.statements import Lines, Statement

_TOKEN = re.compile(
    r"""[ \t]*+(?:
    (?P<word>(?:[^\s;{}\\"'$\#]|\\.|\$\{[^}\s]*+\}|\$)(?:[^\s;{}\\$]|\\.|\$\{[^}\s]*+\}|\$)*+)
    |(?P<mark>[;{}])
    |(?P<end>\n|\Z)
    |(?P<quoted>"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+')
    |(?P<comment>\#[^\n]*+))""",
    re.DOTALL | re.VERBOSE,
)
#: In a block of Lua a brace or a quote of its own comments and strings means nothing to nginx.
_LUA = re.compile(r"""--[^\n]*+|"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+'|[{}]""", re.DOTALL)
_DEEP = 50


def read(file: str, lines: Lines) -> tuple[list[Statement], str]:
    text = "\n".join(row for _, row in lines)
    top: list[Statement] = []
    open_blocks = [top]
    words: list[str] = []
    at = row = began = 0

    def wrong(what: str) -> tuple[list[Statement], str]:
        return top, f"{file}:{lines[min(row, len(lines) - 1)][0]}: {what}"

    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return wrong("a quote is opened and never closed")
        at = match.end()
        kind = match.lastgroup
        if kind == "word" or kind == "quoted":
            began = began if words else row
            words.append(match["word"] or _unquoted(match["quoted"]))
            row += match[0].count("\n")
        elif kind == "end":
            row += 1
        elif kind == "mark" and match["mark"] == "}":
            if words:
                return wrong(f'";" is missing after "{words[0][:40]}"')
            if len(open_blocks) == 1:
                return wrong('a "}" too many')
            open_blocks.pop()
        elif kind == "mark":
            if not words:
                return wrong(f'"{match["mark"]}" after nothing')
            body: list[Statement] | None = [] if match["mark"] == "{" else None
            open_blocks[-1].append(Statement(tuple(words), file, lines[began][0], body))
            if body is not None and words[0].endswith("_by_lua_block"):
                end = _end_of_lua(text, at)
                row += text.count("\n", at, end)
                at = end
            elif body is not None:
                open_blocks.append(body)
            words = []
            if len(open_blocks) > _DEEP:
                return wrong(f"blocks in more than {_DEEP} others")
    if words:
        return wrong(f'";" is missing after "{words[0][:40]}"')
    return wrong('"}" is missing at its end') if len(open_blocks) > 1 else (top, "")


def _end_of_lua(text: str, at: int) -> int:
    depth = 1
    for match in _LUA.finditer(text, at):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if not depth:
            return match.end()
    return len(text)


def _unquoted(found: str) -> str:
    return found[1:-1].replace(f"\\{found[0]}", found[0])
