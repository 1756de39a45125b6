"""Opening a TCP connection to whichever of a host's addresses answers first."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Sequence
from typing import Any, TypeAlias

Place: TypeAlias = "tuple[socket.AddressFamily, tuple[Any, ...]]"

#: Seconds before the next address is tried beside the ones still silent (RFC 8305, 5): a black-holed IPv6
#: address must not use up the time that the IPv4 address would have answered in.
_STAGGER = 0.25


#: Whether the other side is still there, asked by the kernel, which costs this program nothing: a pulled cable is
#: known after some 13 seconds. What is on its way is given up after 12 (Linux; elsewhere the kernel tries for minutes).
_WATCH = (("TCP_KEEPIDLE", 5), ("TCP_KEEPALIVE", 5), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 4), ("TCP_USER_TIMEOUT", 12_000))


async def resolve(address: str, port: int) -> list[Place]:
    """The places behind a name or an IP address, in the resolver's order; `socket.gaierror` when there are none."""
    try:
        # An IP address is not looked up anywhere: that needs no thread.
        found = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        found = await asyncio.get_running_loop().getaddrinfo(address, port, type=socket.SOCK_STREAM)
    return [(family, place) for family, _, _, _, place in found]


async def dial(places: Sequence[Place]) -> socket.socket:
    """A connected, non-blocking socket. `OSError` of the address that came closest when none answers."""
    if len(places) == 1:
        return await _open(places[0])
    attempts: list[asyncio.Task[socket.socket]] = []
    waiting = list(places)
    try:
        while True:
            pending = [attempt for attempt in attempts if not attempt.done()]
            if waiting:
                attempts.append(asyncio.create_task(_open(waiting.pop(0))))
                pending.append(attempts[-1])
            if not pending:
                raise min((error for attempt in attempts if isinstance(error := attempt.exception(), OSError)), key=_distance)
            done, _ = await asyncio.wait(pending, timeout=_STAGGER if waiting else None, return_when=asyncio.FIRST_COMPLETED)
            for attempt in done:
                if attempt.exception() is None:
                    attempts.remove(attempt)
                    return attempt.result()
    finally:
        for attempt in attempts:
            attempt.cancel()
        for late in await asyncio.gather(*attempts, return_exceptions=True):
            if isinstance(late, socket.socket):
                late.close()


async def _open(place: Place) -> socket.socket:
    family, address = place
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setblocking(False)
        await asyncio.get_running_loop().sock_connect(opened, address)
        _watch(opened)
    except BaseException:
        opened.close()
        raise
    return opened


def _watch(opened: socket.socket) -> None:
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _WATCH:
        if hasattr(socket, name):
            opened.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _distance(error: OSError) -> int:
    """How far it was from an answer: a refusal says more than an address family that this machine lacks."""
    far = (errno.ECONNREFUSED, errno.ECONNRESET, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH)
    return far.index(error.errno) if error.errno in far else len(far)
