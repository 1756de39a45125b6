"""Something that has a price: that is said at length, and a person decides."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from schouw.tui.keys import QUESTION
from schouw.tui.widgets.lines import Bar, Lines, Scroll
from schouw.views.segments import fit

_WIDTH = 78


class Confirm(ModalScreen[bool]):
    """Ends with True when it was agreed to."""

    BINDINGS: ClassVar[list[BindingType]] = list(QUESTION)
    DEFAULT_CSS = """
    Confirm { align: center middle; background: $background 60%; }
    Confirm Vertical { width: auto; max-width: 96%; height: auto; max-height: 96%; }
    Confirm Vertical { border: round $primary; background: $background; }
    Confirm #title, Confirm #hint { height: 1; }
    Confirm Scroll { margin: 0 1; }
    """

    def __init__(self, title: str, lines: Lines, hint: str) -> None:
        super().__init__()
        self._title, self._lines, self._hint = title, lines, hint

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            yield Bar(lambda cells: [fit(((f" {self._title}", "title"),), cells)], id="title")
            yield Scroll(self._lines, id="said")
            yield Bar(lambda cells: [fit(((f" {self._hint}", "dim"),), cells)], id="hint")
        box.styles.width = _WIDTH

    def on_mount(self) -> None:
        said = self.query_one(Scroll)
        cells = min(_WIDTH, self.app.size.width * 96 // 100) - 6
        said.styles.height = max(1, min(len(self._lines(cells)), self.app.size.height - 6))
        said.focus()

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)
