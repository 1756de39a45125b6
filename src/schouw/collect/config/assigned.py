"""``key = value``: Dovecot's language with its named blocks, OpenSSL's with its sections, and the flat files of Postfix,
vsftpd, Courier and others.

Python's configparser wants sections and refuses what these take (a key twice, a block, an include); there is no parser
for Dovecot's language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from schouw.collect.config.statements import Lines, Statement

_DEEP = 20
_ASSIGNED = re.compile(r"([^\s={}\"]+)\s*=\s*(.*)")
_OPENED = re.compile(r"([^={}]*?)\s*\{\s*(?:#.*)?")
_SECTION = re.compile(r"\[\s*([^\]]*?)\s*\].*")
_INCLUDED = re.compile(r"(\.include)\s*[\s=]\s*(.+)")
_COMMENT = re.compile(r"\s+#.*")


def read_dovecot(file: str, lines: Lines) -> tuple[list[Statement], str]:
    """A block's words are its kind and name; other statements have a keyword and one value, or are an include."""
    top: list[Statement] = []
    open_blocks = [top]
    for at, text in _joined(lines):
        if match := _ASSIGNED.fullmatch(text):
            open_blocks[-1].append(Statement((match[1], unquoted(match[2])), file, at))
        elif text.startswith("!"):
            open_blocks[-1].append(Statement(tuple(text.split(None, 1)), file, at))
        elif _COMMENT.sub("", text) == "}":
            if len(open_blocks) == 1:
                return top, f'{file}:{at}: a "}}" too many'
            open_blocks.pop()
        elif (match := _OPENED.fullmatch(text)) and match[1].strip():
            words = tuple(word.strip('"') for word in match[1].split())
            body: list[Statement] = []
            open_blocks[-1].append(Statement(words, file, at, body))
            open_blocks.append(body)
            if len(open_blocks) > _DEEP:
                return top, f"{file}:{at}: blocks in more than {_DEEP} others"
        else:
            return top, f'{file}:{at}: "{text[:40]}" is neither a setting nor a block'
    return top, f'{file}: "}}" is missing at its end' if len(open_blocks) > 1 else ""


def read_flat(file: str, lines: Lines) -> tuple[list[Statement], str]:
    """One ``key = value`` a line, with or without blanks and quotes; the first line that is none is a problem, others go on."""
    found: list[Statement] = []
    problem = ""
    for at, row in lines:
        text = row.strip()
        if not text or text.startswith("#"):
            continue
        keyword, equals, value = text.partition("=")
        if equals and keyword.strip():
            found.append(Statement((keyword.strip(), unquoted(value.strip())), file, at))
        else:
            problem = problem or f'{file}:{at}: "{text[:40]}" is no setting'
    return found, problem


def read_postfix(file: str, lines: Lines) -> tuple[list[Statement], str]:
    """main.cf: a line that begins with a blank continues the one before (postconf(5))."""
    whole: Lines = []
    for at, text in lines:
        if text.lstrip().startswith("#"):
            continue
        if text.startswith((" ", "\t")) and whole:
            whole[-1] = (whole[-1][0], f"{whole[-1][1]} {text.strip()}"[:20_000])
        else:
            whole.append((at, text))
    return read_flat(file, whole)


def read_openssl(file: str, lines: Lines) -> tuple[list[Statement], str]:
    """config(5ssl), flat: ``[ name ]`` is the statement "[" with that name, ``.include`` one with a path."""
    found: list[Statement] = []
    for at, text in _joined(lines):
        if match := _SECTION.fullmatch(text):
            found.append(Statement(("[", match[1]), file, at))
        elif match := _INCLUDED.fullmatch(text) or _ASSIGNED.fullmatch(text):
            found.append(Statement((match[1], unquoted(match[2])), file, at))
        elif not text.startswith("."):
            return found, f'{file}:{at}: "{text[:40]}" is neither a setting nor a section'
    return found, ""


def unquoted(value: str) -> str:
    """Without the quotes around all of it, or the comment behind it."""
    if value[:1] in ('"', "'"):
        end = value.find(value[0], 1)
        if end > 0:
            return value[1:end]
    return _COMMENT.sub("", value).strip()


def _joined(lines: Lines) -> Iterator[tuple[int, str]]:
    """Lines with what a backslash at their end continues."""
    parts: list[str] = []
    began = 0
    for at, row in lines:
        began = began if parts else at
        text = row.strip()
        parts.append(text.removesuffix("\\").strip())
        if not text.endswith("\\"):
            whole = " ".join(parts)
            parts = []
            if whole and not whole.startswith("#"):
                yield began, whole
    if parts:
        yield began, " ".join(parts)
