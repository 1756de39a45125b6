"""What the user should know once: settings and themes that were refused, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from schouw.tui.keys import DETAIL
from schouw.tui.screens.base import BaseScreen
from schouw.tui.widgets.lines import Bar, Scroll
from schouw.views.segments import Line, wrap


class Notes(BaseScreen):
    BINDINGS: ClassVar[list[BindingType]] = [DETAIL[0]]

    def __init__(self, title: str, notes: Sequence[str]) -> None:
        super().__init__()
        self._title, self._notes = title, notes

    def compose(self) -> ComposeResult:
        yield Bar(lambda _: [((f" {self._title}", "title"),)], ground="bar", id="header")
        yield Scroll(self._lines, id="body")
        yield from self.bottom()

    def on_mount(self) -> None:
        self.query_one(Scroll).focus()

    def _lines(self, cells: int) -> list[Line]:
        lines: list[Line] = [()]
        for note in self._notes:
            lines += [*(((piece, "error"),) for piece in wrap(note, cells)), ()]
        return [*lines, (("Everything else works; esc goes on.", "dim"),)]

    def action_back(self) -> None:
        self.dismiss()
