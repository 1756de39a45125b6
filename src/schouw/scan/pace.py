"""Paced starts: a token bucket of one.

Spacing new connections 30 ms apart costs no wall time, keeps the loop responsive, and no sshd behind a shared
address drops us (MaxStartups).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable


class Pace:
    """At most `per_second` turns a second, evenly spaced, in the order of asking."""

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._gap = 1.0 / per_second
        self._clock, self._sleep = clock, sleep
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for our turn. A turn that is cancelled while waiting is lost, which slows nobody by more than a gap."""
        now = self._clock()
        at = max(now, self._next)
        self._next = at + self._gap
        if at > now:
            await self._sleep(at - now)


def back_off(attempt: int, chance: float) -> float:
    """Seconds before try number `attempt` + 1 (the first retry is attempt 1): full jitter over 1–4 s, then 4–16 s.

    `chance` is a random number from 0 to 1.
    """
    low, high = 4.0 ** (attempt - 1), 4.0**attempt
    return low + chance * (high - low)


RETRIES = 2
