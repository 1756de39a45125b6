"""What a person asks of the engine, and what came of it: in words, on the screen that is shown."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING

from schouw.model.host import Host
from schouw.views.header import plural

if TYPE_CHECKING:
    from schouw.model.finding import Decision
    from schouw.tui.app import SchouwApp
    from schouw.views.again import Again


def scan(app: SchouwApp, hosts: Sequence[Host], again: Again | None = None) -> None:
    """`again`: less than all of one host, or more."""
    hosts = [host for host in hosts if host.enabled]
    if not hosts:
        app.say("nothing to scan: no host, or switched off in the fleet file", "dim")
        return
    names = hosts[0].name if len(hosts) == 1 else plural(len(hosts), "host")
    app.say(f"looking again at {again.words} of {names}…" if again and again.words else f"scanning {names}…")
    tell(app, app.link.submit(hosts, again))


def look_deep(app: SchouwApp, hosts: Sequence[Host]) -> None:
    """Announce a deep look and what it costs; scan when that is agreed to."""
    from schouw.tui.screens.deep import look_deep

    if hosts:
        app.run_worker(look_deep(app, hosts), exit_on_error=False)


def cancel(app: SchouwApp, names: Sequence[str]) -> None:
    running = [name for name in names if app.board.rows[name].live is not None]
    if not running:
        app.say("no scan to cancel", "dim")
        return
    app.say(f"cancelling {', '.join(running[:3])}{'…' if len(running) > 3 else ''}")
    tell(app, app.link.cancel(running))


def decide(app: SchouwApp, decisions: Sequence[Decision], said: str) -> None:
    """The engine writes them down, and tells every dashboard. `said`: in words, once it has."""
    tell(app, app.link.decide(decisions), said)


def tell(app: SchouwApp, asking: Awaitable[str], said: str = "") -> None:
    """Ask the engine for something, and say what went wrong; where nothing did, `said`."""

    async def asked() -> None:
        if problem := await asking:
            app.say(problem, "error")
        elif said:
            app.say(said, "ok")

    app.run_worker(asked(), exit_on_error=False)
