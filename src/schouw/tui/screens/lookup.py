"""CVEs and packages over the fleet: type one, or choose one; which hosts have it, fixed in what, who is still to reboot."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from schouw.errors import SchouwError
from schouw.tui import questions, requests
from schouw.tui.keys import LOOKUP
from schouw.tui.questions import Question
from schouw.tui.screens.base import BaseScreen
from schouw.tui.widgets.ask import Ask
from schouw.tui.widgets.lines import Bar, Picker, Scroll
from schouw.views import cves, lookup, packages
from schouw.views.cves import Listed, Listing
from schouw.views.segments import Line, fit
from schouw.vulnerabilities.answers import CveAnswer, Installed, PackageAnswer, Row

if TYPE_CHECKING:
    from schouw.model.finding import TrackedFinding
    from schouw.tui.feed import Batch

_BESIDE_FROM = 100
_CALM = 1.0
"""Seconds between two answers to the same question while hosts are being scanned."""


class LookupScreen(BaseScreen):
    """One question after another; esc goes back to the one before."""

    BINDINGS: ClassVar[list[BindingType]] = list(LOOKUP)
    DEFAULT_CSS = """
    LookupScreen #ask { height: 1; border: none; padding: 0 1; background: $surface; }
    LookupScreen #list { width: 4fr; }
    LookupScreen #detail { width: 3fr; border-left: solid $panel; }
    LookupScreen.-narrow #body { layout: vertical; }
    LookupScreen.-narrow #list, LookupScreen.-narrow #detail { width: 100%; height: 1fr; }
    LookupScreen.-narrow #detail { border-left: none; border-top: solid $panel; }
    """

    def __init__(self, question: Question) -> None:
        super().__init__()
        self._asked = [question]
        self._answer: lookup.Answer | None = None
        self._problem = ""
        self._items: Sequence[lookup.Item] = ()
        self._wanted = False
        self._asking = False
        self._another = asyncio.Event()
        self._pointed = False
        """Whether the cursor was moved since the last letter: then enter means what is under it."""

    def compose(self) -> ComposeResult:
        yield Bar(self._header, ground="bar", id="header")
        self.ask = Ask(id="ask")
        yield self.ask
        with Horizontal(id="body"):
            self.list = Picker(self._row_line, id="list")
            yield self.list
            self.detail = Scroll(self._detail_lines, id="detail")
            yield self.detail
        yield from self.bottom()

    def on_mount(self) -> None:
        self._begin()

    def on_resize(self) -> None:
        self.set_class(self.app.size.width < _BESIDE_FROM, "-narrow")

    # -- asking ------------------------------------------------------------------------------------

    @property
    def _question(self) -> Question:
        return self._asked[-1]

    def go(self, question: Question) -> None:
        """Ask something else; what was asked before is one esc away."""
        if question != self._question:
            self._asked.append(question)
            self._begin()

    def _begin(self) -> None:
        self._answer, self._problem, self._items = None, "", ()
        with self.ask.prevent(Ask.Changed):
            self.ask.value = ""
        (self.ask if self._question.open else self.list).focus()
        self.list.show(1, 0)
        self._another.set()
        self._read()

    def _read(self) -> None:
        self._wanted = True
        if not self._asking:
            self._asking = True
            self.run_worker(self._follow(), exit_on_error=False)

    async def _follow(self) -> None:
        """One answer at a time, in a thread: the database may be large and the fleet too, the screen may not wait."""
        try:
            while self._wanted:
                self._wanted = False
                self._another.clear()
                await self._load(self._question)
                if self._wanted and not self._another.is_set():
                    await asyncio.wait([asyncio.ensure_future(self._another.wait())], timeout=_CALM)
        finally:
            self._asking = False

    async def _load(self, question: Question) -> None:
        board = self.schouw.board
        hosts = {name: board.rows[name].summary.scanned_at for name in board.names}
        found, problem = None, ""
        try:
            found = await asyncio.to_thread(questions.answer, question, self.schouw.source, hosts)
        except SchouwError as error:
            problem = str(error)
        if question is self._question:
            self._answer, self._problem = found, problem
            self._fill()

    def take(self, batch: Batch, touched: set[str]) -> None:
        del touched
        if batch.finished or batch.decided or batch.hello:
            self._read()

    # -- showing it --------------------------------------------------------------------------------

    def _fill(self) -> None:
        at = lookup.key(self._under())
        self._items = lookup.items(self._answer, self.ask.value)
        keys = [lookup.key(item) for item in self._items]
        place = keys.index(at) if at in keys else min(self.list.cursor, max(0, len(keys) - 1))
        self.list.show(max(1, len(keys)), place)
        self.update_bars()

    def _under(self) -> lookup.Item | None:
        return self._items[self.list.cursor] if self.list.cursor < len(self._items) else None

    def package(self) -> str:
        """The package that the item under the cursor is about."""
        match self._under():
            case Row() as row:
                return row.source
            case Listed() as one if one.packages:
                return one.packages[0].partition(" ")[0]
        return ""

    @property
    def _today(self) -> date:
        return self.schouw.clock().date()

    def _header(self, cells: int) -> list[Line]:
        return lookup.head(self._answer, self._question.name, self.schouw.known, cells, self._today)

    def _row_line(self, index: int, cells: int, under: bool) -> Line:
        if index < len(self._items):
            return lookup.line(self._items[index], cells, under)
        return fit(lookup.nothing(self._answer, self._problem, self.ask.value), cells)

    def _detail_lines(self, cells: int) -> Sequence[Line]:
        under = self._under()
        if under is None:
            return lookup.nothing_detail(self.schouw.known, self._problem, cells, self._today)
        return lookup.detail(under, self._answer, cells, self.schouw.local(self.schouw.clock()))

    def status(self, cells: int) -> Line:
        if self.schouw.engine_trouble:
            return fit(((f" {self.schouw.engine_trouble}", "error"),), cells)
        hint = "/ asks something else" if self._problem else lookup.HINTS[type(self._answer)]
        text = self.schouw.board.filter.text
        only = ((" only hosts that match ", "dim"), (text, "accent"), (" ·", "dim")) if text else ()
        return fit((*only, (f" {hint}", "dim")), cells)

    def on_picker_moved(self) -> None:
        self.detail.show()

    # -- keys --------------------------------------------------------------------------------------

    def on_input_changed(self, event: Ask.Changed) -> None:
        event.stop()
        self._pointed = False
        if isinstance(self._answer, Listing):
            self._fill()

    def on_input_submitted(self, event: Ask.Submitted) -> None:
        event.stop()
        text, under = self.ask.value.strip(), self._under()
        question = questions.typed(text)
        if isinstance(under, Listed) and (self._pointed or (not question.cve and text.lower() in under.cve.lower())):
            self._open(under)
        elif text:
            self.go(question)

    def on_ask_stepped(self, event: Ask.Stepped) -> None:
        self._pointed = True
        self.list.action_by(event.by)

    def on_ask_left(self) -> None:
        if self._items and not isinstance(self._answer, Listing):
            self.list.focus()
        else:
            self.action_back()

    def on_picker_chosen(self) -> None:
        if (under := self._under()) is not None:
            self._open(under)

    def _open(self, item: lookup.Item) -> None:
        match item:
            case Listed():
                self.go(Question(item.cve))
            case Row():
                self.run_worker(self._open_host(item), exit_on_error=False)
            case Installed() if isinstance(self._answer, PackageAnswer):
                listed = tuple(packages.opened(item, self._answer))
                if listed:
                    self.go(Question(listed=listed, title=f"{item.source} {item.version}"))

    async def _open_host(self, row: Row) -> None:
        order = list(dict.fromkeys(item.host for item in self._items if isinstance(item, Row)))
        finding = await self._finding(row)
        self.schouw.open_host(row.host, order, finding.key if finding else "")

    async def _finding(self, row: Row) -> TrackedFinding | None:
        """What the host's own page says of the CVE."""
        findings = await asyncio.to_thread(self.schouw.source.findings, row.host)
        return questions.finding_of(findings, self._question.name)

    def action_back(self) -> None:
        if len(self._asked) == 1:
            self.dismiss()
            return
        self._asked.pop()
        self._begin()

    def action_find(self) -> None:
        self.ask.focus()

    def action_rescan(self) -> None:
        self._scan(lookup.hosts_of(self._under()))

    def action_rescan_all(self) -> None:
        if isinstance(self._answer, CveAnswer):
            self._scan([host for host, standing in self._answer.standings.items() if standing.has_it])
        else:
            self._scan([host for item in self._items for host in lookup.hosts_of(item)])

    def _scan(self, names: Sequence[str]) -> None:
        requests.scan(self.schouw, [self.schouw.board.rows[name].host for name in dict.fromkeys(names)])

    def action_copy(self) -> None:
        row = self._under()
        if isinstance(row, Row):
            self.run_worker(self._copy_fix(row), exit_on_error=False)
        else:
            self.schouw.say("a fix is of a host: open a CVE first", "dim")

    async def _copy_fix(self, row: Row) -> None:
        finding = await self._finding(row)
        self.schouw.copy(finding.finding.fix if finding else "")

    def action_references(self) -> None:
        from schouw.tui.choices import choose_reference

        found = self._answer
        choose_reference(self.schouw, cves.references(found) if isinstance(found, CveAnswer) else ())

    def action_export(self) -> None:
        from schouw.tui.screens.export import export_records

        export_records(self, self._question.name or "cves", lookup.records(self._answer))
