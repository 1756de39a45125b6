"""One finding on the whole screen: where there is no room beside the list."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from schouw.tui.keys import DETAIL
from schouw.tui.screens.base import BaseScreen
from schouw.tui.widgets.lines import Bar, Lines, Scroll
from schouw.views.segments import fit


class DetailScreen(BaseScreen):
    BINDINGS: ClassVar[list[BindingType]] = list(DETAIL)

    def __init__(self, host: str, lines: Lines, fix: str, references: tuple[str, ...]) -> None:
        super().__init__()
        self._host, self._lines, self._fix, self._references = host, lines, fix, references

    def compose(self) -> ComposeResult:
        yield Bar(lambda cells: [fit(((f" schouw › {self._host} › finding", "title"),), cells)], ground="bar", id="header")
        yield Scroll(self._lines, id="body")
        yield from self.bottom()

    def on_mount(self) -> None:
        self.query_one(Scroll).focus()

    def action_back(self) -> None:
        self.dismiss()

    def action_copy(self) -> None:
        self.schouw.copy(self._fix)

    def action_references(self) -> None:
        self.schouw.choose_reference(self._references)
