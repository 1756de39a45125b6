"""How it goes with the fleet over weeks and months."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from schouw.errors import SchouwError
from schouw.model.trend import Trends
from schouw.tui.keys import TRENDS
from schouw.tui.screens.base import BaseScreen
from schouw.tui.widgets.lines import Bar, Scroll
from schouw.views.segments import Line
from schouw.views.trends import SPANS, trends_lines

if TYPE_CHECKING:
    from schouw.tui.feed import Batch


class TrendsScreen(BaseScreen):
    """Of the hosts that the fleet screen shows."""

    BINDINGS: ClassVar[list[BindingType]] = list(TRENDS)

    def __init__(self) -> None:
        super().__init__()
        self._found: Trends | None = None
        self._span = SPANS[0]

    def compose(self) -> ComposeResult:
        yield Bar(self._header, ground="bar", id="header")
        self._text = Scroll(self._lines, id="body")
        yield self._text
        yield from self.bottom()

    def on_mount(self) -> None:
        self._text.focus()
        self._refill()

    def take(self, batch: Batch, touched: set[str]) -> None:
        del touched
        if batch.finished:
            self._refill()

    def _refill(self) -> None:
        self.run_worker(self._load(), group="read", exclusive=True, exit_on_error=False)

    async def _load(self) -> None:
        since = self._today - timedelta(days=max(SPANS))
        try:
            self._found = await asyncio.to_thread(self.schouw.source.trends, since)
        except SchouwError as error:
            self.flash(str(error), "error")
            return
        self._text.show(top=False)

    @property
    def _today(self) -> date:
        return self.schouw.clock().astimezone(UTC).date()

    def _header(self, cells: int) -> list[Line]:
        del cells
        names = self.schouw.board.names
        of = f"{len(names)} of {len(self.schouw.board.rows)} hosts" if self.schouw.board.filter.text else f"{len(names)} hosts"
        return [((" schouw › ", "dim"), ("trends", "title"), (f"   {self._span} days · {of}", "dim"))]

    def _lines(self, cells: int) -> list[Line]:
        if self._found is None:
            return [(("reading the history…", "dim"),)]
        return trends_lines(self._found, self.schouw.board.names, self._today, self._span, cells, self._text.size.height)

    def action_span(self) -> None:
        self._span = SPANS[(SPANS.index(self._span) + 1) % len(SPANS)]
        self._text.show()
        self.update_bars()

    def action_back(self) -> None:
        self.dismiss()
