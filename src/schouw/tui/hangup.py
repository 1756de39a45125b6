"""The end that comes from outside: the terminal was closed (SIGHUP), or someone asked us to go (SIGTERM)."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from types import FrameType

_SIGNALS = (signal.SIGHUP, signal.SIGTERM)
_PATIENCE = 3


def obey(end: Callable[[], object]) -> Callable[[], None]:
    """Call `end` in the running loop on either signal; what is returned takes that back.

    Textual has no handler of its own. Where the terminal is gone its writer thread dies, and the main thread may
    then wait for ever for room in the writer's queue, so that no handler of the loop would run: this one does, and
    the kernel's alarm ends what has not ended after a few seconds. Nothing is lost: the engine writes the history.
    """
    loop = asyncio.get_running_loop()

    def handler(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(_PATIENCE)
        loop.call_soon_threadsafe(end)

    before = {number: signal.signal(number, handler) for number in _SIGNALS}

    def restore() -> None:
        for number, old in before.items():
            if signal.getsignal(number) is handler:
                signal.signal(number, old)

    return restore
