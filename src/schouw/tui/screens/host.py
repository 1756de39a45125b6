"""One host: what is wrong with it, how to fix it, and whether that helped."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from schouw.errors import SchouwError
from schouw.model.finding import Finding, NotChecked, TrackedFinding
from schouw.model.severity import FindingState
from schouw.tui.keys import HOST
from schouw.tui.screens.base import BaseScreen
from schouw.tui.screens.known import Known, read
from schouw.tui.widgets.lines import Bar, Picker, Scroll
from schouw.views import findings as listing
from schouw.views import hostpage as page
from schouw.views.segments import Line, fit
from schouw.views.status import Row

if TYPE_CHECKING:
    from schouw.tui.feed import Batch
    from schouw.tui.screens.detail import DetailScreen

_BESIDE_FROM = 100


class HostScreen(BaseScreen):
    """Tabs over a list with its detail, or over a text."""

    BINDINGS: ClassVar[list[BindingType]] = list(HOST)
    DEFAULT_CSS = """
    HostScreen #body { height: 1fr; }
    HostScreen #list { width: 4fr; }
    HostScreen #detail { width: 3fr; border-left: solid $panel; }
    HostScreen #text { width: 1fr; display: none; }
    HostScreen.-narrow #detail { display: none; }
    HostScreen.-text #list, HostScreen.-text #detail { display: none; }
    HostScreen.-text #text { display: block; }
    """

    def __init__(self, name: str, order: Sequence[str], at: str = "") -> None:
        super().__init__()
        self._at = at
        self.host_name = name
        self._order = list(order)
        self._tab = page.ALL
        self._known: Known | None = None
        self._just_fixed: frozenset[str] = frozenset()
        self._items: list[page.Item] = []
        self._opened: DetailScreen | None = None
        """Shows the item under the cursor where there is no room beside the list."""

    @property
    def row(self) -> Row:
        return self.schouw.board.rows[self.host_name]

    def compose(self) -> ComposeResult:
        yield Bar(self._header, ground="bar", id="header")
        yield Bar(lambda cells: page.tab_lines(self._tab, self._known_findings(), self._known_lacking(), cells), id="tabs")
        with Horizontal(id="body"):
            self.list = Picker(self._row_line, id="list")
            yield self.list
            self.detail = Scroll(self._detail_lines, id="detail")
            yield self.detail
            self.text = Scroll(self._text_lines, id="text")
            yield self.text
        yield from self.bottom()

    def on_mount(self) -> None:
        self.list.focus()
        self._read()
        self.set_interval(1.0, self.update_bars)

    def on_resize(self) -> None:
        self.set_class(self.app.size.width < _BESIDE_FROM, "-narrow")

    # -- reading the history -----------------------------------------------------------------------

    def _read(self, after_scan: bool = False) -> None:
        """In a thread: the store may be busy, the screen may not."""
        self.run_worker(self._load(self.host_name, after_scan), group="read", exclusive=True, exit_on_error=False)

    async def _load(self, name: str, after_scan: bool) -> None:
        try:
            known = await asyncio.to_thread(read, self.schouw.source, name)
        except SchouwError as error:
            self.flash(str(error), "error")
            return
        if name != self.host_name:
            return
        before, self._known = self._known, known
        if after_scan and before:
            fixed = listing.newly_fixed(before.findings, known.findings)
            still_fixed = {tracked.key for tracked in known.findings if tracked.state is FindingState.FIXED}
            self._just_fixed = frozenset((self._just_fixed & still_fixed) | fixed)
            self.schouw.say(*page.outcome(before.findings, known.findings, self.row.summary))
        self._fill()

    def take(self, batch: Batch, touched: set[str]) -> None:
        if self.host_name in batch.finished:
            self._read(after_scan=True)
        elif self.host_name in batch.decided:
            self._read()
        if self.host_name in touched:
            self.update_bars()

    # -- showing it --------------------------------------------------------------------------------

    @property
    def _now(self) -> datetime:
        """In the time zone of whoever looks: days are named in it."""
        return self.schouw.local(self.schouw.clock())

    def _known_findings(self) -> Sequence[TrackedFinding]:
        return self._known.findings if self._known else ()

    def _known_lacking(self) -> Sequence[NotChecked]:
        return self._known.lacking if self._known else ()

    def _fill(self) -> None:
        """The list or text of the tab; the cursor stays on the finding it was on."""
        if self._known is None or not self.is_mounted:
            return
        under = self._under()
        self.set_class(self._tab.is_text, "-text")
        if self._tab.is_text:
            self.text.show()
            self.text.focus()
        else:
            known = self._known
            self._items = page.items(self._tab, known.findings, known.lacking, self._just_fixed, known.facts, self.row.host)
            keys = [page.key(item) for item in self._items]
            at, self._at = page.key(under) if under else self._at, ""
            place = keys.index(at) if at in keys else min(self.list.cursor, len(keys) - 1)
            self.list.show(max(1, len(self._items)), place)
            self.list.focus()
        self.update_bars()
        if self._opened is not None:
            self._opened.show()

    def _under(self) -> page.Item | None:
        return self._items[self.list.cursor] if self.list.cursor < len(self._items) else None

    def finding(self) -> TrackedFinding | None:
        under = self._under()
        return under if isinstance(under, TrackedFinding) and not self._tab.is_text else None

    def under_cursor(self) -> Finding | None:
        tracked = self.finding()
        return tracked.finding if tracked else None

    def _header(self, cells: int) -> list[Line]:
        facts = self._known.facts if self._known else None
        return [page.title_line(self.row, facts, self.schouw.clock(), cells, self.schouw.demo)]

    def _row_line(self, index: int, cells: int, under: bool) -> Line:
        if index < len(self._items):
            return page.item_line(self._items[index], cells, self._now, under)
        facts = self._known.facts if self._known else None
        return fit(page.nothing(self._tab, self._known_lacking(), self.row.summary, facts), cells)

    def _detail_lines(self, cells: int) -> Sequence[Line]:
        return page.item_detail(self._under(), self._known_lacking(), cells, self._now)

    def _text_lines(self, cells: int) -> Sequence[Line]:
        if self._known is None:
            return ()
        known = self._known
        return page.text(self._tab, known.facts, known.lacking, known.scans, self.row.host, cells, self._now)

    def status(self, cells: int) -> Line:
        if self._known is None:
            return fit(((" reading the history…", "dim"),), cells)
        return fit(page.status(self.row, self._known.findings, self.schouw.engine_trouble), cells)

    def on_picker_moved(self) -> None:
        self.detail.show()

    # -- keys --------------------------------------------------------------------------------------

    def on_picker_chosen(self) -> None:
        under = self._under()
        if under is None or not (self.has_class("-narrow") or page.word(under) == "endpoint"):
            return
        from schouw.tui.screens.detail import DetailScreen

        def closed(_: object) -> None:
            self._opened = None

        self._opened = DetailScreen(self, self._detail_lines, page.word(under))
        self.app.push_screen(self._opened, closed)

    def action_back(self) -> None:
        self.dismiss()

    def action_rescan(self) -> None:
        self.schouw.scan([self.row.host])

    def action_deep(self) -> None:
        self.schouw.look_deep([self.row.host])

    def action_cancel(self) -> None:
        self.schouw.cancel([self.host_name])

    def action_tab(self, by: int) -> None:
        self.action_show((page.TABS.index(self._tab) + by) % len(page.TABS))

    def action_show(self, index: int) -> None:
        self._tab = page.TABS[index]
        self.list.cursor = 0
        self._items = []
        self._fill()

    def action_host(self, by: int) -> None:
        if self.host_name not in self._order or len(self._order) < 2:
            return
        self.host_name = self._order[(self._order.index(self.host_name) + by) % len(self._order)]
        self._known, self._items, self._just_fixed = None, [], frozenset()
        self.list.show(0, 0)
        self.detail.show()
        self.update_bars()
        self.schouw.fleet.view.move_to(self.host_name)
        self._read()

    def action_copy(self) -> None:
        finding = self.finding()
        if finding is None:
            self.schouw.say("no finding under the cursor", "dim")
        else:
            self.schouw.copy(finding.finding.fix)

    def action_accept(self) -> None:
        tracked = self.finding()
        if tracked is None:
            self.schouw.say("no finding under the cursor", "dim")
            return
        from schouw.tui.screens.accept import accept

        host, key = self.host_name, tracked.key
        accept(self.schouw, tracked, lambda until, reason: self.schouw.decide(host, key, until, reason))

    def action_references(self) -> None:
        finding = self.finding()
        self.schouw.choose_reference(finding.finding.references if finding else ())

    def action_export(self) -> None:
        from schouw.tui.screens.export import export_findings

        export_findings(self, self.host_name, [item for item in self._items if isinstance(item, TrackedFinding)])
