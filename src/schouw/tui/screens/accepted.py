"""Accepted risks over the fleet: those about to lapse first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from schouw.tui.keys import ACCEPTED
from schouw.tui.screens.listing import ListScreen
from schouw.views import accepted, pivot
from schouw.views.pivot import On
from schouw.views.segments import Line, Segment


class AcceptedScreen(ListScreen[On]):
    BINDINGS: ClassVar[list[BindingType]] = list(ACCEPTED)

    def __init__(self) -> None:
        super().__init__()
        self._found: pivot.ByHost = {}
        self._rows: list[On] = []
        self._host_cells = 0

    def load(self) -> None:
        self._found = self.schouw.source.everything()

    def fill(self, at: str = "") -> None:
        under = self.under()
        self._rows = accepted.accepted(self._found, self.schouw.board.names)
        self._host_cells = pivot.host_cells(self._rows)
        super().fill(at or (under.key if under else ""))

    def rows(self) -> Sequence[On]:
        return self._rows

    def key(self, row: On) -> str:
        return row.key

    def findings(self, row: On) -> Sequence[On]:
        return (row,)

    def header(self, cells: int) -> list[Line]:
        return [accepted.title_line(self._rows, self.now, self.schouw.board.filter.text, cells)]

    def row_line(self, row: On, cells: int, cursor: bool, marked: bool) -> Line:
        return accepted.accepted_line(row, self._host_cells, cells, self.now, cursor, marked)

    def row_detail(self, row: On, cells: int) -> Sequence[Line]:
        return pivot.on_detail(row, cells, self.now)

    def nothing(self) -> Segment:
        return "– no risk is accepted on the hosts that are shown", "dim"

    def hint(self) -> str:
        return "enter opens the host, a gives another day or withdraws; then it counts again"

    def action_export(self) -> None:
        from schouw.tui.screens.export import export_records

        export_records(self, "accepted", accepted.accepted_rows(self._rows))
