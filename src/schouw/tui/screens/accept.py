"""Accepting findings: until when, and why. What makes no sense is said at once, and nothing is lost."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from schouw.errors import ConfigError
from schouw.tui.keys import FORM
from schouw.tui.widgets.lines import Bar
from schouw.views.acceptance import last_moment
from schouw.views.segments import Line, fit


class Acceptance(ModalScreen[tuple[datetime, str] | None]):
    """Ends with until when and why, None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = list(FORM)
    AUTO_FOCUS = "#reason"
    DEFAULT_CSS = """
    Acceptance { align: center middle; background: $background 60%; }
    Acceptance Vertical { width: 76; max-width: 96%; height: auto; border: round $primary; background: $background; }
    Acceptance Horizontal { height: 1; }
    Acceptance #until-label, Acceptance #reason-label { width: 10; }
    Acceptance Input, Acceptance Input:focus { height: 1; width: 1fr; border: none; padding: 0 1; background: $surface; }
    """

    def __init__(self, title: str, until: str, reason: str, now: datetime) -> None:
        super().__init__()
        self._title, self._now = title, now
        self._until, self._reason = until, reason
        self._problem = ""

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Bar(lambda cells: [fit(((" Accept  ", "title"), (self._title, "strong")), cells), ()])
            for name, label, value, wanted in (
                ("until", " until", self._until, "2027-03-31, 30d or 6w: its last day"),
                ("reason", " because", self._reason, "why this risk is taken, and by whom"),
            ):
                with Horizontal():
                    yield Bar(partial(_label, label), id=f"{name}-label")
                    yield Input(value, placeholder=wanted, max_length=300, id=name)
            yield Bar(self._said, id="said")

    def _said(self, cells: int) -> list[Line]:
        if self._problem:
            return [(), fit(((f" {self._problem}", "error"),), cells)]
        return [(), fit(((" enter accepts, tab other line, esc leaves; then it counts again", "dim"),), cells)]

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            until = last_moment(self.query_one("#until", Input).value, self._now)
        except ConfigError as error:
            self._say(str(error), "#until")
            return
        reason = self.query_one("#reason", Input).value.strip()
        if reason:
            self.dismiss((until, reason))
        else:
            self._say("a reason is missing: whoever reads this in a year wants to know why", "#reason")

    def _say(self, problem: str, field: str) -> None:
        self._problem = problem
        self.query_one("#said", Bar).update()
        self.query_one(field, Input).focus()

    def action_cancel(self) -> None:
        self.dismiss(None)


def _label(text: str, cells: int) -> list[Line]:
    return [fit(((text, "dim"),), cells)]
