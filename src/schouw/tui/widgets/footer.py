"""The keys that work here, in one line; the same bindings that `help` lists."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen

from schouw.views.segments import Line, Segment, line_width

_NAMES = {
    "question_mark": "?", "slash": "/", "colon": ":", "full_stop": ".", "escape": "esc", "pageup": "pgup", "pagedown": "pgdn",
    "up": "↑", "down": "↓", "left": "←", "right": "→", "backspace": "⌫",
}  # fmt: skip


def key_name(key: str) -> str:
    """As it is written on the keyboard."""
    modifier, plus, last = key.rpartition("+")
    if plus and last:
        return f"{modifier}+{_NAMES.get(last, last)}"
    return _NAMES.get(key, key)


def keys_line(screen: Screen[Any], cells: int) -> Line:
    """As many of the shown bindings as fit; `?` and `q` always do."""
    first: dict[str, Segment] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.show and binding.action not in first:
            first[binding.action] = (key_name(binding.key), binding.description)
    shown: list[tuple[str, str]] = list(first.values())
    last = [pair for pair in shown if pair[1] in ("help", "quit")]
    rest = [pair for pair in shown if pair not in last]
    while rest and line_width(_line(rest + last)) > cells:
        rest.pop()
    return _line(rest + last)


def _line(pairs: list[tuple[str, str]]) -> Line:
    line: list[Segment] = [(" ", "text")]
    for key, label in pairs:
        line += [(key, "key"), (f" {label}  ", "dim")]
    return tuple(line)
