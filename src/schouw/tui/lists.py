"""The screens over the whole fleet, by the name that `keys.py` calls them: each is loaded when it is first opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schouw.tui.screens.base import BaseScreen


def list_screen(name: str) -> type[BaseScreen]:
    match name:
        case "findings":
            from schouw.tui.screens.pivot import PivotScreen

            return PivotScreen
        case "changes":
            from schouw.tui.screens.changes import ChangesScreen

            return ChangesScreen
        case "accepted":
            from schouw.tui.screens.accepted import AcceptedScreen

            return AcceptedScreen
        case "phaseouts":
            from schouw.tui.screens.phaseouts import PhaseoutsScreen

            return PhaseoutsScreen
        case "claims":
            from schouw.tui.screens.claims import ClaimsScreen

            return ClaimsScreen
        case "trends":
            from schouw.tui.screens.trends import TrendsScreen

            return TrendsScreen
    raise ValueError(f"no list is called {name}")
