"""Sorting and grouping the fleet. Every order ends in the name, so that equal hosts never change places."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from schouw.model.severity import HostState, Severity
from schouw.views.status import Row

Key = tuple[object, ...]

_DIGITS = re.compile(r"(\d+)")
_OLD = datetime.min.replace(tzinfo=UTC)


def natural(name: str) -> Key:
    """web2 before web10."""
    parts = _DIGITS.split(name.casefold())
    return tuple((0, int(part[:18]), "") if part.isascii() and part.isdigit() else (1, 0, part) for part in parts)


def worst(row: Row) -> Key:
    """Most criticals first, then most highs, and so on. A host that could not be reached, with nothing known
    against it, comes after those with a high and before the rest: it is unknown, not fine."""
    summary = row.summary
    totals = [summary.total(severity) for severity in Severity]
    unknown = 1 if summary.state in (HostState.UNREACHABLE, HostState.NEVER) and row.host.enabled else 0
    return (-totals[0], -totals[1], -unknown, *(-total for total in totals[2:]), natural(row.name))


def _by_name(row: Row) -> Key:
    return (natural(row.name),)


def _by_age(row: Row) -> Key:
    return (row.summary.scanned_at or _OLD, natural(row.name))


def _by_os(row: Row) -> Key:
    return (row.summary.os.casefold() or "\uffff", natural(row.name))


def _by_changes(row: Row) -> Key:
    summary = row.summary
    return (-(summary.new + summary.regressed), -summary.fixed, natural(row.name))


def _by_state(row: Row) -> Key:
    order = (HostState.UNREACHABLE, HostState.NEVER, HostState.PARTIAL, HostState.SCANNED)
    return (order.index(row.summary.state), natural(row.name))


SORTS: dict[str, tuple[str, Callable[[Row], Key]]] = {
    "worst": ("worst first", worst),
    "name": ("name", _by_name),
    "age": ("oldest scan first", _by_age),
    "os": ("operating system", _by_os),
    "changes": ("most changes first", _by_changes),
    "state": ("not reached first", _by_state),
}
"""Id → what it is called, and its key."""

GROUPINGS = ("none", "group", "os", "state")


def group_of(row: Row, grouping: str) -> str:
    """The heading that a host stands under; "" where the fleet is not grouped."""
    match grouping:
        case "group":
            return row.host.groups[0] if row.host.groups else "no group"
        case "os":
            return row.summary.os or "operating system not known"
        case "state":
            return "never scanned" if row.summary.state is HostState.NEVER else row.summary.state.value
        case _:
            return ""


def arrange(rows: Iterable[Row], sort: str, reverse: bool, grouping: str) -> list[tuple[str, list[str]]]:
    """Names in order under their headings; headings by name, except that a fleet sorted worst first has the worst group first."""
    key = SORTS[sort][1]
    ordered = sorted(rows, key=key, reverse=reverse)
    if grouping == "none":
        return [("", [row.name for row in ordered])]
    groups: dict[str, list[str]] = {}
    for row in ordered:
        groups.setdefault(group_of(row, grouping), []).append(row.name)
    return list(groups.items()) if sort == "worst" else sorted(groups.items(), key=lambda item: natural(item[0]))
