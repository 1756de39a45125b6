"""What every screen has: a bar of keys, a line for messages that go away, and typed access to the application."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.screen import Screen
from textual.timer import Timer

from schouw.tui.widgets.footer import keys_line
from schouw.tui.widgets.lines import Bar
from schouw.views.segments import Line, Segment, fit, line_width, spread, trim

if TYPE_CHECKING:
    from schouw.tui.app import SchouwApp
    from schouw.tui.feed import Batch

_SHOWN_FOR = 6.0


class BaseScreen(Screen[None]):
    """`flash` says something in the line above the keys; `status` is what stands there otherwise."""

    AUTO_FOCUS = None
    DEFAULT_CSS = """
    BaseScreen { layout: vertical; }
    BaseScreen #body { height: 1fr; }
    BaseScreen ScrollView {
        scrollbar-color: $panel; scrollbar-color-hover: $primary; scrollbar-color-active: $primary;
        scrollbar-background: $background; scrollbar-background-hover: $background; scrollbar-background-active: $background;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._message: Segment | None = None
        self._timer: Timer | None = None

    @property
    def schouw(self) -> SchouwApp:
        return cast("SchouwApp", self.app)

    def status(self, cells: int) -> Line:  # noqa: ARG002
        return ()

    def bottom(self) -> tuple[Bar, Bar]:
        return (
            Bar(lambda cells: [self._status_line(cells)], id="status"),
            Bar(lambda cells: [keys_line(self, cells)], ground="bar", id="keys"),
        )

    def _status_line(self, cells: int) -> Line:
        if self._message is None:
            return fit(self.status(cells), cells)
        status = trim(self.status(cells))
        room = cells - line_width((self._message,)) - 2
        return spread((self._message,), status, cells) if line_width(status) <= room else fit((self._message,), cells)

    def flash(self, text: str, role: str = "accent") -> None:
        self._message = (f" {text}", role)
        if self._timer:
            self._timer.stop()
        self._timer = self.set_timer(_SHOWN_FOR, self._forget)
        self.update_bars()

    def _forget(self) -> None:
        self._message = None
        self.update_bars()

    def update_bars(self) -> None:
        if self.is_mounted:
            for bar in self.query(Bar):
                bar.update()

    def take(self, batch: Batch, touched: set[str]) -> None:
        """Changes that the application has already put into the board."""

    def repaint(self) -> None:
        """The theme is another one."""
        self.update_bars()
        for widget in self.query("*"):
            widget.refresh()
