"""The fleet, painted line by line: cards, a table or a map. One widget for a thousand hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from schouw.tui.keys import MOVE
from schouw.tui.paint import painter
from schouw.tui.widgets.plan import Plan
from schouw.views.board import Board
from schouw.views.cards import card, map_cell, table_row
from schouw.views.segments import Line

VIEWS = ("cards", "table", "map")
#: Narrower than this, cards say too little: they become a table.
_CARDS_FROM = 100
_CARD_WIDTH = 38
_CARD_HEIGHTS = range(7, 11)
_MAP_WIDTHS = ((60, 14), (200, 11), (600, 8))

Key = tuple[object, ...]


class FleetView(ScrollView, can_focus=True):
    """Shows a board and has a cursor, which stays on its host wherever that goes."""

    BINDINGS: ClassVar[list[BindingType]] = list(MOVE)
    DEFAULT_CSS = "FleetView { scrollbar-size-vertical: 1; overflow-x: hidden; }"

    class Opened(Message):
        """A click on the host under the cursor, or a double click on any."""

    class Navigated(Message):
        """The user moved the cursor."""

    def __init__(self, board: Board, clock: Callable[[], datetime], view: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.board = board
        self.view = view
        self.cursor: str | None = None
        self._clock = clock
        self._now = clock()
        self._plan = Plan()
        self._painted: dict[str, tuple[Key, list[Strip]]] = {}

    @property
    def shape(self) -> str:
        """What is really shown: cards need room."""
        return "table" if self.view == "cards" and self.size.width < _CARDS_FROM else self.view

    # -- laying out --------------------------------------------------------------------------------

    def lay_out(self) -> None:
        """Lay the board out anew. The host under the cursor stays on the line of the screen where it was."""
        before = self._plan.cells.get(self.cursor or "")
        place = before.y - self.scroll_offset.y if before else 0
        self._place(before.band if before else 0)
        self.virtual_size = Size(self._plan.columns * self._plan.width, len(self._plan.lines))
        if self.cursor and before:
            self.scroll_to(y=self._plan.cells[self.cursor].y - place, animate=False, immediate=True)
        self._follow()
        self.refresh()

    def _place(self, band: int) -> None:
        self._plan = self._plan_of(self.size.width)
        if len(self._plan.lines) > self.size.height:
            self._plan = self._plan_of(self.size.width - self.styles.scrollbar_size_vertical)
        if self.cursor not in self._plan.cells:
            self.cursor = self._nearest(band)

    def _plan_of(self, width: int) -> Plan:
        width, sections, shape = max(1, width), self.board.sections, self.shape
        if shape == "table":
            return Plan.of(sections, 1, width, 1)
        if shape == "map":
            hosts = len(self.board.rows)
            cell = min(width, next((size for limit, size in _MAP_WIDTHS if hosts <= limit), 6))
            return Plan.of(sections, width // cell, cell, 1)
        columns = max(1, width // _CARD_WIDTH)
        # As high as the whole fleet allows, filtered or not: cards must not change size as one types.
        rows = -(-len(self.board.rows) // columns)
        height = max(_CARD_HEIGHTS[0], min(_CARD_HEIGHTS[-1], self.size.height // max(1, rows)))
        return Plan.of(sections, columns, width // columns, height)

    def _nearest(self, band: int) -> str | None:
        """Where the cursor goes when its host is not shown any more: about where it was."""
        bands = [shown for shown in self._plan.bands if shown.names]
        return bands[max(0, min(band, len(bands) - 1))].names[0] if bands else None

    def on_resize(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Lay out and paint everything anew: another size, view or theme."""
        self._painted.clear()
        self.lay_out()

    def tick(self) -> None:
        """Ages are words too: paint them anew."""
        self._now = self._clock()
        self.refresh()

    def changed(self, names: Iterable[str]) -> None:
        """Paint these hosts anew, if they are in sight."""
        self._now = self._clock()
        for name in names:
            if (cell := self._plan.cells.get(name)) is not None:
                self._refresh_cell(cell.x, cell.y, cell.width, cell.height)

    def _refresh_cell(self, x: int, y: int, width: int, height: int) -> None:
        region = Region(x, y - self.scroll_offset.y, width, height).intersection(self.size.region)
        if region:
            self.refresh(region)

    # -- painting ----------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        if not self._plan.bands and self.board.sections:
            self._place(0)  # painted before it is told its size: the first picture must not be an empty one
        index, width, paint = y + self.scroll_offset.y, self.size.width, painter(self)
        if index >= len(self._plan.lines):
            return paint.blank(width)
        band = self._plan.bands[self._plan.lines[index]]
        if not band.names:
            heading = f" ── {band.heading} "
            return paint.strip(((heading, "title"), ("─" * max(0, width - len(heading) - 1), "border")), width)
        strips = [self._strips(name)[index - band.y] for name in band.names]
        return Strip.join(strips).adjust_cell_length(width, paint.style("text"))

    def _strips(self, name: str) -> list[Strip]:
        row, under, marked = self.board.rows[name], name == self.cursor, name in self.board.marked
        key = (row, under, marked, self._now.replace(second=self._now.second // 10 * 10, microsecond=0))
        painted = self._painted.get(name)
        if painted is None or not _same(painted[0], key):
            width = self._plan.width
            ground = "cursor" if under and self.shape != "cards" else ""
            painted = (key, [painter(self).strip(line, width, ground) for line in self._lines(name, under, marked)])
            self._painted[name] = painted
        return painted[1]

    def _lines(self, name: str, under: bool, marked: bool) -> tuple[Line, ...]:
        row, plan, now = self.board.rows[name], self._plan, self._now
        match self.shape:
            case "cards":
                return card(row, (plan.width, plan.height), now, under, marked)
            case "table":
                return (table_row(row, plan.width, self.board.longest, now, under, marked),)
            case _:
                return (map_cell(row, plan.width, now, under, marked),)

    # -- moving ------------------------------------------------------------------------------------

    def move_to(self, name: str | None) -> None:
        if name is None or name not in self._plan.cells:
            return
        before, self.cursor = self.cursor, name
        self.changed([other for other in (before, name) if other])
        self._follow()
        self.post_message(self.Navigated())

    def _follow(self) -> None:
        cell = self._plan.cells.get(self.cursor or "")
        if cell is None or not self.size.height:
            return
        top, height = self.scroll_offset.y, self.size.height
        if cell.y < top:
            # A heading right above belongs to it.
            first = cell.y - 1 if cell.band and not self._plan.bands[cell.band - 1].names else cell.y
            self.scroll_to(y=first, animate=False, immediate=True)
        elif cell.y + cell.height > top + height:
            self.scroll_to(y=cell.y + cell.height - height, animate=False, immediate=True)

    def action_move(self, right: int, down: int) -> None:
        if self.cursor:
            self.move_to(self._plan.step(self.cursor, right, down))

    def action_page(self, pages: int) -> None:
        for _ in range(max(1, self.size.height // self._plan.height - 1)):
            if self.cursor:
                self.move_to(self._plan.step(self.cursor, 0, pages))

    def action_end(self, last: int) -> None:
        names = list(self._plan.cells)
        if names:
            self.move_to(names[-1 if last else 0])

    def on_click(self, event: events.Click) -> None:
        name = self._plan.at(event.x, event.y + self.scroll_offset.y)
        if name is None:
            return
        opens = name == self.cursor or event.chain > 1
        self.move_to(name)
        if opens:
            self.post_message(self.Opened())


def _same(left: Key, right: Key) -> bool:
    """Rows are values that are replaced, never changed: identity is enough, and cheap."""
    return left[0] is right[0] and left[1:] == right[1:]
