"""What somebody did something about, over the fleet: did it help?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from textual.binding import BindingType

from schouw.tui import requests
from schouw.tui.keys import CLAIMS
from schouw.tui.screens.listing import ListScreen
from schouw.views import claimed, pivot
from schouw.views.claimed import Claimed
from schouw.views.pivot import On
from schouw.views.segments import Line, Segment

_DAYS = 30


class ClaimsScreen(ListScreen[Claimed]):
    BINDINGS: ClassVar[list[BindingType]] = list(CLAIMS)

    def __init__(self) -> None:
        super().__init__()
        self._found: pivot.ByHost = {}
        self._rows: list[Claimed] = []
        self._host_cells = 0

    def load(self) -> None:
        self._found = self.schouw.source.claimed(self.schouw.clock() - timedelta(days=_DAYS))

    def fill(self, at: str = "") -> None:
        under = self.under()
        self._rows = claimed.claimed(self._found, self.schouw.board.names)
        self._host_cells = pivot.host_cells(one.on for one in self._rows)
        super().fill(at or (under.key if under else ""))

    def rows(self) -> Sequence[Claimed]:
        return self._rows

    def key(self, row: Claimed) -> str:
        return row.key

    def findings(self, row: Claimed) -> Sequence[On]:
        return (row.on,)

    def header(self, cells: int) -> list[Line]:
        title = claimed.title_line(self._rows, _DAYS, self.schouw.board.filter.text, cells)
        return [title, claimed.told_line(self._rows, cells, self.now)] if self._rows else [title]

    def row_line(self, row: Claimed, cells: int, cursor: bool, marked: bool) -> Line:
        return claimed.claimed_line(row, self._host_cells, cells, cursor, marked)

    def row_detail(self, row: Claimed, cells: int) -> Sequence[Line]:
        return pivot.on_detail(row.on, cells, self.now)

    def nothing(self) -> Segment:
        return "– nothing is claimed on the hosts that are shown: c on a finding says that something was done", "dim"

    def hint(self) -> str:
        return "enter opens the host, r scans where a claim waits for an answer"

    # -- keys --------------------------------------------------------------------------------------

    def action_rescan(self) -> None:
        """Every host with a claim that no scan has settled, unless some are marked."""
        waiting = dict.fromkeys(one.on.host for one in self._rows if not one.settled)
        if self.marked or not waiting:
            super().action_rescan()
        else:
            requests.scan(self.schouw, [self.schouw.board.rows[name].host for name in waiting])

    def action_export(self) -> None:
        from schouw.tui.screens.export import export_records

        export_records(self, "claims", claimed.claimed_rows(self._rows))
