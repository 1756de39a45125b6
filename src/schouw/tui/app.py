"""The application: it holds what the screens share, and hands work to the engine. It does none itself."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.command import Provider
from textual.worker import Worker, WorkerState

from schouw.errors import SchouwError
from schouw.shipped import shipped
from schouw.tui import hangup, knowledge, safe, state, themes
from schouw.tui.engine import EngineLink
from schouw.tui.feed import Batch, Feed
from schouw.tui.keys import GLOBAL
from schouw.tui.lists import list_screen
from schouw.tui.screens.base import BaseScreen
from schouw.tui.screens.fleet import FleetScreen
from schouw.tui.settings import Settings
from schouw.tui.source import Clock, RunnerFactory, Source
from schouw.views.board import Board
from schouw.views.header import plural, title_of
from schouw.views.order import GROUPINGS, SORTS

if TYPE_CHECKING:
    from schouw.inventory import Fleet
    from schouw.tui.screens.host import HostScreen
    from schouw.vulnerabilities.answers import Known

#: Changes reach the screen this many times a second, and less often when another window is used.
_FLUSHES = 10.0
_FLUSHES_BLURRED = 2.0


def _palette() -> type[Provider]:
    from schouw.tui.palette import Commands

    return Commands


class SchouwApp(App[None]):
    """The dashboard of one fleet."""

    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_palette}
    BINDINGS: ClassVar[list[BindingType]] = list(GLOBAL)
    TITLE = "schouw"

    def __init__(
        self,
        fleet: Fleet,
        source: Source,
        runner_factory: RunnerFactory,
        settings: Settings,
        demo: bool = False,
        clock: Clock | None = None,
        user: str = "demo",
    ) -> None:
        """`user`: who accepts risks here."""
        self.settings = settings
        self.remembered = state.load(settings.ui_file)
        self._theme_folders = (shipped("themes"), settings.themes_dir)
        chosen = themes.first(self._theme_folders, (self.remembered.theme, settings.theme))
        self.themes = themes.Themes({chosen.name: chosen})
        self.paint = chosen.paint()
        super().__init__(watch_css=False)
        self.animation_level = "none"
        self.register_theme(chosen.theme())
        self.theme = chosen.name
        self.fleet_file = fleet
        self.title_text = title_of(fleet.path)
        self.source = source
        self.demo = demo
        self.user = user
        self.clock = clock or (lambda: datetime.now(UTC))
        self.feed = Feed()
        self.known: Known | None = None
        """How much the vulnerability database knows; None before it was asked, and where there is none."""
        self.paused = False
        self.link = EngineLink(runner_factory, self.feed)
        self._filters.append(safe.Printable())
        if settings.keys:
            self.set_keymap(dict(settings.keys))

    # -- life --------------------------------------------------------------------------------------

    def get_default_screen(self) -> FleetScreen:
        """The fleet as it was last known: painted before the engine is even imported."""
        board = Board.of(self.fleet_file.hosts, self.source.summaries())
        kept = self.remembered
        board.sort = kept.sort if kept.sort in SORTS else "worst"
        board.grouping = kept.grouping if kept.grouping in GROUPINGS else "none"
        board.reverse = kept.reverse
        self.board = board
        self.fleet = FleetScreen(board, kept.view)
        return self.fleet

    def on_mount(self) -> None:
        self._disobey = hangup.obey(self.exit)
        self._flushing = self.set_interval(1 / _FLUSHES, self.flush)

    def on_ready(self) -> None:
        """The first picture has been shown: now there is time for the engine."""
        # What is there by now stays: the collector need not look through it, which took 100 ms a time.
        gc.freeze()
        gc.enable()  # whoever started this may have switched it off until now, for the same reason
        self.run_worker(self.link.follow(self._trouble), name="engine", exit_on_error=False)
        self.run_worker(self._know(), name="vulnerability database", exit_on_error=False)
        self.themes = themes.load(self._theme_folders)
        for file in self.themes.files.values():
            if file.name != self.theme:
                self.register_theme(file.theme())
        problems = [*self.settings.problems, *self.themes.problems, *self.fleet_file.warnings]
        if problems:
            from schouw.tui.screens.notes import Notes

            self.push_screen(Notes("Not used, because:", problems))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Nothing that fails in the background goes unseen."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.say(f"a fault in schouw, please report it: {type(event.worker.error).__name__} in {event.worker.name}", "error")

    def on_unmount(self) -> None:
        gc.unfreeze()
        self._disobey()

    def _fatal_error(self) -> None:
        """Textual's own prints the values of local variables: host names, keys, whatever was at hand."""
        kind, _, trace = sys.exc_info()
        from rich.segment import Segment, Segments

        report = safe.crash_report(kind or RuntimeError, trace, "Nothing is lost: the history holds every finished scan.")
        self._exit_renderables.append(Segments([Segment(report + "\n")]))
        self._close_messages_no_wait()

    # -- what the engine says ----------------------------------------------------------------------

    def flush(self) -> None:
        """Bring what the engine said since the last time onto the screen."""
        if self.paused:
            return
        batch = self.feed.drain()
        touched = self.board.apply(batch.changes)
        if batch.hello:
            self.run_worker(self._catch_up(), group="catch-up", exclusive=True, exit_on_error=False)
        if touched or batch.finished or batch.decided or batch.done or batch.notices or batch.hello or batch.troubled:
            self._tell(batch, touched)

    async def _catch_up(self) -> None:
        """What the history got while no engine was attached, read in a thread."""
        try:
            known = await asyncio.to_thread(self.source.summaries)
        except SchouwError as error:
            self.say(str(error), "error")
            return
        rows = self.board.rows
        newer = {name: (summary,) for name, summary in known.items() if name in rows and rows[name].older_than(summary)}
        if newer:
            self._tell(Batch(finished=set(newer), hello=True), self.board.apply(newer))

    async def _know(self) -> None:
        async for known in knowledge.follow(self.source, self.board):
            self.known = known
            self._trouble()

    def _tell(self, batch: Batch, touched: set[str]) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, BaseScreen) and screen.is_mounted:
                screen.take(batch, touched)
        for done in batch.done:
            if done.failed:
                names = ", ".join(done.failed[:5]) + ("…" if len(done.failed) > 5 else "")
                self.say(f"{plural(len(done.failed), 'host')} could not be scanned: {names}", "error")
        for notice in batch.notices:
            self.say(notice)

    def on_resize(self, event: events.Resize) -> None:
        from schouw.tui.screens.small import TooSmall, too_small

        if too_small(event.size) and not isinstance(self.screen, TooSmall):
            self.push_screen(TooSmall())

    def on_app_blur(self) -> None:
        self._flushing.stop()
        self._flushing = self.set_interval(1 / _FLUSHES_BLURRED, self.flush)

    def on_app_focus(self) -> None:
        self._flushing.stop()
        self._flushing = self.set_interval(1 / _FLUSHES, self.flush)

    @property
    def engine_trouble(self) -> str:
        return self.link.trouble

    def _trouble(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, BaseScreen):
                screen.update_bars()

    def pause(self) -> None:
        self.paused = not self.paused
        self.flush()
        self._trouble()

    # -- what screens ask for ----------------------------------------------------------------------

    def say(self, text: str, role: str = "accent") -> None:
        """In the line above the keys of the screen that is shown."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, BaseScreen):
                screen.flash(text, role)
                return

    def open_host(self, name: str, order: Sequence[str], at: str = "") -> None:
        """`at`: the key of the finding that the cursor begins on."""
        from schouw.tui.screens.host import HostScreen

        screen: HostScreen = HostScreen(name, order, at)
        self.push_screen(screen)

    def copy(self, text: str) -> None:
        if not text:
            self.say("nothing to copy here", "dim")
            return
        self.run_worker(self._copy(text), exit_on_error=False)

    async def _copy(self, text: str) -> None:
        from schouw.tui.clipboard import copy

        try:
            self.say(await copy(text, self.settings.env, self.copy_to_clipboard, self.settings.state_dir), "ok")
        except OSError as error:
            self.say(f"not copied: {error.strerror or error}", "error")

    def local(self, moment: datetime) -> datetime:
        """In the time zone of whoever looks."""
        return moment if self.demo else moment.astimezone()

    # -- keys that work everywhere -----------------------------------------------------------------

    async def action_quit(self) -> None:
        """At once where nothing runs."""
        running = sum(row.live is not None for row in self.board.rows.values())
        if not running:
            self.exit()
            return
        from schouw.tui.choices import ask_to_quit

        ask_to_quit(self, running)

    def action_list(self, name: str) -> None:
        kind = list_screen(name)
        if type(self.screen) is not kind:
            self.push_screen(kind())

    def action_cve(self) -> None:
        """Of the finding under the cursor, where it names any."""
        from schouw.tui.choices import ask_cve

        ask_cve(self)

    def action_package(self) -> None:
        from schouw.tui.choices import ask_package

        ask_package(self)

    def action_help(self) -> None:
        from schouw.tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    def action_choose_theme(self) -> None:
        from schouw.tui.choices import choose_theme

        choose_theme(self)

    def use_theme(self, name: str) -> None:
        if name == self.theme:
            return
        self.paint = self.themes.files[name].paint()
        self.theme = name
        for screen in self.screen_stack:
            if isinstance(screen, BaseScreen):
                screen.repaint()

    def remember(self, **changes: str | bool) -> None:
        self.remembered = replace(self.remembered, **changes)  # type: ignore[arg-type]
        try:
            state.save(self.settings.ui_file, self.remembered)
        except OSError as error:
            self.say(f"the view is not remembered: {self.settings.ui_file}: {error.strerror}", "error")
