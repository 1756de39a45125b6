"""What the palette finds: every host, and every command of the screen one is on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from schouw.tui.widgets.footer import key_name
from schouw.views.cards import label

if TYPE_CHECKING:
    from schouw.tui.app import SchouwApp

#: So many hosts are looked through for one word; more would be typed shorter than found.
_MOST = 50


class Commands(Provider):
    """Names are shown as they are, never read as markup."""

    @property
    def _schouw(self) -> SchouwApp:
        return cast("SchouwApp", self.app)

    def _commands(self) -> Iterator[tuple[str, Callable[[], object]]]:
        told = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if (
                not binding.id
                or binding.id in told
                or binding.action in ("command_palette",)
                or binding.action.startswith(("move", "by", "page", "end", "scroll"))
            ):
                continue
            told.add(binding.id)
            text = f"{binding.tooltip or binding.description}  ({key_name(binding.key)})"
            yield text, partial(self.app.run_action, binding.action, active.node)

    def _hosts(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        app, now = self._schouw, self._schouw.clock()
        for name in app.board.names:
            yield name, label(app.board.rows[name], now), partial(self._open, name)

    def _open(self, name: str) -> None:
        app = self._schouw
        while len(app.screen_stack) > 1:
            app.pop_screen()
        app.fleet.view.move_to(name)
        app.open_host(name, app.board.names)

    async def discover(self) -> Hits:
        for text, run in self._commands():
            yield DiscoveryHit(Content(text), run, text=text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        found = 0
        for name, text, run in self._hosts():
            if (score := matcher.match(name)) > 0 and found < _MOST:
                found += 1
                yield Hit(score, Content(text), run, text=name)
        for text, run in self._commands():
            if (score := matcher.match(text)) > 0:
                yield Hit(score, Content(text), run, text=text)
