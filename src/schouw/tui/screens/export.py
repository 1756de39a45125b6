"""Writing what is shown to a file, and saying which."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from schouw.model.finding import TrackedFinding
from schouw.tui.screens.base import BaseScreen
from schouw.tui.screens.menu import Choice, Menu
from schouw.views import export
from schouw.views.header import plural
from schouw.views.pivot import Kind
from schouw.views.standing import Account
from schouw.views.status import Row

_CHOICES = [Choice("json", "JSON"), Choice("csv", "CSV"), Choice("md", "Markdown")]


def export_fleet(screen: BaseScreen, rows: Sequence[Row]) -> None:
    now = screen.schouw.clock()
    _ask(screen, "fleet", lambda format: export.render(export.fleet_rows(rows, now), format))


def export_findings(screen: BaseScreen, host: str, findings: Sequence[TrackedFinding]) -> None:
    _ask(screen, host, lambda format: export.render(export.finding_rows(host, findings), format))


def export_kinds(screen: BaseScreen, kinds: Sequence[Kind]) -> None:
    rows = [row for kind in kinds for one in kind.on for row in export.finding_rows(one.host, (one.tracked,))]
    _ask(screen, "findings", lambda format: export.render(rows, format))


def export_records(screen: BaseScreen, what: str, rows: Sequence[export.Record]) -> None:
    _ask(screen, what, lambda format: export.render(rows, format))


def export_mailing(screen: BaseScreen, what: str, accounts: Sequence[Account]) -> None:
    """Whom to write to: a list that a mail merge takes."""
    from schouw.report.phaseouts import mailing

    choices = [Choice("csv", "CSV"), Choice("json", "JSON")]
    _ask(screen, what, lambda format: "".join(mailing(accounts, format)), f"Export {plural(len(accounts), 'row')} as", choices)


def _ask(
    screen: BaseScreen,
    what: str,
    text: Callable[[str], str],
    title: str = "Export what is shown as",
    choices: Sequence[Choice] = _CHOICES,
) -> None:
    def chosen(formats: tuple[str, ...] | None) -> None:
        if formats:
            now = screen.schouw.local(screen.schouw.clock())
            safe = "".join(character if character.isascii() and character.isalnum() else "-" for character in what)[:60]
            path = screen.schouw.settings.cwd.absolute() / f"schouw-{safe}-{now:%Y%m%d-%H%M%S}.{formats[0]}"
            screen.run_worker(_write(screen, path, partial(text, formats[0])), exit_on_error=False)

    screen.app.push_screen(Menu(title, choices), chosen)


async def _write(screen: BaseScreen, path: Path, text: Callable[[], str]) -> None:
    try:
        await asyncio.to_thread(path.write_text, text(), "utf-8")
    except OSError as error:
        screen.flash(f"not written: {error.strerror or error}: {path}", "error")
    else:
        screen.flash(f"written to {path}", "ok")
