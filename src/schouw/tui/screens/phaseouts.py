"""Phase-outs: how each stands. Enter lists the accounts of one, and its hosts; `r` asks them again whether it is off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from schouw.tui import requests
from schouw.tui.keys import PHASEOUTS
from schouw.tui.screens.listing import ListScreen
from schouw.views import phaseouts
from schouw.views.pivot import On
from schouw.views.segments import Line, Segment
from schouw.views.standing import Account, Place, Standing

if TYPE_CHECKING:
    from schouw.tui.feed import Batch

Row = Standing | Account | Place


class PhaseoutsScreen(ListScreen[Row]):
    """A list of phase-outs, or the accounts and hosts of one of them. Names are shown here because somebody asked."""

    BINDINGS: ClassVar[list[BindingType]] = list(PHASEOUTS)
    DEFAULT_CSS = """
    PhaseoutsScreen.-narrow #body { layout: vertical; }
    PhaseoutsScreen.-narrow #list { width: 1fr; height: 1fr; }
    PhaseoutsScreen.-narrow #detail { display: block; width: 1fr; height: 3fr; border-left: none; border-top: solid $panel; }
    PhaseoutsScreen.-narrow.-accounts #detail { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._all: Sequence[Standing] = ()
        self._listed = ""
        """Of the phase-out whose accounts are listed, "" where phase-outs are."""
        self._part = "all"
        self._whose: dict[str, str] = {}
        """Customers of accounts, asked for once: that may be a program of the user's."""

    def load(self) -> None:
        before = {(one.phaseout.name, place.host) for one in self._all for place in one.off}
        known = bool(self._all)
        self._all = self.schouw.source.standings(self.now, self._customers if self._listed else None)
        off = [place.host for one in self._all for place in one.off if (one.phaseout.name, place.host) not in before]
        if known and off:
            self.app.call_from_thread(self.flash, f"{', '.join(dict.fromkeys(off))}: off, verified from outside and inside", "ok")

    def _customers(self, accounts: Iterable[str]) -> Mapping[str, str]:
        asked = [account for account in accounts if account not in self._whose]
        if asked:
            self._whose |= dict.fromkeys(asked, "") | dict(self.schouw.fleet_file.customers.of(asked))
        return self._whose

    def take(self, batch: Batch, touched: set[str]) -> None:
        mine = {host for one in self._all for host in one.phaseout.hosts}
        if mine & set(batch.finished) or batch.decided:
            super().take(batch, touched)

    @property
    def _one(self) -> Standing | None:
        return next((one for one in self._all if one.phaseout.name == self._listed), None)

    def rows(self) -> Sequence[Row]:
        one = self._one
        if one is None:
            return self._all
        if self._part == "hosts":
            return one.places
        return [account for account in one.accounts if self._part in ("all", account.fate.value)]

    def key(self, row: Row) -> str:
        match row:
            case Standing():
                return row.phaseout.name
            case Place():
                return row.host
            case Account():
                return f"{row.host} {row.protocol} {row.account}"

    def findings(self, row: Row) -> Sequence[On]:
        del row
        return ()

    def fill(self, at: str = "") -> None:
        if self._one is not None and self._part not in dict(phaseouts.parts(self._one)):
            self._part = "all"
        self.set_class(self._one is not None and self._part != "hosts", "-accounts")
        super().fill(at)

    def header(self, cells: int) -> list[Line]:
        if self._one is None:
            return [phaseouts.title_line(self._all, cells)]
        return [*phaseouts.account_title(self._one, cells, self.now), phaseouts.parts_line(self._one, self._part, cells)]

    def row_line(self, row: Row, cells: int, cursor: bool, marked: bool) -> Line:
        match row:
            case Standing():
                return phaseouts.row_line(row, cells, self.now, cursor, marked)
            case Place():
                return phaseouts.place_line(row, cells, cursor, marked)
            case Account():
                return phaseouts.account_line(row, cells, self.now, cursor, marked)

    def row_detail(self, row: Row, cells: int) -> Sequence[Line]:
        match row:
            case Standing():
                return phaseouts.detail(row, cells, self.now)
            case Place():
                return phaseouts.place_detail(row, cells, self.now)
            case Account():
                whole = phaseouts.detail(self._one, cells, self.now) if self._one is not None else []
                return [*phaseouts.account_detail(row, cells, self.now), *whole]

    def nothing(self) -> Segment:
        if self._one is None:
            return "– nothing is being phased out; begin with: schouw phaseout start --help", "dim"
        return "✓ no account was seen that this would end", "ok"

    def hint(self) -> str:
        if self._one is None:
            return "enter lists accounts and hosts, r scans its hosts again, e their figures"
        return "left and right: parts, r scans the hosts, e the list for a mailing"

    # -- keys --------------------------------------------------------------------------------------

    def open(self, row: Row) -> None:
        match row:
            case Standing():
                self._listed, self._part = row.phaseout.name, "all"
                self.marked.clear()
                self.list.cursor = 0
                self.fill()
                self.refill()  # now with whose the accounts are
            case Place() | Account() if row.host in self.schouw.board.rows:
                self.schouw.open_host(row.host, [row.host])

    def action_back(self) -> None:
        if self.marked or self._one is None:
            super().action_back()
            return
        name, self._listed = self._listed, ""
        self.fill(name)

    def action_show(self, by: int) -> None:
        if self._one is not None:
            names = [name for name, _ in phaseouts.parts(self._one)]
            self._part = names[(names.index(self._part) + by) % len(names)]
            self.list.cursor = 0
            self.fill()

    def action_rescan(self) -> None:
        """All hosts of the phase-out, unless some are marked."""
        under = self.under()
        marked = [row for row in self.rows() if self.key(row) in self.marked]
        names: list[str] = []
        for row in marked or ([self._one] if self._one is not None else [under] if under is not None else []):
            names += row.phaseout.hosts if isinstance(row, Standing) else [row.host]
        rows = self.schouw.board.rows
        requests.scan(self.schouw, [rows[name].host for name in dict.fromkeys(names) if name in rows])

    def action_export(self) -> None:
        """The list for a mailing; where phase-outs are listed, their figures."""
        from schouw.report.phaseouts import WANTED
        from schouw.report.planned import figures
        from schouw.tui.screens.export import export_mailing, export_records

        one = self._one
        if one is None:
            export_records(self, "phase-outs", [figures(each, self.now) for each in self._all])
        else:
            fates = WANTED if self._part in ("all", "hosts") else (self._part,)
            export_mailing(self, one.phaseout.name, [account for account in one.accounts if account.fate in fates])
