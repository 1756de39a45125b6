"""Lists that are no scan report, as a table, JSON, CSV or Markdown: one row a thing, the same columns in all of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from schouw.report.markdown import escape
from schouw.report.spreadsheet import row as csv_row
from schouw.text import line
from schouw.views.segments import pad, width

FORMATS = ("table", "json", "csv", "markdown")

Row = Mapping[str, str]

_WIDEST = 60
"""Cells of a column of a table, but the last."""


def render(rows: Sequence[Row], columns: Sequence[str], format: str, about: Mapping[str, object]) -> Iterator[str]:
    """`about` stands beside the rows in JSON, which has all that a row holds; the others have the `columns`."""
    match format:
        case "json":
            # ASCII: nothing that a terminal could take for a command, whatever a server said.
            yield json.dumps({**about, "rows": [dict(row) for row in rows]}, indent=2, ensure_ascii=True) + "\n"
        case "csv":
            yield csv_row(columns)
            yield from (csv_row(row[column] for column in columns) for row in rows)
        case "markdown":
            yield _markdown(columns)
            yield "|---" * len(columns) + "|\n"
            yield from (_markdown(escape(row[column]) for column in columns) for row in rows)
        case _:
            yield from table(rows, columns)


def table(rows: Sequence[Row], columns: Sequence[str]) -> Iterator[str]:
    """Aligned text; the last column is as wide as it wants."""
    lines = [[column.replace("_", " ").upper() for column in columns]]
    lines += [[line(row[column], 1000) for column in columns] for row in rows]
    widths = [min(_WIDEST, max(width(cells[place]) for cells in lines)) for place in range(len(columns))]
    for cells in lines:
        padded = [pad(cell, size) for cell, size in zip(cells[:-1], widths[:-1], strict=True)]
        yield "  ".join([*padded, cells[-1]]).rstrip() + "\n"


def _markdown(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
