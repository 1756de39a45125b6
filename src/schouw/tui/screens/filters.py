"""What the filter menu offers: terms of the filter language, those that this fleet can answer."""

from __future__ import annotations

from collections.abc import Sequence

from schouw.model.severity import Area
from schouw.tui.screens.menu import Choice
from schouw.views.board import Board


def choices(board: Board) -> list[Choice]:
    hosts = [row.host for row in board.rows.values()]
    systems = sorted({row.summary.os_id for row in board.rows.values() if row.summary.os_id})
    groups = sorted({group for host in hosts for group in host.groups if " " not in group})
    tags = sorted({tag for host in hosts for tag in host.tags if " " not in tag})
    return [
        Choice("sev>=critical", "critical", "at least one", "critical"),
        Choice("sev>=high", "high or worse", "", "high"),
        Choice("sev>=medium", "medium or worse", "", "medium"),
        Choice("state:new", "something new", "in the last scan", "new"),
        Choice("state:regressed", "something that came back", "", "regressed"),
        Choice("state:fixed", "something fixed", "in the last scan", "fixed"),
        Choice("state:unreachable", "not reached", "", "error"),
        Choice("state:stale", "stale", "older than its schedule allows", "stale"),
        Choice("state:partial", "seen in part", "", "unknown"),
        *(Choice(f"area:{area}", f"area {area}", "findings in it") for area in Area),
        *(Choice(f"group:{group}", f"group {group}") for group in groups),
        *(Choice(f"tag:{tag}", f"tag {tag}") for tag in tags),
        *(Choice(f"os:{system}", f"system {system}") for system in systems),
    ]


def terms(chosen: Sequence[str]) -> str:
    return " ".join(chosen)
