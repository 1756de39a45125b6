"""The deep look: announced with what it costs, made when that is agreed to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from schouw.errors import SchouwError
from schouw.model.host import Host
from schouw.tui import requests

if TYPE_CHECKING:
    from schouw.tui.app import SchouwApp


async def look_deep(app: SchouwApp, hosts: Sequence[Host]) -> None:
    """Read what is known of these hosts, say what a deep look at them costs, and ask."""
    from schouw.scan.look import Look
    from schouw.tui.screens.confirm import Confirm
    from schouw.tui.screens.question import when_yes
    from schouw.views import deep
    from schouw.views.again import Again

    try:
        known = await asyncio.to_thread(lambda: [(host, app.source.facts(host.name)) for host in hosts])
    except SchouwError as error:
        app.say(str(error), "error")
        return
    tolls = [deep.toll(host, facts) for host, facts in known]

    app.push_screen(
        Confirm(deep.title(tolls), lambda cells: deep.announcement(tolls, cells), "enter or y: look (x stops it), esc or n: no"),
        when_yes(lambda: requests.scan(app, hosts, Again(Look.DEEP))),
    )
