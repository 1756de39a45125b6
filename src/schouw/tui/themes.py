"""Themes are TOML files: Textual's colours under ``[colors]``, a style for every role of the views under ``[roles]``.

A file is checked as a whole before anything of it is used: Textual itself notices a bad colour only
when it switches to the theme, and then ends.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from rich.errors import StyleSyntaxError
from rich.style import Style
from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme

from schouw.errors import ConfigError
from schouw.shipped import shipped
from schouw.tui.paint import Paint
from schouw.views.segments import ROLES

#: Roles of the screen itself: the row under the cursor and the bars above and below.
GROUNDS = ("cursor", "bar")
_ALL_ROLES = (*ROLES, *GROUNDS)
_COLORS = (
    "primary", "secondary", "warning", "error", "success", "accent", "foreground", "background", "surface", "panel", "boost",
)  # fmt: skip
_REQUIRED = ("primary", "foreground", "background")
_TOP = ("label", "dark", "ansi", "colors", "roles")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}|ansi_[a-z_]+")
_LARGEST = 64 * 1024
DEFAULT = "dark"


@dataclass(frozen=True, slots=True)
class ThemeFile:
    """A theme that was read and found good. `name` is the file's name without its ending."""

    name: str
    label: str
    dark: bool
    ansi: bool
    colors: dict[str, str]
    roles: dict[str, str]

    def theme(self) -> Theme:
        colors = dict.fromkeys(_COLORS, None) | self.colors
        # An ansi theme has to answer for variables that other themes compute from their colours.
        variables = dict(BUILTIN_THEMES["ansi-dark" if self.dark else "ansi-light"].variables) if self.ansi else {}
        return Theme(self.name, dark=self.dark, ansi=self.ansi, variables=variables, **colors)  # type: ignore[arg-type]

    def paint(self) -> Paint:
        return Paint("default" if self.ansi else self.colors["background"], self.roles)


@dataclass(frozen=True, slots=True)
class Themes:
    """All that can be chosen, and what is wrong with the files that cannot."""

    files: dict[str, ThemeFile] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def load(folders: Iterable[Path]) -> Themes:
    """All themes of the folders; a later folder's file replaces an earlier one of the same name."""
    files: dict[str, ThemeFile] = {}
    problems: list[str] = []
    for folder in folders:
        for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
            try:
                files[path.stem] = read(path)
            except ConfigError as error:
                problems.append(str(error))
    return Themes(files, tuple(problems))


def first(folders: Sequence[Path], names: Iterable[str]) -> ThemeFile:
    """The first of these themes that can be used; only the files looked at are read. The default one comes with schouw."""
    for name in (*names, DEFAULT):
        for folder in reversed(folders):
            path = folder / f"{name}.toml"
            if name and path.parent == folder and path.is_file():
                with suppress(ConfigError):  # `load` says what is wrong with it
                    return read(path)
    return read(shipped("themes") / f"{DEFAULT}.toml")


def read(path: Path) -> ThemeFile:
    """`ConfigError` with every problem of the file, a line each."""
    try:
        if path.stat().st_size > _LARGEST:
            raise ConfigError(f"{path}: larger than {_LARGEST} bytes; that is no theme")
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as TOML: {error}") from error
    problems = list(_problems(data))
    if problems:
        raise ConfigError("\n".join(f"{path}: {problem}" for problem in problems))
    return ThemeFile(
        path.stem, data.get("label", path.stem), data.get("dark", True), data.get("ansi", False), data["colors"], data["roles"]
    )


def _problems(data: dict[str, object]) -> Iterable[str]:
    yield from _unknown(data, _TOP, "")
    for key, kind in (("label", str), ("dark", bool), ("ansi", bool)):
        if key in data and not isinstance(data[key], kind):
            yield f"{key}: expected {'text' if kind is str else 'true or false'}"
    colors, roles = data.get("colors"), data.get("roles")
    if not isinstance(colors, dict) or not isinstance(roles, dict):
        yield "expected a table [colors] and a table [roles]"
        return
    yield from _unknown(colors, _COLORS, "colors.")
    yield from _unknown(roles, _ALL_ROLES, "roles.")
    yield from (f"colors.{key} is missing" for key in _REQUIRED if key not in colors)
    yield from (f"roles.{key} is missing" for key in _ALL_ROLES if key not in roles)
    for key, value in colors.items():
        if not _is_color(value):
            yield f"colors.{key}: {value!r} is no colour; expected #rrggbb, or with ansi = true a name such as ansi_blue"
        elif data.get("ansi") is not True and str(value).startswith("ansi_"):
            yield f"colors.{key}: {value} needs ansi = true"
    for key, value in roles.items():
        if not _is_style(value):
            yield f'roles.{key}: {value!r} is no style; expected such as "bold #ff8800 on #000000"'


def _unknown(table: dict[str, object], known: Iterable[str], prefix: str) -> Iterable[str]:
    known = tuple(known)
    for key in table:
        if key not in known:
            near = get_close_matches(key, known, 1)
            yield f"unknown key {prefix}{key}" + (f"; did you mean {near[0]}?" if near else "")


def _is_color(value: object) -> bool:
    """Only forms that both Textual and Rich read, and without transparency: lines are painted on it."""
    if not isinstance(value, str) or not _COLOR.fullmatch(value):
        return False
    try:
        Color.parse(value)
    except ColorParseError:
        return False
    return True


def _is_style(value: object) -> bool:
    try:
        style = Style.parse(str(value))
    except StyleSyntaxError:
        return False
    return isinstance(value, str) and style.link is None
