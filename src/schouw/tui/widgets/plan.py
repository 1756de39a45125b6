"""Where every host stands on the fleet screen: plain geometry, the same for cards, table and map."""

from __future__ import annotations

from dataclasses import dataclass, field

from schouw.views.board import Sections


@dataclass(frozen=True, slots=True)
class Cell:
    """Place of one host: cells from the left and lines from the top of the whole fleet, and its size."""

    x: int
    y: int
    width: int
    height: int
    band: int


@dataclass(frozen=True, slots=True)
class Band:
    """Hosts side by side, or (no names) the heading of a group."""

    y: int
    height: int
    names: tuple[str, ...] = ()
    heading: str = ""


@dataclass(slots=True)
class Plan:
    columns: int = 1
    width: int = 1
    height: int = 1
    bands: list[Band] = field(default_factory=list)
    cells: dict[str, Cell] = field(default_factory=dict)
    lines: list[int] = field(default_factory=list)
    """The band that every line belongs to."""

    @classmethod
    def of(cls, sections: Sections, columns: int, width: int, height: int) -> Plan:
        plan = cls(columns, width, height)
        for heading, names in sections:
            if heading:
                plan._add(Band(len(plan.lines), 1, heading=f"{heading}  {len(names)}"))
            for start in range(0, len(names), columns):
                plan._add(Band(len(plan.lines), height, tuple(names[start : start + columns])))
        return plan

    def _add(self, band: Band) -> None:
        for column, name in enumerate(band.names):
            self.cells[name] = Cell(column * self.width, band.y, self.width, band.height, len(self.bands))
        self.lines += [len(self.bands)] * band.height
        self.bands.append(band)

    def at(self, x: int, y: int) -> str | None:
        """The host at a place."""
        if not 0 <= y < len(self.lines):
            return None
        names = self.bands[self.lines[y]].names
        column = x // self.width
        return names[column] if column < len(names) else None

    def step(self, name: str, right: int, down: int) -> str:
        """The host beside, above or below; at the edges the same one, except that left and right go on to the next line."""
        cell = self.cells[name]
        if right:
            order = list(self.cells)
            return order[max(0, min(len(order) - 1, order.index(name) + right))]
        column, band = cell.x // self.width, cell.band
        while 0 <= band + down < len(self.bands):
            band += down
            if names := self.bands[band].names:
                return names[min(column, len(names) - 1)]
        return name
