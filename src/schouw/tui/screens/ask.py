"""One line of text, asked of a person. What makes no sense is said at once, and nothing that was typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from schouw.errors import SchouwError
from schouw.tui.keys import FORM
from schouw.tui.widgets.lines import Bar
from schouw.views.segments import Line, fit

LONGEST = 300
"""Characters."""


class Ask(ModalScreen[str | None]):
    """Ends with the words, None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = list(FORM)
    DEFAULT_CSS = """
    Ask { align: center middle; background: $background 60%; }
    Ask Vertical { width: 76; max-width: 96%; height: auto; border: round $primary; background: $background; }
    Ask Input, Ask Input:focus { height: 1; width: 1fr; border: none; padding: 0 1; background: $surface; }
    """

    def __init__(self, title: str, about: str, hint: str, value: str = "", wrong: Callable[[str], str] | None = None) -> None:
        """`wrong`: what is the matter with the words, "" where nothing is."""
        super().__init__()
        self._title, self._about, self._hint, self._value = title, about, hint, value
        self._wrong = wrong
        self._problem = ""

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Bar(lambda cells: [fit(((f" {self._title}  ", "title"), (self._about, "strong")), cells), ()])
            yield Input(self._value, placeholder=self._hint, max_length=LONGEST)
            yield Bar(self._said, id="said")

    def _said(self, cells: int) -> list[Line]:
        words, role = (self._problem, "error") if self._problem else ("enter keeps it, esc leaves", "dim")
        return [(), fit(((f" {words}", role),), cells)]

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value.strip()
        self._problem = self._wrong(text) if self._wrong else ""
        if self._problem:
            self.query_one("#said", Bar).update()
        else:
            self.dismiss(text)

    def action_cancel(self) -> None:
        self.dismiss(None)


def refused(check: Callable[[str], object]) -> Callable[[str], str]:
    """For `wrong`: the error that a check raises, "" where it raises none."""

    def problem(text: str) -> str:
        try:
            check(text)
        except SchouwError as error:
            return str(error)
        return ""

    return problem
