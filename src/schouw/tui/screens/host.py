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
from schouw.model.finding import NotChecked, TrackedFinding
from schouw.model.severity import FindingState
from schouw.tui import requests
from schouw.tui.keys import HOST, MARK
from schouw.tui.screens.acting import ActingScreen
from schouw.tui.screens.known import Known, read
from schouw.tui.widgets.lines import Bar, Picker, Scroll
from schouw.views import again
from schouw.views import findings as listing
from schouw.views import hostpage as page
from schouw.views.folding import Folded, unfold
from schouw.views.pivot import On
from schouw.views.segments import Line, fit
from schouw.views.status import Row

if TYPE_CHECKING:
    from schouw.history.values import Life
    from schouw.tui.feed import Batch
    from schouw.tui.screens.detail import DetailScreen

_BESIDE_FROM = 100
_REST = 0.1
"""Seconds that the cursor rests on a finding before its history is read."""


class HostScreen(ActingScreen):
    """Tabs over a list with its detail, or over a text."""

    BINDINGS: ClassVar[list[BindingType]] = [*HOST, *MARK]
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
        self._unfolded = False
        """Whether what no update closes is listed."""
        self._items: list[page.Item] = []
        self._marked: set[str] = set()
        self._lives: dict[str, Life] = {}
        """By key, of the findings that the cursor was on."""
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
            known = await asyncio.to_thread(read, self.schouw.source, name, self._now.date())
        except SchouwError as error:
            self.flash(str(error), "error")
            return
        if name != self.host_name:
            return
        before, self._known = self._known, known
        self._lives.clear()
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
            self._items = page.items(
                self._tab, known.findings, known.lacking, self._just_fixed, known.facts, self.row.host, self._unfolded
            )
            keys = [page.key(item) for item in self._items]
            at, self._at = page.key(under) if under else self._at, ""
            place = keys.index(at) if at in keys else min(self.list.cursor, len(keys) - 1)
            self.list.show(max(1, len(self._items)), place)
            self.list.focus()
        self.update_bars()
        if self._opened is not None:
            self._opened.show()

    def _read_life(self) -> None:
        """Of the finding under the cursor, once it rests there."""
        tracked = self.finding()
        if tracked is not None and tracked.key not in self._lives:
            self.run_worker(self._load_life(self.host_name, tracked.key), group="life", exclusive=True, exit_on_error=False)

    async def _load_life(self, name: str, key: str) -> None:
        await asyncio.sleep(_REST)
        try:
            life = await asyncio.to_thread(self.schouw.source.life, name, key)
        except SchouwError as error:
            self.flash(str(error), "error")
            return
        if name == self.host_name:
            self._lives[key] = life
            self.detail.show(top=False)
            if self._opened is not None:
                self._opened.show()

    def _under(self) -> page.Item | None:
        return self._items[self.list.cursor] if self.list.cursor < len(self._items) else None

    def finding(self) -> TrackedFinding | None:
        under = self._under()
        return under if isinstance(under, TrackedFinding) and not self._tab.is_text else None

    def _header(self, cells: int) -> list[Line]:
        facts = self._known.facts if self._known else None
        return [page.title_line(self.row, facts, self.schouw.clock(), cells, self.schouw.demo)]

    def _row_line(self, index: int, cells: int, under: bool) -> Line:
        if index < len(self._items):
            item = self._items[index]
            return page.item_line(item, cells, self._now, under, page.key(item) in self._marked)
        facts = self._known.facts if self._known else None
        return fit(page.nothing(self._tab, self._known_lacking(), self.row.summary, facts), cells)

    def _detail_lines(self, cells: int) -> Sequence[Line]:
        under = self._under()
        life = self._lives.get(page.key(under)) if under is not None else None
        return page.item_detail(under, self._known_lacking(), cells, self._now, life)

    def _text_lines(self, cells: int) -> Sequence[Line]:
        if self._known is None:
            return ()
        known = self._known
        return page.text(self._tab, known.facts, known.lacking, known.scans, self.row.host, cells, self._now, known.days)

    def status(self, cells: int) -> Line:
        if self._known is None:
            return fit(((" reading the history…", "dim"),), cells)
        marked = ((f" {len(self._marked)} marked", "marked"),) if self._marked else ()
        told = page.status(self.row, self._known.findings, self.schouw.engine_trouble, self._now)
        return fit((*marked, *told), cells)

    def on_picker_moved(self) -> None:
        self.detail.show()
        self._read_life()

    # -- keys --------------------------------------------------------------------------------------

    def on_picker_chosen(self) -> None:
        under = self._under()
        if isinstance(under, Folded):
            self._unfolded = not self._unfolded
            self._fill()
            return
        if under is None or not (self.has_class("-narrow") or page.word(under) == "endpoint"):
            return
        from schouw.tui.screens.detail import DetailScreen

        def closed(_: object) -> None:
            self._opened = None

        self._opened = DetailScreen(self, self._detail_lines, page.word(under))
        self.app.push_screen(self._opened, closed)

    def action_back(self) -> None:
        if self._marked:
            self._marked.clear()
            self._fill()
        else:
            self.dismiss()

    def action_mark(self) -> None:
        tracked = self.finding()
        if tracked is not None:
            self._marked ^= {tracked.key}
            self.list.action_by(1)
            self.list.refresh()
            self.update_bars()

    def chosen(self) -> list[On]:
        """The marked findings, else the one under the cursor."""
        marked = [tracked for tracked in self._known_findings() if tracked.key in self._marked]
        return [On(self.host_name, tracked) for tracked in marked] or self.under_cursor()

    def under_cursor(self) -> list[On]:
        under = self.finding()
        return [On(self.host_name, under)] if under is not None else []

    def action_rescan(self) -> None:
        facts = self._known.facts if self._known else None
        wish = again.ssh(facts) if self._tab is page.SSH else again.again(None if self._tab.is_text else self._under(), facts)
        requests.scan(self.schouw, [self.row.host], wish)

    def action_rescan_host(self) -> None:
        requests.scan(self.schouw, [self.row.host])

    def action_deep(self) -> None:
        requests.look_deep(self.schouw, [self.row.host])

    def action_cancel(self) -> None:
        requests.cancel(self.schouw, [self.host_name])

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
        self._marked.clear()
        self._lives.clear()
        self.list.show(0, 0)
        self.detail.show()
        self.update_bars()
        self.schouw.fleet.view.move_to(self.host_name)
        self._read()

    def action_export(self) -> None:
        from schouw.tui.screens.export import export_findings

        export_findings(self, self.host_name, unfold(self._items))
