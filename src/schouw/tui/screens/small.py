"""What stands in a window that nothing fits into."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.geometry import Size
from textual.screen import ModalScreen

from schouw.tui.widgets.lines import Bar
from schouw.views.segments import Line, wrap

LEAST = Size(30, 8)


def too_small(size: Size) -> bool:
    return size.width < LEAST.width or size.height < LEAST.height


class TooSmall(ModalScreen[None]):
    """Over all else until the window is made larger."""

    DEFAULT_CSS = "TooSmall { background: $background; }"

    def on_resize(self) -> None:
        self._leave()

    def on_screen_resume(self) -> None:
        """What was opened over it is gone."""
        self._leave()

    def _leave(self) -> None:
        if self.is_current and not too_small(self.app.size):
            self.dismiss()

    def compose(self) -> ComposeResult:
        yield Bar(self._lines)

    def _lines(self, cells: int) -> list[Line]:
        size = self.app.size
        text = f"{size.width}×{size.height} is too small: make the window {LEAST.width}×{LEAST.height} or larger"
        return [((piece, "error"),) for piece in wrap(text, cells)]
