"""The line one types a filter in. Letters are letters here: no key of the screen works until enter or esc."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType
from textual.widgets import Input

if TYPE_CHECKING:
    from schouw.tui.screens.fleet import FleetScreen


class Find(Input):
    """Filters with every letter."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "stop", "back as it was", show=False)]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(
            id=id, placeholder="name, sev>=high, area:crypto, state:new, group:mail, tag:prod, os:debian12, stale>1h, !…, /…/"
        )

    @property
    def _fleet(self) -> FleetScreen:
        return cast("FleetScreen", self.screen)

    def begin(self, text: str) -> None:
        with self.prevent(Input.Changed):
            self.value = text
        self.cursor_position = len(text)
        self.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._fleet.filter_by(self.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._fleet.find_ended(keep=True)

    def action_stop(self) -> None:
        self._fleet.find_ended(keep=False)
