"""How much a host is asked to bear: one budget a host, shared by every probe that connects to it.

Bans are a certainty, not a risk (fail2ban, CSF, OpenSSH's PerSourcePenalties), so:

- A *connection* reaches a service, which logs it and may count it against us. It costs one token of a bucket that
  holds a minute's worth and refills steadily; at most two are open at once, and one where the service is mail or FTP,
  where many in a row are slowed down too: each is a process there that takes a moment to end.
- A *knock* is a connect that is closed as soon as it is answered. Most meet nothing and cost no service anything, so
  more of them may be under way; one that does meet a service is charged afterwards and pays for it by later waits.
- A *sweep* of thousands of ports cannot fit in a budget made for services: it has a rate of its own (`Pace`), one
  sweep a host at a time, and only the ports that turn out to be open are charged.
"""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass

CONNECTIONS = 2
"""Connections to services at once, a host."""
CREDIT = 30
"""Connections that a person who waits for one service may have before the bucket has them."""
ROW, GAP, NEXT = 5, 0.1, 3
"""Connections in a row to mail or FTP; after those, one in so many seconds. A stock Exim keeps each for half a second, and
takes 20 at once from the whole world. They come `NEXT` together: waking up for each alone costs our processor twice as much.
"""
KNOCKS = 64
"""Knocks at once, a host: a firewall that drops makes each of them last for the whole time-out."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a sweep goes: connects started a second, and under way at once."""

    per_second: float
    in_flight: int


PACES = {"top": Pace(250.0, 64), "all": Pace(1000.0, 512)}
"""By scope. 65,535 ports take a minute where they are closed and some five where a firewall drops every packet."""


class Descriptors:
    """Sockets for the probes of the whole process: half of what it may open, handed out in the order of asking."""

    def __init__(self, limit: int = 0) -> None:
        self.limit = limit or max(16, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
        self._free = self.limit
        self._turn = asyncio.Lock()
        self._returned = asyncio.Event()

    @asynccontextmanager
    async def hold(self, count: int = 1) -> AsyncIterator[int]:
        """Wait for `count` sockets (at most a half of all); yields how many may be opened."""
        count = await self.take(count)
        try:
            yield count
        finally:
            self.give_back(count)

    async def take(self, count: int = 1) -> int:
        """The same, to be given back by whoever took them."""
        count = max(1, min(count, self.limit // 2))
        async with self._turn:
            while self._free < count:
                self._returned.clear()
                await self._returned.wait()
            self._free -= count
        return count

    def give_back(self, count: int = 1) -> None:
        self._free += count
        self._returned.set()


class _Lane:
    """Services that are looked at one after another, with a pause after some."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._turn = asyncio.Lock()
        self._clock, self._sleep = clock, sleep
        self._busy_until = clock()

    async def __aenter__(self) -> None:
        await self._turn.acquire()
        try:
            # As if each took GAP seconds, of which the first ROW are given.
            self._busy_until = max(self._busy_until, self._clock() - GAP)
            if (wait := self._busy_until - ROW * GAP - self._clock()) > 0:
                await self._sleep(wait + (NEXT - 1) * GAP)
            self._busy_until += GAP
        except BaseException:
            self._turn.release()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._turn.release()


class Budget:
    """One host's share. `clock` is in seconds and never goes back; `descriptors` is shared by all hosts."""

    def __init__(
        self,
        per_minute: int = 240,
        *,
        descriptors: Descriptors | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.per_minute = max(1, per_minute)
        self._tokens = float(self.per_minute)
        self._filled_at = clock()
        self._clock, self._sleep = clock, sleep
        self._turn = asyncio.Lock()
        self._connections = asyncio.Semaphore(CONNECTIONS)
        self._knocks = asyncio.Semaphore(KNOCKS)
        self._alone: dict[str, _Lane] = {}
        self._sweep = asyncio.Lock()
        self._descriptors = descriptors or Descriptors()

    async def take(self, count: int = 1, credit: int = 0) -> None:
        """Wait until `count` connections may be made; those who ask first go first. `credit`: how many are lent meanwhile."""
        async with self._turn:
            count = min(count, self.per_minute)
            self._fill()
            while self._tokens + credit < count:
                await self._sleep((count - credit - self._tokens) * 60.0 / self.per_minute)
                self._fill()
            self._tokens -= count

    @property
    def spare(self) -> int:
        """How many connections could be made at once without waiting."""
        self._fill()
        return max(0, int(self._tokens))

    def charge(self, count: int = 1) -> None:
        """Connections that were made before it was known that they would be: the next ones wait for them."""
        self._fill()
        self._tokens -= count

    @asynccontextmanager
    async def connection(self, alone: str = "", *, urgent: bool = False) -> AsyncIterator[None]:
        """One connection to a service, for as long as it lasts.

        Connections with the same `alone` ("mail", "ftp") come one after another. `urgent`: a person waits for it.
        """
        async with self._lane(alone), self._connections:
            await self.take(credit=CREDIT if urgent else 0)
            await self._descriptors.take()
            try:
                yield
            finally:
                self._descriptors.give_back()

    @asynccontextmanager
    async def knock(self) -> AsyncIterator[None]:
        """One connect that is closed as soon as it is answered; `charge` it when it was."""
        async with self._knocks, self._descriptors.hold():
            yield

    @asynccontextmanager
    async def sweep(self, pace: Pace) -> AsyncIterator[Pace]:
        """The only sweep of this host, at most as wide as this process has sockets for."""
        async with self._sweep, self._descriptors.hold(pace.in_flight) as in_flight:
            yield Pace(pace.per_second, in_flight)

    def _lane(self, alone: str) -> AbstractAsyncContextManager[None]:
        if not alone:
            return nullcontext()
        if alone not in self._alone:
            self._alone[alone] = _Lane(self._clock, self._sleep)
        return self._alone[alone]

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(float(self.per_minute), self._tokens + (now - self._filled_at) * self.per_minute / 60.0)
        self._filled_at = now
