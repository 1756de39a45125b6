"""The aliases of an ssh_config. Their settings stay where they are: OpenSSH applies them at each connect."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from schouw.errors import ConfigError
from schouw.inventory.imports.found import Found, Imported
from schouw.inventory.names import is_name
from schouw.inventory.source import read_text

_LINE = re.compile(r"\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*)")
#: As OpenSSH: an Include that includes itself ends here.
_DEEPEST = 16
_MOST_FILES = 500


def read_ssh_config(path: Path, home: Path) -> Imported:
    """Every alias without wildcards, in the order of the file, `Include` followed.

    Those that log in as ``git`` are code hosts of others and left out. `ConfigError` when the file
    cannot be read or has no alias.
    """
    users: dict[str, str] = {}
    current: list[str] = []
    for keyword, words in _lines(path, home, [_MOST_FILES], 0):
        match keyword:
            case "host":
                current = [word for word in words if not re.search(r"[*?!]", word)]
                users |= {alias: users.get(alias, "") for alias in current}
            case "match":
                current = []
            case "user" if words:
                users |= {alias: users[alias] or words[0] for alias in current}
    odd = [alias for alias in users if not is_name(alias)]
    code = [alias for alias, user in users.items() if user == "git"]
    hosts = tuple(Found(alias) for alias in users if alias not in odd and alias not in code)
    if not hosts:
        raise ConfigError(f"{path}: no servers; expected at least one line such as: Host web1")
    return Imported(
        hosts=hosts,
        ssh_config="" if path == home / ".ssh/config" else str(path.absolute()),
        left_out=(
            *(f"{alias}: logs in as git, so it is someone's code host" for alias in code),
            *(f"{alias}: not a name that schouw can use" for alias in odd),
        ),
    )


def _lines(path: Path, home: Path, files_left: list[int], depth: int) -> Iterator[tuple[str, list[str]]]:
    """(keyword in lower case, words) of a file and of those that it includes."""
    files_left[0] -= 1
    for text in read_text(path).split("\n"):
        if text.lstrip().startswith("#") or not (match := _LINE.fullmatch(text)):
            continue
        try:
            words = shlex.split(match[2], comments=True)
        except ValueError:
            continue  # an open quote: OpenSSH refuses the whole file when it gets there, and says so better
        keyword = match[1].lower()
        if keyword != "include":
            yield keyword, words
        elif depth < _DEEPEST:
            for included in _included(words, home):
                if files_left[0] > 0:
                    yield from _lines(included, home, files_left, depth + 1)


def _included(words: list[str], home: Path) -> Iterator[Path]:
    """The files that `Include` means; as with OpenSSH, those that are not there do not count."""
    for word in words:
        written = home / word[2:] if word.startswith("~/") else home / ".ssh" / word
        pattern = str(written).lstrip("/").replace("**", "*")  # no walk through the whole disk
        yield from sorted(found for found in Path("/").glob(pattern) if found.is_file())
