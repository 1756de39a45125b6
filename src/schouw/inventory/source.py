"""One file of the fleet as it was read, and all that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NoReturn

import tomli

from schouw.errors import ConfigError
from schouw.inventory.locate import Locator, Steps
from schouw.text import line

#: No fleet file is this big; something else was named by mistake.
_LARGEST = 16 << 20
#: More at once help nobody.
_MOST_PROBLEMS = 50


@dataclass(frozen=True)
class Source:
    """A TOML file that has parsed."""

    path: Path
    text: str = field(repr=False)
    document: dict[str, object] = field(repr=False)

    @cached_property
    def _locator(self) -> Locator:
        return Locator(self.text)

    def at_key(self, *steps: str | int) -> Place:
        return Place(self.path, *self._locator.key(*steps))

    def at_value(self, *steps: str | int) -> Place:
        return Place(self.path, *self._locator.value(*steps))


@dataclass(frozen=True, slots=True)
class Place:
    path: Path
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


class Problems:
    """Gathers every problem, so that they are all told at once."""

    def __init__(self) -> None:
        self._found: list[tuple[Place, str]] = []

    def add(self, place: Place, text: str) -> None:
        self._found.append((place, text))

    def __bool__(self) -> bool:
        return bool(self._found)

    def fail_if_any(self) -> None:
        """`ConfigError` with a line for each, in the order of the files."""
        if not self._found:
            return
        ordered = sorted(self._found, key=lambda problem: (str(problem[0].path), problem[0].line, problem[0].column))
        lines = list(dict.fromkeys(f"{place}: {text}" for place, text in ordered))
        if len(lines) > _MOST_PROBLEMS:
            lines[_MOST_PROBLEMS:] = [f"{ordered[0][0].path}: and {len(lines) - _MOST_PROBLEMS} more like these"]
        raise ConfigError("\n".join(lines))


def read(path: Path) -> Source:
    """Read and parse one TOML file; `ConfigError` says where and why that fails."""
    text = read_text(path)
    try:
        document = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        column = min(error.colno, 1 + len(text.split("\n")[error.lineno - 1]))
        _refuse(path, error.lineno, column, f"{error.msg}; expected TOML ({_hint(text, error.lineno)})")
    except RecursionError:
        _refuse(path, 1, 1, "lists or tables inside each other, hundreds deep; expected a fleet file")
    except ValueError:  # from Python's own limit on the digits of a number
        _refuse(path, 1, 1, "a number with thousands of digits; expected a fleet file")
    source = Source(path, text, document)
    _refuse_control_characters(source)
    return source


def read_text(path: Path) -> str:
    """A text file of a person's, with ``\\n`` line ends; `ConfigError` when it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: this is a directory; expected a file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(f"{path}: cannot be read: {reason}") from None
    if len(data) > _LARGEST:
        raise ConfigError(f"{path}: larger than {_LARGEST >> 20} MiB; expected a file written by people")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start]
        number = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode()) + 1
        _refuse(path, number, column, f"byte 0x{data[error.start]:02x} is not UTF-8; expected a text saved as UTF-8")
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _refuse(path: Path, number: int, column: int, text: str) -> NoReturn:
    raise ConfigError(f"{Place(path, number, column)}: {text}") from None


def _hint(text: str, number: int) -> str:
    """What TOML wants, for the mistakes that people make most."""
    written = text.split("\n")[number - 1].strip()
    if written.startswith("[") and "]" not in written:
        return 'a table\'s name ends with "]"'
    if "=" in written and not written.startswith(("[", "#")):
        return 'texts are quoted, such as address = "192.0.2.10"'
    return "lines such as port = 22 below a table such as [hosts.web1]"


def _refuse_control_characters(source: Source) -> None:
    """No text of the file may move a cursor, or end in a newline that a pattern's ``$`` lets through."""
    text = source.text
    if text.isascii() and "\\" not in text and '"""' not in text and "'''" not in text:
        return
    problems = Problems()
    for steps, found in _texts(source.document, ()):
        if not found.isprintable():
            problems.add(source.at_value(*steps), f"{shown(found)} has control characters; expected one line of plain text")
    problems.fail_if_any()


def _texts(value: object, steps: Steps) -> Iterator[tuple[Steps, str]]:
    if isinstance(value, str):
        yield steps, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield (*steps, key), key
            yield from _texts(item, (*steps, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*steps, index))


def shown(value: object) -> str:
    """A value from the file as an error quotes it: short, and never a pasted secret."""
    match value:
        case str() if "PRIVATE KEY" in value:
            return "the text of a private key"
        case str():
            return f'"{line(value, 60)}"'
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)[:40]
        case dict():
            return "a table"
        case list():
            return "a list"
        case _:
            return f"the {'time' if type(value).__name__ == 'time' else 'date'} {value}"
