"""Waiting for what should be seen, never for time to pass."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.pilot import Pilot

from schouw.tui.app import SchouwApp


def screen_text(app: SchouwApp) -> str:
    """What is on the screen, as a person reads it."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def until(pilot: Pilot[None], seen: Callable[[], object], seconds: float = 15.0) -> None:
    """Go on as soon as `seen` is true; fail with the picture when it never is."""
    try:
        async with asyncio.timeout(seconds):
            while not seen():
                await pilot.pause(0.01)
    except TimeoutError:
        assert isinstance(pilot.app, SchouwApp)
        raise AssertionError(f"never seen; on the screen:\n{screen_text(pilot.app)}") from None


async def until_text(pilot: Pilot[None], *words: str) -> None:
    app = pilot.app
    assert isinstance(app, SchouwApp)
    await until(pilot, lambda: all(word in screen_text(app) for word in words))
