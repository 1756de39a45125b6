"""What is under the host screen's cursor, on the whole screen: where there is no room beside the list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from schouw.tui.keys import DETAIL
from schouw.tui.screens.acting import ActingScreen
from schouw.tui.widgets.lines import Bar, Lines, Scroll
from schouw.views.pivot import On
from schouw.views.segments import fit

if TYPE_CHECKING:
    from schouw.tui.screens.host import HostScreen


class DetailScreen(ActingScreen):
    """Its keys do what they do on the host's own screen, which says when there is something else to show."""

    BINDINGS: ClassVar[list[BindingType]] = list(DETAIL)

    def __init__(self, host: HostScreen, lines: Lines, what: str) -> None:
        super().__init__()
        self._host, self._lines, self._what = host, lines, what

    def compose(self) -> ComposeResult:
        title = f" schouw › {self._host.host_name} › {self._what}"
        yield Bar(lambda cells: [fit(((title, "title"),), cells)], ground="bar", id="header")
        yield Scroll(self._lines, id="body")
        yield from self.bottom()

    def on_mount(self) -> None:
        self.query_one(Scroll).focus()

    def show(self) -> None:
        if self.is_mounted:
            self.query_one(Scroll).show(top=False)

    def action_back(self) -> None:
        self.dismiss()

    def action_rescan(self) -> None:
        self._host.action_rescan()

    def action_rescan_host(self) -> None:
        self._host.action_rescan_host()

    def chosen(self) -> Sequence[On]:
        return self._host.under_cursor()
