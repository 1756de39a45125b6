"""The user's settings file: keys and the theme, checked as a whole before anything of it is used."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from textual.binding import Binding
from textual.keys import KEY_NAME_REPLACEMENTS, Keys

from schouw.errors import ConfigError
from schouw.tui.keys import CONTEXTS

#: They belong to tmux, screen and the shell (ux.md, Keys), or end the program for good.
_TAKEN = {"ctrl+a", "ctrl+b", "ctrl+k", "ctrl+z", "ctrl+c", "ctrl+q"}
_NAMED = {key.value for key in Keys if not key.value.startswith("<")}
_PUNCTUATION = {
    ".": "full_stop", "/": "slash", ":": "colon", "?": "question_mark", ",": "comma", ";": "semicolon", "!": "exclamation_mark",
    "+": "plus", "-": "minus", "=": "equals_sign", "*": "asterisk", "#": "number_sign", "'": "apostrophe", '"': "quotation_mark",
    "[": "left_square_bracket", "]": "right_square_bracket", "<": "less_than_sign", ">": "greater_than_sign", " ": "space",
    "_": "underscore", "@": "at", "~": "tilde", "|": "vertical_line", "&": "ampersand", "%": "percent_sign", "$": "dollar_sign",
}  # fmt: skip
_MODIFIED = set("abcdefghijklmnopqrstuvwxyz")
#: `database` is read by whoever fetches feeds (schouw.vulnerabilities.settings).
_KNOWN = ("theme", "keys", "database")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are, and what the user chose. `problems` are told once, on the screen."""

    config_dir: Path
    state_dir: Path
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path = Path()
    keys: Mapping[str, str] = field(default_factory=dict)
    """Binding id → keys, comma-separated, as Textual's keymap wants them."""
    theme: str = ""
    problems: tuple[str, ...] = ()

    @property
    def themes_dir(self) -> Path:
        return self.config_dir / "themes"

    @property
    def ui_file(self) -> Path:
        return self.state_dir / "ui.json"


def load(config_dir: Path, state_dir: Path, env: Mapping[str, str], cwd: Path) -> Settings:
    """``settings.toml`` of `config_dir`; with a mistake in it the built-in keys hold and `problems` says why."""
    path = config_dir / "settings.toml"
    empty = Settings(config_dir, state_dir, env, cwd)
    if not path.exists():
        return empty
    try:
        theme, keys = read(path)
    except ConfigError as error:
        return Settings(config_dir, state_dir, env, cwd, problems=tuple(str(error).splitlines()))
    return Settings(config_dir, state_dir, env, cwd, keys, theme)


def read(path: Path) -> tuple[str, dict[str, str]]:
    """The theme's name and the keymap. `ConfigError` with every problem, a line each."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as TOML: {error}") from error
    problems = [f"unknown key {key}; known: {', '.join(_KNOWN)}" for key in data if key not in _KNOWN]
    theme, wanted = data.get("theme", ""), data.get("keys", {})
    if not isinstance(theme, str):
        problems.append("theme: expected the name of a theme")
    if not isinstance(wanted, dict):
        problems.append('keys: expected a table [keys] with lines such as "fleet.rescan" = "r"')
        wanted = {}
    keymap, bad = keymap_of(wanted)
    if problems or bad:
        raise ConfigError("\n".join(f"{path}: {problem}" for problem in [*problems, *bad]))
    return theme, keymap


def keymap_of(wanted: Mapping[str, object]) -> tuple[dict[str, str], list[str]]:
    """A keymap for Textual, and what is wrong with what was wanted: unknown ids, impossible keys, clashes."""
    ids = {binding.id for context in CONTEXTS.values() for binding in context if binding.id}
    problems: list[str] = []
    keymap: dict[str, str] = {}
    for id, value in wanted.items():
        if id not in ids:
            near = get_close_matches(id, ids, 1)
            hint = f"did you mean {near[0]}?" if near else "the help screen (?) lists them"
            problems.append(f"keys.{id}: no such key id; {hint}")
            continue
        given = [value] if isinstance(value, str) else value
        if not isinstance(given, list) or not given or not all(isinstance(key, str) for key in given):
            problems.append(f'keys.{id}: expected a key such as "r" or a list of keys')
            continue
        names = [_name(key) for key in given]
        problems += [f"keys.{id}: {key!r} {why}" for key, name in zip(given, names, strict=True) if (why := _impossible(name))]
        keymap[id] = ",".join(names)
    return keymap, problems + list(_clashes(keymap))


def _name(key: str) -> str:
    return _PUNCTUATION.get(key, key.strip())


def _impossible(key: str) -> str:
    if key in _TAKEN:
        return "belongs to the terminal, tmux, screen or the shell; choose another"
    if len(key) == 1 and key.isprintable() and not key.isspace():
        return ""
    if key in _NAMED or key in _PUNCTUATION.values() or key in KEY_NAME_REPLACEMENTS.values():
        return ""
    modifier, _, rest = key.rpartition("+")
    if modifier == "alt" and rest in _MODIFIED:
        return ""
    return "is no key that a terminal can send; expected such as r, R, f5, ctrl+r, pageup, slash"


def _clashes(keymap: Mapping[str, str]) -> Iterable[str]:
    told: set[tuple[str, str]] = set()
    for context, bindings in CONTEXTS.items():
        taken: dict[str, Binding] = {}
        for binding in bindings:
            for key in keymap.get(binding.id or "", binding.key).split(","):
                other = taken.setdefault(key, binding)
                pair = (other.id or "", binding.id or "")
                if other is not binding and pair not in told:
                    told.add(pair)
                    yield f"keys: {key} would be both {other.id} and {binding.id} on the {context}; give one of them another key"
