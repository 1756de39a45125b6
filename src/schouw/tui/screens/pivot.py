"""Findings over the fleet: fix once, roll out everywhere. Enter lists the hosts of a kind, enter again opens one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from schouw.errors import SchouwError
from schouw.model.finding import Finding
from schouw.tui.keys import PIVOT
from schouw.tui.screens.base import BaseScreen
from schouw.tui.widgets.lines import Bar, Picker, Scroll
from schouw.views import pivot
from schouw.views.segments import Line, fit

if TYPE_CHECKING:
    from schouw.tui.feed import Batch

_BESIDE_FROM = 100


class PivotScreen(BaseScreen):
    """A list of kinds, or of the hosts of one of them; beside it what is under the cursor, where there is room."""

    BINDINGS: ClassVar[list[BindingType]] = list(PIVOT)
    DEFAULT_CSS = """
    PivotScreen #list { width: 4fr; }
    PivotScreen #detail { width: 3fr; border-left: solid $panel; }
    PivotScreen.-narrow #detail { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._found: pivot.ByHost | None = None
        self._kinds: list[pivot.Kind] = []
        self._check = ""
        """Of the kind whose hosts are listed, "" where kinds are."""

    def compose(self) -> ComposeResult:
        yield Bar(self._header, ground="bar", id="header")
        with Horizontal(id="body"):
            self.list = Picker(self._row_line, id="list")
            yield self.list
            self.detail = Scroll(self._detail_lines, id="detail")
            yield self.detail
        yield from self.bottom()

    def on_mount(self) -> None:
        self.list.focus()
        self._read()

    def on_resize(self) -> None:
        self.set_class(self.app.size.width < _BESIDE_FROM, "-narrow")

    def _read(self) -> None:
        """In a thread: the store may be busy, the screen may not."""
        self.run_worker(self._load(), group="read", exclusive=True, exit_on_error=False)

    async def _load(self) -> None:
        try:
            self._found = await asyncio.to_thread(self.schouw.source.everything)
        except SchouwError as error:
            self.flash(str(error), "error")
            return
        self._fill()

    def take(self, batch: Batch, touched: set[str]) -> None:
        del touched
        if batch.finished or batch.decided:
            self._read()

    # -- showing it --------------------------------------------------------------------------------

    @property
    def _kind(self) -> pivot.Kind | None:
        return next((kind for kind in self._kinds if kind.check == self._check), None)

    @property
    def _rows(self) -> Sequence[pivot.Kind | pivot.On]:
        if not self._check:
            return self._kinds
        return self._kind.on if self._kind else ()

    def _under(self) -> pivot.Kind | pivot.On | None:
        return self._rows[self.list.cursor] if self.list.cursor < len(self._rows) else None

    def _finding(self) -> Finding | None:
        under = self._under()
        return under.worst.finding if isinstance(under, pivot.Kind) else under.tracked.finding if under else None

    def under_cursor(self) -> Finding | None:
        return self._finding()

    def _fill(self, at: str = "") -> None:
        """The cursor stays on what it was on, or goes to `at`."""
        under = self._under()
        at = at or (under.key if under else "")
        self._kinds = pivot.kinds(self._found or {}, self.schouw.board.names)
        keys = [row.key for row in self._rows]
        self.list.show(max(1, len(keys)), keys.index(at) if at in keys else min(self.list.cursor, max(0, len(keys) - 1)))
        self.update_bars()

    def _header(self, cells: int) -> list[Line]:
        hosts = len({host for kind in self._kinds for host in kind.hosts})
        return [pivot.title_line(self._kind, self._kinds, hosts, self.schouw.board.filter.text, cells)]

    def _row_line(self, index: int, cells: int, under: bool) -> Line:
        if index >= len(self._rows):
            return fit(self._nothing(), cells)
        row = self._rows[index]
        if isinstance(row, pivot.Kind):
            return pivot.kind_line(row, cells, under)
        return pivot.on_line(row, cells, self.schouw.local(self.schouw.clock()), under)

    def _nothing(self) -> Line:
        if self._found is None:
            return ((" reading the history…", "dim"),)
        if self._check:
            return ((f" ✓ {self._check} is on none of these hosts any more", "ok"),)
        return ((" – nothing is known to be wrong with the hosts that are shown", "dim"),)

    def _detail_lines(self, cells: int) -> Sequence[Line]:
        under = self._under()
        if isinstance(under, pivot.Kind):
            return pivot.kind_detail(under, cells)
        return pivot.on_detail(under, cells, self.schouw.local(self.schouw.clock())) if under else ()

    def status(self, cells: int) -> Line:
        words = "enter opens the host, r scans all of these again" if self._check else "enter lists the hosts, r scans them again"
        return fit(((f" {self.schouw.engine_trouble or words}", "error" if self.schouw.engine_trouble else "dim"),), cells)

    def on_picker_moved(self) -> None:
        self.detail.show()

    # -- keys --------------------------------------------------------------------------------------

    def on_picker_chosen(self) -> None:
        under = self._under()
        if isinstance(under, pivot.Kind):
            self._check = under.check
            self.list.cursor = 0
            self._fill()
        elif under is not None and self._kind is not None:
            self.schouw.open_host(under.host, self._kind.hosts, under.tracked.key)

    def action_back(self) -> None:
        if not self._check:
            self.dismiss()
            return
        check, self._check = self._check, ""
        self._fill(check)

    def action_rescan(self) -> None:
        kind = self._kind or self._under()
        hosts = kind.hosts if isinstance(kind, pivot.Kind) else ()
        self.schouw.scan([self.schouw.board.rows[host].host for host in hosts])

    def action_copy(self) -> None:
        finding = self._finding()
        self.schouw.copy(finding.fix if finding else "")

    def action_references(self) -> None:
        finding = self._finding()
        self.schouw.choose_reference(finding.references if finding else ())

    def action_export(self) -> None:
        from schouw.tui.screens.export import export_kinds

        export_kinds(self, [self._kind] if self._kind else self._kinds)
