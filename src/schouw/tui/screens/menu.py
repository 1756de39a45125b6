"""A small list in the middle of the screen, to choose one or several of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from schouw.tui.keys import MENU
from schouw.tui.widgets.lines import Bar, Picker
from schouw.views.segments import Line, fit, width


@dataclass(frozen=True, slots=True)
class Choice:
    id: str
    label: str
    note: str = ""
    role: str = "text"


class Menu(ModalScreen[tuple[str, ...] | None]):
    """Ends with the ids that were chosen, None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = list(MENU)
    DEFAULT_CSS = """
    Menu { align: center middle; background: $background 60%; }
    Menu.-preview { background: transparent; }
    Menu Vertical { width: auto; max-width: 90%; height: auto; max-height: 90%; border: round $primary; background: $background; }
    Menu #title, Menu #hint { height: 1; }
    Menu Picker { height: auto; max-height: 30; }
    """

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        *,
        at: str = "",
        several: bool = False,
        chosen: Iterable[str] = (),
        preview: Callable[[str], None] | None = None,
    ) -> None:
        """`preview` is called with the id under the cursor, whenever that changes."""
        super().__init__()
        self._title = title
        self._choices = choices
        self._several = several
        self._chosen = set(chosen) & {choice.id for choice in choices}
        self._at = next((index for index, choice in enumerate(choices) if choice.id == at), 0)
        self._preview = preview
        self.set_class(preview is not None, "-preview")

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            yield Bar(lambda cells: [fit(((f" {self._title}", "title"),), cells)], id="title")
            yield Picker(self._row, id="choices")
            yield Bar(lambda cells: [fit(((f" {self._hint()}", "dim"),), cells)], id="hint")
        longest = max((width(choice.label) + width(choice.note) + 10 for choice in self._choices), default=0)
        box.styles.width = max(longest, width(self._title) + 4, len(self._hint()) + 4)

    def _hint(self) -> str:
        return "space chooses, enter shows, esc leaves" if self._several else "enter chooses, esc leaves"

    def on_mount(self) -> None:
        picker = self.query_one(Picker)
        picker.styles.height = min(len(self._choices), max(3, self.app.size.height - 8))
        picker.focus()
        picker.show(len(self._choices), self._at)

    def _row(self, index: int, cells: int, under: bool) -> Line:
        choice = self._choices[index]
        mark = ("[x] " if choice.id in self._chosen else "[ ] ") if self._several else ""
        return fit(
            (
                ("▸ " if under else "  ", "accent"),
                (mark, "accent"),
                (choice.label, "strong" if under else choice.role),
                (f"  {choice.note}", "dim"),
            ),
            cells,
        )

    def on_picker_moved(self, event: Picker.Moved) -> None:
        if self._preview and self._choices:
            self._preview(self._choices[event.picker.cursor].id)

    def on_picker_chosen(self) -> None:
        if not self._choices:
            return
        under = self._choices[self.query_one(Picker).cursor].id
        if self._several and not self._chosen:
            self._chosen.add(under)
        self.dismiss(tuple(choice.id for choice in self._choices if choice.id in self._chosen) if self._several else (under,))

    def action_mark(self) -> None:
        picker = self.query_one(Picker)
        if self._several and self._choices:
            self._chosen ^= {self._choices[picker.cursor].id}
            picker.refresh()

    def action_cancel(self) -> None:
        self.dismiss(None)
