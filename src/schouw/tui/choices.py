"""What is asked of a person whichever screen is shown: loaded when it is first asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from schouw.tui.screens.base import BaseScreen
from schouw.tui.screens.menu import Choice, Menu
from schouw.tui.screens.question import Question as Confirm
from schouw.tui.screens.question import when_yes
from schouw.views.header import plural

if TYPE_CHECKING:
    from schouw.model.finding import Finding
    from schouw.tui.app import SchouwApp
    from schouw.tui.questions import Question


def ask_to_quit(app: SchouwApp, running: int) -> None:
    if isinstance(app.screen, Confirm):
        return
    rest = "That ends with this demo." if app.demo else "The engine finishes without this screen."
    question = f"Quit with {plural(running, 'host')} still being scanned? {rest}"
    app.push_screen(Confirm(question, "quit"), when_yes(app.exit))


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
    if not references:
        app.say("no references here", "dim")
        return
    choices = [Choice(str(number), reference) for number, reference in enumerate(references)]
    app.push_screen(
        Menu("References: enter copies", choices), lambda chosen: app.copy(references[int(chosen[0])]) if chosen else None
    )


def ask_cve(app: SchouwApp) -> None:
    """The CVEs of what is under the cursor; where that has none, any."""
    from schouw.tui.questions import of_findings

    _look_up(app, of_findings(_under(app)))


def ask_package(app: SchouwApp) -> None:
    from schouw.tui.questions import Question, package_of
    from schouw.tui.screens.lookup import LookupScreen

    known = app.screen.package() if isinstance(app.screen, LookupScreen) else ""
    _look_up(app, Question(known) if known else package_of(_under(app)))


def _under(app: SchouwApp) -> list[Finding]:
    from schouw.tui.screens.acting import ActingScreen

    return [one.tracked.finding for one in app.screen.chosen()] if isinstance(app.screen, ActingScreen) else []


def _look_up(app: SchouwApp, question: Question) -> None:
    from schouw.tui.screens.lookup import LookupScreen

    if isinstance(app.screen, LookupScreen):
        app.screen.go(question)
    elif isinstance(app.screen, BaseScreen):
        screen: LookupScreen = LookupScreen(question)
        app.push_screen(screen)
