"""One question before something that is hard to take back."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from schouw.tui.keys import QUESTION
from schouw.tui.widgets.lines import Bar
from schouw.views.segments import fit, wrap


class Question(ModalScreen[bool]):
    """Ends with whether the answer was yes."""

    BINDINGS: ClassVar[list[BindingType]] = list(QUESTION)
    DEFAULT_CSS = """
    Question { align: center middle; background: $background 60%; }
    Question Vertical { width: 62; max-width: 96%; height: auto; border: round $primary; background: $background; }
    """

    def __init__(self, question: str, yes: str) -> None:
        """`yes`: what enter does, in a word."""
        super().__init__()
        self._question, self._yes = question, yes

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Bar(lambda cells: [((f" {piece}", "strong"),) for piece in wrap(self._question, cells - 2)])
            yield Bar(lambda cells: [fit(((f" enter or y: {self._yes}, esc or n: no", "dim"),), cells)])

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)


def when_yes(act: Callable[[], None]) -> Callable[[bool | None], None]:
    """For `push_screen`: act on a yes alone."""

    def answered(yes: bool | None) -> None:
        if yes:
            act()

    return answered
