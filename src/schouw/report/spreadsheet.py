"""Rows for spreadsheets, which take what begins in certain ways for a formula and run it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from schouw.text import block

#: What a spreadsheet takes for the beginning of a formula, in full width too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def row(cells: Iterable[str]) -> str:
    """One line of CSV (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text).writerow(map(_cell, cells))
    return text.getvalue()


def _cell(text: str) -> str:
    text = block(text)  # people look at CSV in terminals too
    return f"'{text}" if text.startswith(_FORMULA) else text
