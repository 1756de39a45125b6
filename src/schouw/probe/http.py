"""One ``GET /``, for where it sends people and what it promises them (RFC 9112, RFC 6797)."""

from __future__ import annotations

import asyncio
import re
from typing import Protocol

from schouw import __version__, text
from schouw.model.attempt import Attempt, absent, not_checked, seen
from schouw.model.tls import Endpoint, HttpOffer
from schouw.probe.reach import Unreached, Way

SECONDS = 8.0
LARGEST = 32 << 10
"""Bytes of a head; the body is not read."""

_MAX_AGE = re.compile(r"""(?:^|;)\s*max-age\s*=\s*"?([0-9]{1,12})"?\s*(?:;|$)""", re.IGNORECASE)


class Pipe(Protocol):
    """A connection, with or without TLS."""

    async def send(self, data: bytes) -> None: ...

    async def some(self, limit: int) -> bytes: ...


class NotHttp(ValueError):
    """What it said instead, as a sentence."""


async def ask(way: Way) -> Attempt[HttpOffer]:
    """Without TLS, over a connection of its own. Never raises for the service's sake."""
    try:
        async with way.conversation() as stream:
            return await ask_over(stream, way.endpoint)
    except Unreached as reason:
        return not_checked(str(reason))


async def ask_over(pipe: Pipe, endpoint: Endpoint) -> Attempt[HttpOffer]:
    """Over a connection that is there. Never raises for the service's sake."""
    try:
        return seen(await get(pipe, endpoint.name or endpoint.address))
    except NotHttp as error:
        return absent(f"it speaks no HTTP: it {error}")
    except TimeoutError:
        return not_checked(f"it did not answer an HTTP request within {SECONDS:g} s")
    except OSError:
        return not_checked("it reset the connection")


async def get(pipe: Pipe, host: str, seconds: float = SECONDS) -> HttpOffer:
    """`NotHttp` for anything else than an answer, `OSError` or `TimeoutError` for none."""
    shown = f"[{host}]" if ":" in host else host
    request = f"GET / HTTP/1.1\r\nHost: {shown}\r\nUser-Agent: schouw/{__version__}\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    async with asyncio.timeout(seconds):
        await pipe.send(request.encode("ascii"))
        return parse(await _head(pipe))


async def _head(pipe: Pipe) -> bytes:
    """Up to the empty line, or to where it ends."""
    head = b""
    while b"\r\n\r\n" not in head and b"\n\n" not in head:
        more = await pipe.some(4096)
        head += more
        if not more:
            break
        if len(head) > LARGEST:
            raise NotHttp(f"sent a head of more than {LARGEST >> 10} KiB")
    return head


def parse(head: bytes) -> HttpOffer:
    """From the head of an answer; `NotHttp` for anything else."""
    first, *rest = text.decode(head, LARGEST).splitlines() or [""]
    status = re.fullmatch(r"HTTP/1\.[01] ([1-5][0-9]{2})(?: .*)?", first)
    if status is None:
        raise NotHttp(
            f"answered {text.line(first, 80)!r} to an HTTP request" if first else "closed the connection without an answer"
        )
    fields: dict[str, str] = {}
    for one in rest:
        if not one:
            break
        name, colon, value = one.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())  # RFC 6797, section 8.1: only the first counts
    age = _MAX_AGE.search(fields.get("strict-transport-security", ""))
    return HttpOffer(
        status=int(status[1]),
        location=text.line(fields.get("location", ""), 300),
        hsts=int(age[1]) if age else None,
        server=text.line(fields.get("server", ""), 100),
    )
