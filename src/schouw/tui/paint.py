"""From lines with roles to strips with colours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, cast

from rich.segment import Segment as RichSegment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from schouw.views.segments import Line


class Paint:
    """One theme's styles. Every segment gets a background: since Textual 6 nobody else paints one behind it."""

    def __init__(self, background: str, roles: Mapping[str, str]) -> None:
        self._base = Style.parse(f"{roles['text']} on {background}")
        self._roles = dict(roles)
        self._styles: dict[tuple[str, str], Style] = {}

    def style(self, role: str, ground: str = "") -> Style:
        """`ground` is a role whose background is used instead: "cursor" or "bar"."""
        key = (role, ground)
        style = self._styles.get(key)
        if style is None:
            style = self._base
            if ground:
                style += Style.parse(self._roles[ground])
            style += Style.parse(self._roles.get(role, ""))
            self._styles[key] = style
        return style

    def segments(self, line: Line, ground: str = "") -> list[RichSegment]:
        return [RichSegment(text, self.style(role, ground)) for text, role in line if text]

    def strip(self, line: Line, cells: int, ground: str = "") -> Strip:
        """In exactly `cells` cells, whatever the text was."""
        return Strip(self.segments(line, ground)).adjust_cell_length(cells, self.style("text", ground))

    def blank(self, cells: int, ground: str = "") -> Strip:
        return Strip.blank(cells, self.style("text", ground))


class Painted(Protocol):
    """An application that has a paint."""

    paint: Paint


def painter(widget: Widget) -> Paint:
    return cast(Painted, widget.app).paint
