"""Widgets that paint lines of segments: a bar that stays, a text that scrolls, a list with a cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from schouw.tui.keys import LIST, SCROLL
from schouw.tui.paint import painter
from schouw.views.segments import Line

Lines = Callable[[int], Sequence[Line]]
"""Lines for a width in cells."""


class Bar(Widget):
    """A few lines that neither scroll nor take the focus."""

    DEFAULT_CSS = "Bar { height: auto; }"

    def __init__(self, lines: Lines, *, ground: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines = lines
        self._ground = ground
        self._shown: list[Strip] = []

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        return max(1, len(self._lines(width or container.width)))

    def update(self) -> None:
        """Paint again what the lines now say, and only if they say something else."""
        before, self._shown = self._shown, self._strips()
        if self._shown != before:
            self.refresh(layout=len(self._shown) != len(before))

    def _strips(self) -> list[Strip]:
        width = self.size.width
        return [painter(self).strip(line, width, self._ground) for line in self._lines(width)] if width else []

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        # Only `update` may bring in other words: lines that Textual still has in its cache would keep the old ones.
        if not self._shown or self._shown[0].cell_length != width:
            self._shown = self._strips()
        return self._shown[y] if y < len(self._shown) else painter(self).blank(width, self._ground)


class Scroll(ScrollView, can_focus=True, inherit_bindings=False):
    """Lines that are longer than the place for them."""

    BINDINGS: ClassVar[list[BindingType]] = list(SCROLL)
    DEFAULT_CSS = "Scroll { scrollbar-size-vertical: 1; overflow-x: hidden; }"

    def __init__(self, lines: Lines, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines = lines
        self._shown: Sequence[Line] = ()

    def show(self, lines: Lines | None = None, *, top: bool = True) -> None:
        """Show other lines, from their beginning unless `top` is False."""
        self._lines = lines or self._lines
        self._fill()
        if top:
            self.scroll_to(y=0, animate=False, immediate=True)

    def on_resize(self) -> None:
        self._fill()

    def _fill(self) -> None:
        width = self.scrollable_content_region.width
        if width:
            self._shown = self._lines(max(1, width - 2))
            self.virtual_size = Size(width, len(self._shown))
            self.refresh()

    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        line: Line = self._shown[index] if index < len(self._shown) else ()
        return painter(self).strip(((" ", "text"), *line), self.size.width)


class Picker(ScrollView, can_focus=True, inherit_bindings=False):
    """A list of lines with a cursor on one of them."""

    BINDINGS: ClassVar[list[BindingType]] = list(LIST)
    DEFAULT_CSS = "Picker { scrollbar-size-vertical: 1; overflow-x: hidden; }"

    class Moved(Message):
        """The cursor is on another line, or the line under it says something else."""

        def __init__(self, picker: Picker) -> None:
            super().__init__()
            self.picker = picker

        @property
        def control(self) -> Picker:
            return self.picker

    class Chosen(Moved):
        """Enter, or a click on the line under the cursor."""

    def __init__(self, row: Callable[[int, int, bool], Line], count: int = 0, *, id: str | None = None) -> None:
        """`row` makes line number N of a width, under the cursor or not."""
        super().__init__(id=id)
        self._row = row
        self._count = count
        self.cursor = 0

    def show(self, count: int, cursor: int) -> None:
        self._count = count
        self.cursor = max(0, min(cursor, count - 1))
        self._fill()
        self.post_message(self.Moved(self))

    def on_resize(self) -> None:
        self._fill()

    def _fill(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, self._count)
        self.refresh()
        self._follow()

    def _follow(self) -> None:
        """Keep the line under the cursor in sight."""
        height, top = self.scrollable_content_region.height, self.scroll_offset.y
        if height and not top <= self.cursor < top + height:
            self.scroll_to(y=self.cursor if self.cursor < top else self.cursor - height + 1, animate=False, immediate=True)

    def move(self, to: int) -> None:
        to = max(0, min(to, self._count - 1))
        if to == self.cursor:
            return
        before, self.cursor = self.cursor, to
        self.refresh_line(before)
        self.refresh_line(to)
        self._follow()
        self.post_message(self.Moved(self))

    def action_by(self, lines: int) -> None:
        self.move(self.cursor + lines)

    def action_page(self, pages: int) -> None:
        self.move(self.cursor + pages * max(1, self.size.height - 1))

    def action_end(self, last: int) -> None:
        self.move(self._count - 1 if last else 0)

    def action_choose(self) -> None:
        if self._count:
            self.post_message(self.Chosen(self))

    def on_click(self, event: events.Click) -> None:
        index = event.y + self.scroll_offset.y
        if index >= self._count:
            return
        if index == self.cursor:
            self.action_choose()
        self.move(index)

    def render_line(self, y: int) -> Strip:
        index, width = y + self.scroll_offset.y, self.size.width
        if index >= self._count:
            return painter(self).blank(width)
        under = index == self.cursor
        return painter(self).strip(self._row(index, width, under), width, "cursor" if under else "")
