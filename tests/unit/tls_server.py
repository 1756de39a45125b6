"""A TLS server as far as a ClientHello gets, that takes what it is told to take and misbehaves as it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from schouw.model.tls import TlsVersion
from schouw.probe.tls.codepoints import GROUP_NAMES, SUITES, VERSIONS, Exchange, exchange

HERE = "127.77.2.1"
_CODES = {name: code for code, name in SUITES.items()}
_GROUPS = {name: code for code, name in GROUP_NAMES.items()}
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


@dataclass(frozen=True, slots=True)
class Parsed:
    version: int
    suites: list[int]
    extensions: dict[int, bytes]


def parsed(data: bytes) -> Parsed:
    """A ClientHello read back as a server would, its lengths checked."""
    assert data[0] == 22 and int.from_bytes(data[3:5]) == len(data) - 5
    assert data[5] == 1 and int.from_bytes(data[6:9]) == len(data) - 9
    body, at = data[9:], 34
    at += 1 + body[at]
    size = int.from_bytes(body[at : at + 2])
    suites = [int.from_bytes(body[at + 2 + each : at + 4 + each]) for each in range(0, size, 2)]
    at += 2 + size
    at += 1 + body[at]
    extensions: dict[int, bytes] = {}
    if at < len(body):
        assert int.from_bytes(body[at : at + 2]) == len(body) - at - 2
        at += 2
        while at < len(body):
            code, size = int.from_bytes(body[at : at + 2]), int.from_bytes(body[at + 2 : at + 4])
            extensions[code] = body[at + 4 : at + 4 + size]
            at += 4 + size
    return Parsed(int.from_bytes(body[:2]), suites, extensions)


def handshake(kind: int, body: bytes) -> bytes:
    message = bytes([kind]) + len(body).to_bytes(3) + body
    parts = [message[at : at + 16000] for at in range(0, len(message), 16000)]
    return b"".join(b"\x16\x03\x03" + len(part).to_bytes(2) + part for part in parts)


def alert(code: int) -> bytes:
    return b"\x15\x03\x03\x00\x02\x02" + bytes([code])


@dataclass(slots=True)
class Imitation:
    """`takes`: version → names of suites, its favourite first. `own_order`: whether it goes by that or by the client's."""

    takes: Mapping[TlsVersion, tuple[str, ...]]
    groups: tuple[str, ...] = ("x25519",)
    own_order: bool = True
    closes: bool = False
    """Instead of saying no: as Dovecot 2.3 does."""
    breaks_at_finite: bytes | None = None
    """What it says when finite-field suites are offered, whatever else is: a server without DH parameters. None: it has them."""
    bears: int = 10_000
    """Suites in one hello; where there are more, it hangs up."""
    ends_after: int = 0
    """Hellos that it answers; from then on it closes at once. 0: all."""
    chain: bytes = b""
    hellos: list[Parsed] = field(default_factory=list)

    def answer(self, data: bytes) -> bytes:
        """b"" for hanging up."""
        if data[:1] != b"\x16":  # SSL 2.0
            return b""
        hello = parsed(data)
        self.hellos.append(hello)
        if self.ends_after and len(self.hellos) > self.ends_after:
            return b""
        if self.breaks_at_finite is not None and any(exchange(suite) is Exchange.FINITE for suite in hello.suites):
            return self.breaks_at_finite
        if len(hello.suites) > self.bears:
            return b""
        return self._choose(hello) or b""

    def _no(self, code: int) -> bytes:
        return b"" if self.closes else alert(code)

    def _choose(self, hello: Parsed) -> bytes:
        newest = TlsVersion.TLS13 if 43 in hello.extensions else None
        usual = [version for version in self.takes if version is not TlsVersion.TLS13 and VERSIONS[version] <= hello.version]
        version = newest if newest else max(usual, key=VERSIONS.__getitem__, default=None)
        if version is None or version not in self.takes:
            return self._no(70)
        mine = [_CODES[name] for name in self.takes[version]]
        order = mine if self.own_order else hello.suites
        suite = next((one for one in order if one in mine and one in hello.suites), None)
        listed = hello.extensions.get(10, b"")[2:]
        theirs = [int.from_bytes(listed[at : at + 2]) for at in range(0, len(listed), 2)]
        group = next((_GROUPS[name] for name in self.groups if _GROUPS[name] in theirs), None)
        if suite is None or (group is None and (newest or exchange(suite) is Exchange.CURVE)):
            return self._no(40)
        if newest and group is not None:
            extensions = b"\0\x2b\0\2\3\4\0\x33\0\2" + group.to_bytes(2)
            body = b"\3\3" + RETRY + b"\0" + suite.to_bytes(2) + b"\0" + len(extensions).to_bytes(2) + extensions
            return handshake(2, body)
        body = VERSIONS[version].to_bytes(2) + bytes(32) + b"\0" + suite.to_bytes(2) + b"\0"
        flight = handshake(2, body)
        if self.chain:
            sized = len(self.chain).to_bytes(3) + self.chain
            flight += handshake(11, len(sized).to_bytes(3) + sized)
        if exchange(suite) is Exchange.CURVE and group is not None:
            flight += handshake(12, b"\3" + group.to_bytes(2) + b"\x01\x04")
        elif exchange(suite) is Exchange.FINITE:
            prime = b"\xff" * 128
            flight += handshake(12, len(prime).to_bytes(2) + prime + b"\0\1\2\0\1\3")
        return flight + handshake(14, b"")


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def imitating(server: Imitation) -> Handler:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readexactly(5)
        size = int.from_bytes(head[3:5]) if head[:1] == b"\x16" else 0
        writer.write(server.answer(head + await reader.readexactly(size)))
        await writer.drain()

    return serve


@asynccontextmanager
async def listening(handler: Handler, address: str = HERE) -> AsyncIterator[int]:
    """Yields the port; what a handler is still at is ended with it."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handler(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, address, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # the transports learn that they are closed
