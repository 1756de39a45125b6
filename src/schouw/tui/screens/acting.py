"""A screen on which findings are chosen, and the keys that do something with them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from schouw.tui.screens import acts
from schouw.tui.screens.base import BaseScreen
from schouw.views.pivot import On


class ActingScreen(BaseScreen):
    """Its bindings hold `schouw.tui.keys.ACT`."""

    @abstractmethod
    def chosen(self) -> Sequence[On]:
        """The marked findings, else those under the cursor."""

    def action_accept(self) -> None:
        acts.accept(self.schouw, self.chosen())

    def action_claim(self) -> None:
        acts.claim(self.schouw, self.chosen())

    def action_comment(self) -> None:
        acts.comment(self.schouw, self.chosen())

    def action_assign(self) -> None:
        acts.assign(self.schouw, self.chosen())

    def action_copy(self) -> None:
        """The fix; of many, the first one's."""
        if found := self.chosen():
            self.schouw.copy(found[0].tracked.finding.fix)
        else:
            self.schouw.say("no finding under the cursor", "dim")

    def action_references(self) -> None:
        from schouw.tui.choices import choose_reference

        found = self.chosen()
        choose_reference(self.schouw, found[0].tracked.finding.references if found else ())
