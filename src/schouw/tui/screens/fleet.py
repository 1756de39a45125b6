"""The first screen: which host has something wrong right now."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from schouw.model.host import Host
from schouw.tui import requests
from schouw.tui.keys import FLEET
from schouw.tui.screens.base import BaseScreen
from schouw.tui.whohas import WhoHas
from schouw.tui.widgets.fleet_view import VIEWS, FleetView
from schouw.tui.widgets.lines import Bar
from schouw.views import arranged, header
from schouw.views.board import Board
from schouw.views.cards import label, table_head
from schouw.views.filters import Filter, parse
from schouw.views.known import known_line
from schouw.views.order import GROUPINGS, SORTS
from schouw.views.segments import Line, fit

if TYPE_CHECKING:
    from schouw.tui.feed import Batch

#: Nothing moves until this long after the last key.
_CALM = 2.0
#: Rows from which there is room for a third line above the hosts.
_TALL = 30


class FleetScreen(BaseScreen):
    """Cards, table or map of the board."""

    BINDINGS: ClassVar[list[BindingType]] = list(FLEET)
    DEFAULT_CSS = """
    FleetScreen #find { height: 1; border: none; padding: 0 1; background: $surface; display: none; }
    FleetScreen.-finding #find { display: block; }
    FleetScreen.-finding #keys { display: none; }
    FleetScreen #heads { display: none; }
    FleetScreen.-table #heads { display: block; }
    FleetScreen.-tiny #keys, FleetScreen.-tiny #header { display: none; }
    """

    def __init__(self, board: Board, view: str) -> None:
        super().__init__()
        self.board = board
        self._start_view = view if view in VIEWS else VIEWS[0]
        self._touched = 0.0
        self._moved = 0
        self._totals = header.Totals()
        self._before_find = ""

    def compose(self) -> ComposeResult:
        clock = self.schouw.clock
        self._who_has = WhoHas(self.schouw.source)
        self.board.arrange(clock())
        self._count()
        yield Bar(self._header, ground="bar", id="header")
        yield Bar(lambda cells: [table_head(cells, self.board.longest)], id="heads")
        self.view = FleetView(self.board, clock, self._start_view, id="body")
        yield self.view
        yield from self.bottom()

    def on_mount(self) -> None:
        self.view.focus()
        self.set_interval(1.0, self._each_second)

    def on_resize(self) -> None:
        self._shape_changed()

    def _shape_changed(self) -> None:
        narrow = self.app.size.width < 100
        self.set_class(self.view.view == "table" or (self.view.view == "cards" and narrow), "-table")
        self.set_class(self.app.size.height < 12 or self.app.size.width < 40, "-tiny")

    def _count(self) -> None:
        self._totals = header.totals(self.board.rows.values(), self.schouw.clock())

    # -- lines above and below ---------------------------------------------------------------------

    def _header(self, cells: int) -> list[Line]:
        now, app = self.schouw.clock(), self.schouw
        sweep = app.feed.sweep
        progress = header.Progress(sweep.done, sweep.total, (now - sweep.started_at).total_seconds()) if sweep else None
        lines = [
            header.fleet_line(app.title_text, self._totals, app.local(now), cells, app.demo),
            header.severity_line(self._totals, progress, cells),
        ]
        tall = app.size.height >= _TALL
        return [*lines, known_line(app.known, now.date(), cells)] if app.known is not None and tall else lines

    def status(self, cells: int) -> Line:
        lapsing = self._totals.lapsing
        notes = (
            (lapsing, f"an accepted risk ends soon on {header.plural(lapsing, 'host')}: A", "high"),
            (len(self.board.marked), f"{len(self.board.marked)} marked", "marked"),
            (self._moved, f"{self._moved} moved: . sorts now", "running"),
            (self.schouw.paused, "paused: p goes on", "running"),
            (self.schouw.link.trouble, self.schouw.link.trouble, "error"),
            (self.schouw.feed.trouble, self.schouw.feed.trouble, "error"),
        )
        return fit(arranged.words(self.board, [(text, role) for true, text, role in notes if true]), cells)

    # -- what the engine says ----------------------------------------------------------------------

    def take(self, batch: Batch, touched: set[str]) -> None:
        if batch.finished or batch.decided or batch.hello:
            self._count()
        if batch.finished:
            self._learn()
        self.view.changed(touched)
        self.update_bars()

    def _each_second(self) -> None:
        if self.schouw.paused:
            return
        now = self.schouw.clock()
        if now.second % 10 == 0:
            self._count()
            self.view.tick()
        if self.is_current and not self.finding and monotonic() - self._touched > _CALM:
            self.resort()
        else:
            self._moved = self.board.moved(now)
        self.update_bars()

    def repaint(self) -> None:
        super().repaint()
        self.view.forget()

    def resort(self) -> None:
        if self.board.arrange(self.schouw.clock()):
            self.view.lay_out()
        self._moved = 0

    def on_fleet_view_navigated(self) -> None:
        self._touched = monotonic()

    def on_key(self) -> None:
        self._touched = monotonic()

    # -- keys --------------------------------------------------------------------------------------

    def chosen(self) -> list[Host]:
        return [self.board.rows[name].host for name in self.board.chosen(self.view.cursor)]

    def action_open(self) -> None:
        if self.view.cursor:
            self.schouw.open_host(self.view.cursor, self.board.names)

    def on_fleet_view_opened(self) -> None:
        self.action_open()

    def action_rescan(self) -> None:
        requests.scan(self.schouw, self.chosen())

    def action_sweep(self) -> None:
        hosts = [row.host for name in self.board.names if (row := self.board.rows[name]).host.enabled]
        if len(hosts) < 2:
            requests.scan(self.schouw, hosts)
            return
        from schouw.tui.screens.question import Question, when_yes

        shown = " that are shown" if len(hosts) < len(self.board.rows) else ""
        question = Question(f"Scan all {len(hosts)} hosts{shown}?", "scan")
        self.app.push_screen(question, when_yes(lambda: requests.scan(self.schouw, hosts)))

    def action_deep(self) -> None:
        requests.look_deep(self.schouw, self.chosen())

    def action_cancel(self) -> None:
        requests.cancel(self.schouw, [host.name for host in self.chosen()])

    def action_cancel_all(self) -> None:
        requests.cancel(self.schouw, list(self.board.rows))

    def action_mark(self) -> None:
        if name := self.view.cursor:
            self.board.marked ^= {name}
            self.view.changed([name])
            self.view.action_move(1, 0)
            self.update_bars()

    def action_pause(self) -> None:
        self.schouw.pause()

    def action_resort(self) -> None:
        self.resort()
        self.update_bars()

    def action_back(self) -> None:
        if self.board.filter.text:
            self.filter_by("")
        elif self.board.marked:
            names, self.board.marked = self.board.marked, set()
            self.view.changed(names)
            self.update_bars()

    def action_view(self) -> None:
        shown = [view for view in VIEWS if view != "cards" or self.app.size.width >= 100]
        at = self.view.shape
        self.view.view = shown[(shown.index(at) + 1) % len(shown)]
        self._shape_changed()
        self.view.forget()
        self._remember()

    def action_group(self) -> None:
        place = GROUPINGS.index(self.board.grouping)
        self.board.grouping = GROUPINGS[(place + 1) % len(GROUPINGS)]
        self._rearranged()
        self.flash(arranged.GROUP_WORDS[self.board.grouping])

    def action_sort(self) -> None:
        from schouw.tui.screens.menu import Choice, Menu

        def sort(chosen: tuple[str, ...] | None) -> None:
            if chosen:
                self.board.reverse = chosen[0] == self.board.sort and not self.board.reverse
                self.board.sort = chosen[0]
                self._rearranged()

        choices = [Choice(id, words) for id, (words, _) in SORTS.items()]
        self.app.push_screen(Menu("Sort by (the same once more: the other way round)", choices, at=self.board.sort), sort)

    def _rearranged(self) -> None:
        self.resort()
        self.update_bars()
        self._remember()

    def _remember(self) -> None:
        self.schouw.remember(view=self.view.view, sort=self.board.sort, reverse=self.board.reverse, grouping=self.board.grouping)

    # -- finding -----------------------------------------------------------------------------------

    @property
    def finding(self) -> bool:
        return self.has_class("-finding")

    def filter_by(self, text: str) -> None:
        self.board.filter = parse(text, having=self._who_has) if text.strip() else Filter()
        self._learn()
        self.resort()
        self.update_bars()

    def _learn(self) -> None:
        if self.board.filter.cves:
            self.run_worker(self._learnt(), group="who has", exclusive=True, exit_on_error=False)

    async def _learnt(self) -> None:
        if trouble := await self._who_has.learn(self.board.filter.cves):
            self.schouw.say(trouble, "error")
        self.resort()
        self.update_bars()

    def action_find(self) -> None:
        from schouw.tui.widgets.find import Find

        self._before_find = self.board.filter.text
        found = self.query(Find)
        if found:
            find = found.first()
        else:
            find = Find(id="find")
            self.mount(find, after="#status")
        find.begin(self._before_find)
        self.add_class("-finding")

    def find_ended(self, keep: bool) -> None:
        self.remove_class("-finding")
        if not keep:
            self.filter_by(self._before_find)
        self.view.focus()

    def action_filter(self) -> None:
        from schouw.tui.screens.filters import choices, terms
        from schouw.tui.screens.menu import Menu

        def apply(chosen: tuple[str, ...] | None) -> None:
            if chosen is not None:
                self.filter_by(terms(chosen))

        shown = choices(self.board)
        words = self.board.filter.text.split()
        self.app.push_screen(Menu("Show only", shown, several=True, chosen=words), apply)

    # -- taking away -------------------------------------------------------------------------------

    def action_copy(self) -> None:
        now = self.schouw.clock()
        lines = []
        for name in self.board.chosen(self.view.cursor):
            row = self.board.rows[name]
            lines += [label(row, now), *(f"   {line.severity.letter} {line.title}" for line in row.summary.worst)]
        if lines:
            self.schouw.copy("\n".join(lines))

    def action_export(self) -> None:
        from schouw.tui.screens.export import export_fleet

        export_fleet(self, [self.board.rows[name] for name in self.board.names])
