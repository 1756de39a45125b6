"""What is asked of a person whichever screen is shown: loaded when it is first asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from schouw.tui.screens.menu import Choice, Menu
from schouw.tui.screens.question import Question, when_yes
from schouw.views.header import plural

if TYPE_CHECKING:
    from schouw.tui.app import SchouwApp


def ask_to_quit(app: SchouwApp, running: int) -> None:
    if isinstance(app.screen, Question):
        return
    rest = "That ends with this demo." if app.demo else "The engine finishes without this screen."
    question = f"Quit with {plural(running, 'host')} still being scanned? {rest}"
    app.push_screen(Question(question, "quit"), when_yes(app.exit))


def choose_theme(app: SchouwApp) -> None:
    """Each is shown while the cursor is on it."""
    before = app.theme
    choices = [Choice(name, file.label) for name, file in app.themes.files.items()]

    def chosen(names: tuple[str, ...] | None) -> None:
        app.use_theme(names[0] if names else before)
        if names:
            app.remember(theme=names[0])

    app.push_screen(Menu("Theme", choices, at=before, preview=app.use_theme), chosen)


def choose_reference(app: SchouwApp, references: Sequence[str]) -> None:
    choices = [Choice(str(number), reference) for number, reference in enumerate(references)]
    app.push_screen(
        Menu("References: enter copies", choices), lambda chosen: app.copy(references[int(chosen[0])]) if chosen else None
    )
