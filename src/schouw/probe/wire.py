"""One TCP connect and what it met; reading what the other side says, bounded."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
from enum import StrEnum

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)

_MEANING = {
    0: "open",
    errno.ECONNREFUSED: "closed",
    errno.ECONNRESET: "closed",
    errno.ETIMEDOUT: "silent",
    # A router or firewall on the way says so: ICMP host or network unreachable, or "administratively prohibited".
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
    errno.EHOSTDOWN: "unreachable",
    errno.EACCES: "unreachable",
}


class Met(StrEnum):
    """What a TCP connect met."""

    OPEN = "open"
    CLOSED = "closed"
    SILENT = "silent"
    UNREACHABLE = "unreachable"
    NOT_TRIED = "not tried"
    """This machine itself could not: no socket, no local port, its own firewall."""

    @classmethod
    def of(cls, error: int) -> Met:
        """From the errno of a connect; 0 is success."""
        return cls(_MEANING.get(error, "not tried"))


def new_socket(address: str) -> socket.socket:
    """A non-blocking TCP socket of the address's family; `OSError` when there is none to be had.

    It closes with a reset, so that thousands of connects leave no TIME_WAIT behind.
    """
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    return sock


def met_itself(sock: socket.socket) -> bool:
    """Whether a connect on loopback met its own socket (simultaneous open): nobody listens there."""
    try:
        return bool(sock.getsockname()[:2] == sock.getpeername()[:2])
    except OSError:  # reset between the connect and the question: somebody did answer
        return False


async def connect(address: str, port: int, seconds: float) -> tuple[Met, socket.socket | None]:
    """Connect; the socket is there when it is `Met.OPEN`, and the caller closes it."""
    try:
        sock = new_socket(address)
    except OSError:
        return Met.NOT_TRIED, None
    try:
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except TimeoutError:
        sock.close()
        return Met.SILENT, None
    except OSError as error:
        sock.close()
        return Met.of(error.errno or errno.EIO), None
    except BaseException:
        sock.close()
        raise
    if met_itself(sock):
        sock.close()
        return Met.CLOSED, None
    return Met.OPEN, sock


def has_route(address: str) -> bool:
    """Whether this machine can send anything to the address. Sends nothing itself."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect((address, 9))
    except OSError:
        return False
    return True


class Stream:
    """What the other side of a connected socket says; never holds more than was asked for and one read."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._held = b""
        self.ended = False
        """Whether the other side will say no more."""

    async def some(self, limit: int) -> bytes:
        """At least one byte, at most `limit`; b"" at its end (or reset)."""
        if not self._held:
            self._held = await self._receive(limit)
        some, self._held = self._held[:limit], self._held[limit:]
        return some

    async def line(self, limit: int) -> bytes:
        """A line without its end, or what came before the end of the stream; `ValueError` beyond `limit` bytes."""
        while (line := self.held_line()) is None:
            if len(self._held) > limit:
                raise ValueError(f"a line of more than {limit} bytes")
            more = await self._receive(4096)
            if not more:
                rest, self._held = self._held, b""
                return rest
            self._held += more
        return line

    def held_line(self) -> bytes | None:
        """The same, where it has come already."""
        line, end, rest = self._held.partition(b"\n")
        if not end:
            return None
        self._held = rest
        return line.removesuffix(b"\r")

    async def exactly(self, count: int) -> bytes:
        """`count` bytes; `EOFError` when the stream ends before."""
        while len(self._held) < count:
            more = await self._receive(min(4096, count - len(self._held)))
            if not more:
                raise EOFError
            self._held += more
        data, self._held = self._held[:count], self._held[count:]
        return data

    def put_back(self, data: bytes) -> None:
        """As if `data` had not been read yet."""
        self._held = data + self._held

    @property
    def here(self) -> bool:
        """Whether both ends are one address: the service runs where we do."""
        return bool(self._sock.getsockname()[0] == self._sock.getpeername()[0])

    async def send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._sock, data)

    async def _receive(self, limit: int) -> bytes:
        try:
            data = await asyncio.get_running_loop().sock_recv(self._sock, limit)
        except ConnectionError:
            data = b""
        self.ended = not data
        return data
