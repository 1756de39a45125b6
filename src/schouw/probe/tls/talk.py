"""One hello over one connection."""

from __future__ import annotations

import asyncio
import os

from schouw.probe.tls import ssl2
from schouw.probe.tls.answer import Answer, Flight, Kind
from schouw.probe.tls.hello import Hello
from schouw.probe.wire import Stream

SECONDS = 5.0
"""That a server gets to answer a hello, of whatever length."""

_ALERT = b"\x15\3"


async def say(stream: Stream, hello: Hello, seconds: float = SECONDS) -> Answer:
    """Send it and read what comes, until encryption begins or the server ends. Never raises for the server's sake."""
    flight = Flight(hello)
    try:
        async with asyncio.timeout(seconds):
            await stream.send(hello.to_bytes(os.urandom(32)))
            while flight.answer is None:
                data = await stream.some(4096)
                if not data:
                    return flight.finish(Kind.CLOSED, "closed the connection without an answer")
                flight.feed(data)
    except TimeoutError:
        return flight.finish(Kind.SILENT, f"said nothing for {seconds:g} s")
    except OSError:
        return flight.finish(Kind.CLOSED, "reset the connection")
    return flight.answer


async def say_ssl2(stream: Stream, seconds: float = SECONDS) -> tuple[str, ...] | None:
    """The suites that the server lists in SSL 2.0, None where it does not speak it; `TimeoutError` when it says nothing."""
    data = b""
    try:
        async with asyncio.timeout(seconds):
            await stream.send(ssl2.client_hello(os.urandom(16)))
            while len(data) < ssl2.LONGEST and (more := await stream.some(4096)):
                data += more
                if (suites := ssl2.server_hello(data)) is not None or data.startswith(_ALERT):
                    return suites
    except OSError:  # a reset: newer servers have forgotten that this message ever existed
        return None
    return None
