"""The way to the engine: attach, listen, ask; when it is lost, attach again."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from schouw.errors import SchouwError
from schouw.model.host import Host
from schouw.tui.feed import Feed
from schouw.tui.source import Runner, RunnerFactory

if TYPE_CHECKING:
    from schouw.model.baseline import Baseline
    from schouw.model.finding import Decision
    from schouw.views.again import Again

_WAITS = (0.2, 0.5, 1.0, 2.0, 5.0)
_PATIENCE = 10.0


class EngineLink:
    """`trouble` says in words what is wrong with the engine, "" while all is well."""

    def __init__(self, factory: RunnerFactory, feed: Feed) -> None:
        self.trouble = ""
        self._factory = factory
        self._feed = feed
        self._runner: Runner | None = None
        self._attached = asyncio.Event()

    async def follow(self, changed: Callable[[], None]) -> None:
        """Feed events for ever. `changed` is called when `trouble` is another one."""
        tries = 0
        while True:
            try:
                # In a thread: the engine's modules take a while, and the screen is already there.
                hearing = await asyncio.to_thread(importlib.import_module, "schouw.tui.hearing")
                self._runner = await self._factory()
                self._attached.set()
                if self.trouble:
                    self.trouble = ""
                    changed()
                async for event in self._runner.watch():
                    tries = 0
                    hearing.hear(self._feed, event)
                reason = "the engine has ended"
            except (SchouwError, OSError) as error:
                reason = str(error)
            self._attached.clear()
            self._runner = None
            self._feed.forget()
            wait = _WAITS[min(tries, len(_WAITS) - 1)]
            # The first time it is attached to again at once: a moment's trouble is not worth a word.
            if tries:
                self.trouble = f"no engine: {reason}; trying again"
                changed()
            tries += 1
            await asyncio.sleep(wait)

    async def submit(self, hosts: Sequence[Host], again: Again | None = None) -> str:
        """What went wrong, "" for nothing."""
        from schouw.views.again import WHOLE  # with the engine's modules, after the first picture

        wish = again or WHOLE
        return await self._ask(lambda runner: runner.submit(hosts, wish.look, only=wish.only))

    async def cancel(self, names: Sequence[str]) -> str:
        return await self._ask(lambda runner: runner.cancel(names))

    async def decide(self, decisions: Sequence[Decision]) -> str:
        return await self._ask(lambda runner: runner.decide(*decisions))

    async def keep_baseline(self, baseline: Baseline) -> str:
        return await self._ask(lambda runner: runner.keep_baseline(baseline))

    async def _ask(self, question: Callable[[Runner], Awaitable[object]]) -> str:
        """Waits a moment for the engine where it is only just starting."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._attached.wait()
            if self._runner is None:
                return "no engine to ask; try again"
            await question(self._runner)
        except TimeoutError:
            return self.trouble or "the engine does not answer"
        except (SchouwError, OSError) as error:
            return str(error)
        return ""
