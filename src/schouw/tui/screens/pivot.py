"""Findings over the fleet: fix once, roll out everywhere. Enter lists the hosts of a kind, enter again opens one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from schouw.tui import requests
from schouw.tui.keys import PIVOT
from schouw.tui.screens.listing import ListScreen
from schouw.views import pivot
from schouw.views.pivot import Kind, On
from schouw.views.segments import Line, Segment


class PivotScreen(ListScreen[Kind | On]):
    """A list of kinds, or of the hosts of one of them. Where hosts are marked, it is about those alone."""

    BINDINGS: ClassVar[list[BindingType]] = list(PIVOT)

    def __init__(self) -> None:
        super().__init__()
        self._found: pivot.ByHost = {}
        self._kinds: list[Kind] = []
        self._check = ""
        """Of the kind whose hosts are listed, "" where kinds are."""

    def load(self) -> None:
        self._found = self.schouw.source.everything()

    @property
    def _kind(self) -> Kind | None:
        return next((kind for kind in self._kinds if kind.check == self._check), None)

    def rows(self) -> Sequence[Kind | On]:
        if not self._check:
            return self._kinds
        return self._kind.on if self._kind else ()

    def key(self, row: Kind | On) -> str:
        return row.key

    def findings(self, row: Kind | On) -> Sequence[On]:
        return row.on if isinstance(row, Kind) else (row,)

    def fill(self, at: str = "") -> None:
        under = self.under()
        board = self.schouw.board
        shown = [name for name in board.names if name in board.marked] if board.marked else board.names
        self._kinds = pivot.kinds(self._found, shown)
        super().fill(at or (under.key if under else ""))

    def header(self, cells: int) -> list[Line]:
        board = self.schouw.board
        hosts = len({host for kind in self._kinds for host in kind.hosts})
        marked = f"{len(board.marked)} marked" if board.marked else ""
        return [pivot.title_line(self._kind, self._kinds, hosts, board.filter.text, cells, marked)]

    def row_line(self, row: Kind | On, cells: int, cursor: bool, marked: bool) -> Line:
        if isinstance(row, Kind):
            return pivot.kind_line(row, cells, cursor, marked)
        return pivot.on_line(row, cells, self.now, cursor, marked)

    def row_detail(self, row: Kind | On, cells: int) -> Sequence[Line]:
        return pivot.kind_detail(row, cells) if isinstance(row, Kind) else pivot.on_detail(row, cells, self.now)

    def nothing(self) -> Segment:
        if self._check:
            return f"✓ {self._check} is on none of these hosts any more", "ok"
        return "– nothing is known to be wrong with the hosts that are shown", "dim"

    def hint(self) -> str:
        return "enter opens the host, r scans all of these again" if self._check else "enter lists the hosts, r scans them again"

    # -- keys --------------------------------------------------------------------------------------

    def open(self, row: Kind | On) -> None:
        if isinstance(row, Kind):
            self._check = row.check
            self.marked.clear()
            self.list.cursor = 0
            self.fill()
        elif self._kind is not None:
            self.schouw.open_host(row.host, self._kind.hosts, row.tracked.key)

    def action_back(self) -> None:
        if self.marked or not self._check:
            super().action_back()
            return
        check, self._check = self._check, ""
        self.fill(check)

    def action_rescan(self) -> None:
        """All hosts of the kind that is open, unless some are marked."""
        if self._kind is None or self.marked:
            super().action_rescan()
        else:
            requests.scan(self.schouw, [self.schouw.board.rows[host].host for host in self._kind.hosts])

    def action_export(self) -> None:
        from schouw.tui.screens.export import export_kinds

        export_kinds(self, [self._kind] if self._kind else self._kinds)
