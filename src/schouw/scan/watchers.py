"""Events for whoever watches: a slow watcher loses steps in between, never the end of a scan."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from schouw.scan.events import AnyEvent, Hello, Step, SweepProgress

MOST = 20_000
"""Events that one watcher may lag behind; then it gets a new `Hello` and must read the history."""

BATCHES = 20


class Watcher:
    """One queue. Of a host's steps, and of a sweep's progress, only the newest waits in it."""

    def __init__(self, hello: Hello) -> None:
        self._waiting: dict[object, AnyEvent] = {0: hello}
        self._count = 0
        self._wake = asyncio.Event()
        self._wake.set()
        self._next = 0.0
        self.overrun = False

    def put(self, event: AnyEvent) -> None:
        if self.overrun:
            return
        match event:
            case Step(host=host):
                key: object = ("step", host)
            case SweepProgress(sweep=sweep):
                key = ("sweep", sweep)
            case _:
                self._count += 1
                key = self._count
        self._waiting.pop(key, None)  # the newest goes to the end: order among events stays true
        self._waiting[key] = event
        self.overrun = len(self._waiting) > MOST
        self._wake.set()

    async def take(self) -> list[AnyEvent]:
        """All that waits, at least one event; at most `BATCHES` times a second, so that a busy sweep costs few of them."""
        clock = asyncio.get_running_loop().time
        if (pause := self._next - clock()) > 0:
            await asyncio.sleep(pause)
        while not self._waiting:
            self._wake.clear()
            await self._wake.wait()
        self._next = clock() + 1 / BATCHES
        return self.waiting()

    def waiting(self) -> list[AnyEvent]:
        """All that waits now, which may be nothing."""
        events = list(self._waiting.values())
        self._waiting.clear()
        return events


class Watchers:
    """All who watch one engine."""

    def __init__(self) -> None:
        self._all: set[Watcher] = set()

    def __len__(self) -> int:
        return len(self._all)

    def tell(self, event: AnyEvent) -> None:
        for watcher in self._all:
            watcher.put(event)

    def join(self, hello: Hello) -> Watcher:
        watcher = Watcher(hello)
        self._all.add(watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        self._all.discard(watcher)

    async def follow(self, watcher: Watcher) -> AsyncIterator[AnyEvent]:
        """Events until the caller stops, or until it lags too far behind (then the iterator ends)."""
        try:
            while True:
                for event in await watcher.take():
                    yield event
                if watcher.overrun:
                    return
        finally:
            self.leave(watcher)
