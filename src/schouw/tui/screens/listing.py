"""A list with what is under the cursor beside it, where there is room: findings of the fleet, in one order or another."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from schouw.errors import SchouwError
from schouw.tui import requests
from schouw.tui.screens.acting import ActingScreen
from schouw.tui.widgets.lines import Bar, Picker, Scroll
from schouw.views.pivot import On
from schouw.views.segments import Line, Segment, fit, wrap

if TYPE_CHECKING:
    from schouw.tui.feed import Batch

BESIDE_FROM = 100
"""Cells of a screen on which there is room."""

Row = TypeVar("Row")


class ListScreen(ActingScreen, Generic[Row]):
    """What differs from list to list are the abstract methods. Marks are kept by a row's key."""

    DEFAULT_CSS = """
    ListScreen #list { width: 4fr; }
    ListScreen #detail { width: 3fr; border-left: solid $panel; }
    ListScreen.-narrow #detail { display: none; }
    ListScreen #nothing { display: none; }
    ListScreen.-empty #nothing { display: block; }
    ListScreen.-empty #body #detail { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.marked: set[str] = set()

    # -- what differs ------------------------------------------------------------------------------

    @abstractmethod
    def load(self) -> None:
        """Read the history, in a thread; `SchouwError` where that fails."""

    @abstractmethod
    def rows(self) -> Sequence[Row]:
        """As they stand in the list."""

    @abstractmethod
    def key(self, row: Row) -> str: ...

    @abstractmethod
    def findings(self, row: Row) -> Sequence[On]:
        """What a row is about."""

    @abstractmethod
    def row_line(self, row: Row, cells: int, cursor: bool, marked: bool) -> Line: ...

    @abstractmethod
    def row_detail(self, row: Row, cells: int) -> Sequence[Line]: ...

    @abstractmethod
    def header(self, cells: int) -> list[Line]: ...

    @abstractmethod
    def nothing(self) -> Segment:
        """A sentence in the place of an empty list."""

    @abstractmethod
    def hint(self) -> str: ...

    # -- the same for all --------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        yield Bar(self.header, ground="bar", id="header")
        yield Bar(self._nothing, id="nothing")
        with Horizontal(id="body"):
            self.list = Picker(self._line, id="list")
            yield self.list
            self.detail = Scroll(self._detail, id="detail")
            yield self.detail
        yield from self.bottom()

    def on_mount(self) -> None:
        self.list.focus()
        self.refill()

    def on_resize(self) -> None:
        self.set_class(self.app.size.width < BESIDE_FROM, "-narrow")

    @property
    def now(self) -> datetime:
        """In the time zone of whoever looks."""
        return self.schouw.local(self.schouw.clock())

    def refill(self) -> None:
        """In a thread: the store may be busy, the screen may not."""
        self.run_worker(self._load(), group="read", exclusive=True, exit_on_error=False)

    async def _load(self) -> None:
        try:
            await asyncio.to_thread(self.load)
        except SchouwError as error:
            self.flash(str(error), "error")
            return
        self.fill()

    def take(self, batch: Batch, touched: set[str]) -> None:
        del touched
        if batch.finished or batch.decided:
            self.refill()

    def fill(self, at: str = "") -> None:
        """The cursor stays on what it was on, or goes to the row `at`."""
        under = self.under()
        at = at or (self.key(under) if under is not None else "")
        keys = [self.key(row) for row in self.rows()]
        self.marked &= set(keys)
        self.set_class(not keys, "-empty")
        self.list.show(len(keys), keys.index(at) if at in keys else min(self.list.cursor, max(0, len(keys) - 1)))
        self.update_bars()

    def under(self) -> Row | None:
        rows = self.rows()
        return rows[self.list.cursor] if self.list.cursor < len(rows) else None

    def chosen(self) -> list[On]:
        """Findings of the marked rows, else of the one under the cursor; each once."""
        marked = [row for row in self.rows() if self.key(row) in self.marked]
        under = self.under()
        rows = marked or ([under] if under is not None else [])
        return list({one.key: one for row in rows for one in self.findings(row)}.values())

    def _line(self, index: int, cells: int, under: bool) -> Line:
        rows = self.rows()
        # What the rows are made of may have been read anew, in a thread, since they were shown.
        return self.row_line(rows[index], cells, under, self.key(rows[index]) in self.marked) if index < len(rows) else ()

    def _nothing(self, cells: int) -> Sequence[Line]:
        text, role = self.nothing()
        return [((f" {piece}", role),) for piece in wrap(text, cells - 2)]

    def _detail(self, cells: int) -> Sequence[Line]:
        under = self.under()
        return () if under is None else self.row_detail(under, cells)

    def status(self, cells: int) -> Line:
        if self.schouw.engine_trouble:
            return fit(((f" {self.schouw.engine_trouble}", "error"),), cells)
        marked = ((f" · {len(self.marked)} marked", "marked"),) if self.marked else ()
        return fit(((f" {self.hint()}", "dim"), *marked), cells)

    def on_picker_moved(self) -> None:
        self.detail.show()

    # -- keys --------------------------------------------------------------------------------------

    def on_picker_chosen(self) -> None:
        under = self.under()
        if under is not None:
            self.open(under)

    def open(self, row: Row) -> None:
        """Enter opens the host of what is under the cursor, at the finding."""
        if found := self.findings(row):
            self.schouw.open_host(found[0].host, [found[0].host], found[0].tracked.key)

    def action_back(self) -> None:
        if self.marked:
            self.marked.clear()
            self.fill()
        else:
            self.dismiss()

    def action_mark(self) -> None:
        under = self.under()
        if under is not None:
            self.marked ^= {self.key(under)}
            self.list.action_by(1)
            self.list.refresh()
            self.update_bars()

    def action_rescan(self) -> None:
        names = dict.fromkeys(one.host for one in self.chosen())
        requests.scan(self.schouw, [self.schouw.board.rows[name].host for name in names if name in self.schouw.board.rows])
