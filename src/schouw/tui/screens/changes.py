"""What became of findings since a moment: the proof for the next audit, or the answer to the last one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from schouw.model.baseline import Baseline, is_baseline_name
from schouw.tui import requests
from schouw.tui.keys import CHANGES
from schouw.tui.screens.listing import ListScreen
from schouw.views import changes
from schouw.views.ages import day
from schouw.views.changes import Group, Row
from schouw.views.pivot import On
from schouw.views.segments import Line, Segment
from schouw.views.since import Since

_FIRST = "7d"


class ChangesScreen(ListScreen[Row | Group]):
    """One part after another (new, fixed, …), or all of them under each other; one by one, or counted by area or host."""

    BINDINGS: ClassVar[list[BindingType]] = list(CHANGES)

    def __init__(self) -> None:
        super().__init__()
        self._text = _FIRST
        self._since: Since | None = None
        self._all: list[Row] = []
        self._part = "all"
        self._view = changes.VIEWS[0]
        self._within = ""
        """The group that is looked into, "" for all."""
        self._shown: Sequence[Row | Group] = ()
        self._columns = changes.Columns.of(())

    def load(self) -> None:
        app = self.schouw
        since = app.source.since(self._text, app.clock())
        hosts = {name: app.board.rows[name].host for name in app.board.names}
        if since.audit is not None:
            found = changes.rows_of(list(app.source.follow(since.audit, list(hosts.values()))))
        else:
            found = changes.rows_of([one for one in app.source.compare(since.at) if one.host in hosts])
        self._since, self._all = since, found

    @property
    def _here(self) -> list[Row]:
        """Of all parts."""
        return [row for row in self._all if not self._within or changes.group_of(row, self._view) == self._within]

    def fill(self, at: str = "") -> None:
        under = self.under()
        here = self._here
        if self._part not in dict(changes.parts(here)):
            self._part = "all"
        some = [row for row in here if self._part in ("all", row.part)]
        one_by_one = self._within or self._view == changes.VIEWS[0]
        self._shown = some if one_by_one else changes.groups(some, self._view)
        self._columns = changes.Columns.of(some)
        super().fill(at or (under.key if under else ""))

    def rows(self) -> Sequence[Row | Group]:
        return self._shown

    def key(self, row: Row | Group) -> str:
        return row.key

    def findings(self, row: Row | Group) -> Sequence[On]:
        return row.findings

    def header(self, cells: int) -> list[Line]:
        return [
            changes.title_line(self._since, self._text, self._within, cells, self.now),
            changes.parts_line(self._here, self._part, cells),
        ]

    def row_line(self, row: Row | Group, cells: int, cursor: bool, marked: bool) -> Line:
        if isinstance(row, Group):
            return changes.group_line(row, cells, cursor, marked)
        return changes.row_line(row, self._columns, cells, self.now, cursor, marked)

    def row_detail(self, row: Row | Group, cells: int) -> Sequence[Line]:
        return changes.group_detail(row, cells) if isinstance(row, Group) else changes.row_detail(row, cells, self.now)

    def nothing(self) -> Segment:
        return "– nothing was found on the hosts that are shown, then or since", "dim"

    def hint(self) -> str:
        view = "" if self._view == changes.VIEWS[0] else f"{self._view} · "
        return f"{view}v counts by area or host, s since when, b a baseline, ← → the parts"

    # -- keys --------------------------------------------------------------------------------------

    def open(self, row: Row | Group) -> None:
        if isinstance(row, Group):
            self._within = row.name
            self.marked.clear()
            self.list.cursor = 0
            self.fill()
        elif row.findings:
            super().open(row)
        else:
            self.flash(changes.ending_words(row), "dim")

    def action_back(self) -> None:
        if self.marked or not self._within:
            super().action_back()
            return
        within, self._within = self._within, ""
        self.fill(within)

    def action_view(self) -> None:
        self._view = changes.VIEWS[(changes.VIEWS.index(self._view) + 1) % len(changes.VIEWS)]
        self._within = ""
        self.marked.clear()
        self.list.cursor = 0
        self.fill()

    def _look_since(self, text: str) -> None:
        self._text, self._part, self._within = text, "all", ""
        self.marked.clear()
        self.refill()

    def action_since(self) -> None:
        from schouw.tui.screens.ask import Ask, refused

        def since(text: str | None) -> None:
            if text:
                self._look_since(text)

        check = refused(lambda text: self.schouw.source.since(text, self.schouw.clock()))
        hint = "2026-10-01, 36h, 7d, the number of a scan, a baseline"
        self.app.push_screen(Ask("Since", "a date, an age, a scan or a baseline", hint, self._text, check), since)

    def action_baselines(self) -> None:
        from schouw.tui.screens.menu import Choice, Menu

        kept = self.schouw.source.baselines()
        if not kept:
            self.flash("no baseline yet: B saves this moment, schouw baseline import FILE an audit", "dim")
            return

        def chosen(names: tuple[str, ...] | None) -> None:
            if names:
                self._look_since(names[0])

        choices = [
            Choice(one.name, one.name, f"{day(one.at, self.now)}, {f'{one.rows} rows of {one.source}' if one.source else one.by}")
            for one in reversed(kept)
        ]
        self.app.push_screen(Menu("Since", choices, at=self._text), chosen)

    def action_save(self) -> None:
        from schouw.tui.screens.ask import Ask

        wanted = "expected a name such as audit-2026: a letter, then letters, digits, . _ or -"

        def named(name: str | None) -> None:
            if name:
                baseline = Baseline(name, self.schouw.clock(), self.schouw.user)
                requests.tell(self.schouw, self.schouw.link.keep_baseline(baseline), f"saved as {name}")

        ask = Ask("Save", "this moment as a baseline", "audit-2026", wrong=lambda text: "" if is_baseline_name(text) else wanted)
        self.app.push_screen(ask, named)

    def action_show(self, by: int) -> None:
        names = [name for name, _ in changes.parts(self._here)]
        self._part = names[(names.index(self._part) + by) % len(names)]
        self.list.cursor = 0
        self.fill()

    def action_export(self) -> None:
        from schouw.tui.screens.export import export_records

        some = [row for row in self._here if self._part in ("all", row.part)]
        export_records(self, f"changes-{self._text}", changes.records(some))
