"""The keys of the screen one came from, read from its bindings, and what the signs mean."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from schouw.tui.keys import DETAIL
from schouw.tui.screens.base import BaseScreen
from schouw.tui.widgets.footer import key_name
from schouw.tui.widgets.lines import Bar, Scroll
from schouw.views.segments import Line, pad, wrap

_SIGNS = (
    ("C H M L I", "strong", "critical, high, medium, low, info: always in this order"),
    ("✓", "ok", "all was looked at and nothing found; beside a finding: fixed"),
    ("·", "ok", "this area was looked at and nothing found"),
    ("?", "unknown", "not looked at, or not all of it: the host's tab “not checked” says why"),
    ("~", "stale", "judged by old data: run `schouw db update`"),
    ("✗", "error", "the host was not reached; what is shown is its last known state"),
    ("▸  ●", "accent", "under the cursor; marked"),
)
_FILTER = (
    ("web", "the name has it"),
    ("sev>=high", "at least one finding as bad as that; also = < <= >"),
    ("area:crypto", "findings in that area"),
    ("state:new", "also open, overdue, fixed, regressed, running, fresh, partial, stale, unreachable, never"),
    ("group:mail tag:prod os:debian12", "as the fleet file and the hosts say"),
    ("tls<1.2", "some service of it still speaks so old a version; also = <= > >="),
    ("cve:CVE-2024-6387", "an open finding names that CVE"),
    ("stale>1h", "last seen longer ago than that"),
    ("error:refused", "failed with that kind of error"),
    ("!term", "not"),
    ("/^web[0-9]+$/", "a regular expression over the name"),
)


class HelpScreen(BaseScreen):
    BINDINGS: ClassVar[list[BindingType]] = [DETAIL[0]]

    def __init__(self, of: Screen[Any]) -> None:
        super().__init__()
        self._keys = _keys(of)

    def compose(self) -> ComposeResult:
        yield Bar(lambda _: [((" schouw › help", "title"),)], ground="bar", id="header")
        yield Scroll(self._lines, id="body")
        yield from self.bottom()

    def on_mount(self) -> None:
        self.query_one(Scroll).focus()

    def _lines(self, cells: int) -> list[Line]:
        lines: list[Line] = [(), (("Keys", "title"), ("   the last column is the name for [keys] in settings.toml", "dim"))]
        for keys, text, id in self._keys:
            first, *rest = wrap(text, max(20, cells - 40))
            lines.append(((f"  {pad(keys, 16)} ", "key"), (pad(first, max(20, cells - 40)), "text"), (f" {id}", "dim")))
            lines += [((" " * 19 + piece, "text"),) for piece in rest]
        lines += [(), (("Filter", "title"), ("   for / ; several terms: all of them", "dim"))]
        for term, text in _FILTER:
            lines += _explained(term, "code", 34, text, cells)
        lines += [(), (("Signs", "title"),)]
        for sign, role, text in _SIGNS:
            lines += _explained(sign, role, 11, text, cells)
        return lines

    def action_back(self) -> None:
        self.dismiss()


def _explained(sign: str, role: str, column: int, text: str, cells: int) -> list[Line]:
    """The sign in a column of so many cells, and what it means beside it."""
    first, *rest = wrap(text, cells - column - 3)
    return [((f"  {pad(sign, column)}", role), (first, "text")), *(((" " * (column + 2) + piece, "text"),) for piece in rest)]


def _keys(screen: Screen[Any]) -> list[tuple[str, str, str]]:
    """(keys, what they do, id) of everything that works on a screen now; keys of one action together."""
    actions: dict[str, tuple[list[str], str, str]] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.id:
            names, _, _ = actions.setdefault(binding.action, ([], binding.tooltip or binding.description, binding.id))
            names.append(key_name(binding.key))
    return [(" ".join(names), text, id) for names, text, id in actions.values()]
