"""The few words in the clear after which TLS begins: one function a protocol, over a connection that was just made.

Each reads the greeting, asks for TLS as soon as the protocol lets it, and returns when the next byte is TLS's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from schouw import text
from schouw.model.protocol import Protocol
from schouw.probe.wire import Stream
from schouw.probe.words import NAME, PATIENCE, SECONDS, Babble, Reply, Silence, ask, line, lines, reply, send


class NoTls(Exception):
    """The service offers no TLS: a no, not a fault."""


class TurnedAway(Exception):
    """It would not speak to us; the text is what it said."""


class NoGreeting(Exception):
    """It took the connection and did not greet: full, or refusing us. Worth a second try."""


async def begin(stream: Stream, protocol: Protocol) -> None:
    """`NoTls`, `TurnedAway`, `NoGreeting`, `Silence` or `Babble` where it does not come to TLS."""
    await _BEGIN[protocol](stream)


async def greeting(stream: Stream) -> Reply:
    """Of SMTP and FTP."""
    try:
        first = await reply(stream, PATIENCE)
    except Silence as error:
        raise NoGreeting(str(error)) from None
    if first.code != 220:
        raise TurnedAway(first.said)
    return first


async def first_line(stream: Stream) -> str:
    """Of IMAP, POP3 and ManageSieve."""
    try:
        return await line(stream, PATIENCE)
    except Silence as error:
        raise NoGreeting(str(error)) from None


async def _smtp(stream: Stream) -> None:
    """RFC 3207."""
    await greeting(stream)
    hello = await ask(stream, f"EHLO {NAME}")
    if "STARTTLS" not in {said.upper().strip() for said in hello.lines}:
        raise NoTls("offers no STARTTLS")
    await _agreed(await ask(stream, "STARTTLS"), 220)


async def _ftp(stream: Stream) -> None:
    """RFC 4217."""
    await greeting(stream)
    await _agreed(await ask(stream, "AUTH TLS"), 234)


async def _agreed(answer: Reply, code: int) -> None:
    if answer.code == 421:
        raise TurnedAway(answer.said)
    if answer.code != code:
        raise NoTls(f"refuses TLS: {answer.said!r}")


async def imap_greeting(stream: Stream) -> str:
    first = await first_line(stream)
    if first.upper().startswith("* BYE"):
        raise TurnedAway(first)
    if not first.startswith("* "):
        raise Babble(f"said {text.line(first, 80)!r}")
    return first


async def _imap(stream: Stream) -> None:
    """RFC 9051, section 6.2.1."""
    await imap_greeting(stream)
    await send(stream, "s1 STARTTLS")
    async for said in lines(stream):
        if said.startswith("s1 "):
            if not said.upper().startswith("S1 OK"):
                raise NoTls(f"refuses TLS: {text.line(said[3:], 100)!r}")
            return


async def pop3_greeting(stream: Stream) -> str:
    first = await first_line(stream)
    if first.startswith("-ERR"):
        raise TurnedAway(first)
    if not first.startswith("+OK"):
        raise Babble(f"said {text.line(first, 80)!r}")
    return first


async def _pop3(stream: Stream) -> None:
    """RFC 2595, section 4."""
    await pop3_greeting(stream)
    await send(stream, "STLS")
    said = await line(stream)
    if not said.startswith("+OK"):
        raise NoTls(f"refuses TLS: {text.line(said, 100)!r}")


async def sieve_capabilities(stream: Stream) -> tuple[str, ...]:
    """RFC 5804, section 1.7: the greeting lists them and ends with OK."""
    said = await first_line(stream)
    found: list[str] = []
    rest = lines(stream)
    while not said.upper().startswith("OK"):
        if said.upper().startswith(("NO", "BYE")):
            raise TurnedAway(said)
        if not said.startswith('"'):
            raise Babble(f"said {text.line(said, 80)!r}")
        found.append(said)
        said = await anext(rest)
    return tuple(found)


async def _sieve(stream: Stream) -> None:
    """RFC 5804, section 2.2."""
    if not any(said.upper().startswith('"STARTTLS"') for said in await sieve_capabilities(stream)):
        raise NoTls("offers no STARTTLS")
    await send(stream, "STARTTLS")
    said = await line(stream)
    if not said.upper().startswith("OK"):
        raise NoTls(f"refuses TLS: {text.line(said, 100)!r}")


async def _postgres(stream: Stream) -> None:
    """SSLRequest (PostgreSQL's documentation, Message Formats)."""
    await stream.send((8).to_bytes(4) + (80877103).to_bytes(4))
    answer = await _exactly(stream, 1)
    if answer == b"N":
        raise NoTls("offers no TLS")
    if answer != b"S":
        raise Babble(f"said {text.line(text.decode(answer, 1))!r} to a request for TLS")


_MYSQL_TLS, _MYSQL_41, _MYSQL_SECURE = 1 << 11, 1 << 9, 1 << 15


async def _mysql(stream: Stream) -> None:
    """Handshake packet version 10, then an SSLRequest (MySQL's documentation, Connection Phase)."""
    try:
        packet = await _packet(stream)
    except Silence as error:
        raise NoGreeting(str(error)) from None
    if packet[:1] == b"\xff":
        raise TurnedAway(text.line(text.decode(packet[3:], 200), 150))
    version, nul, rest = packet[1:].partition(b"\0")
    if packet[:1] != b"\x0a" or not nul or len(rest) < 15 or len(version) > 100:
        raise Babble("greeted as no MySQL server does")
    if not int.from_bytes(rest[13:15], "little") & _MYSQL_TLS:
        raise NoTls("offers no TLS")
    capabilities = _MYSQL_TLS | _MYSQL_41 | _MYSQL_SECURE
    body = capabilities.to_bytes(4, "little") + (1 << 24).to_bytes(4, "little") + b"\x2d" + bytes(23)
    await stream.send(len(body).to_bytes(3, "little") + b"\1" + body)


async def _packet(stream: Stream) -> bytes:
    length = int.from_bytes((await _exactly(stream, 4))[:3], "little")
    if not 1 <= length <= 4096:
        raise Babble("greeted as no MySQL server does")
    return await _exactly(stream, length)


async def _exactly(stream: Stream, count: int) -> bytes:
    try:
        async with asyncio.timeout(SECONDS):
            return await stream.exactly(count)
    except TimeoutError:
        raise Silence(f"said nothing for {SECONDS:g} s") from None
    except (OSError, EOFError):
        raise Silence("closed the connection") from None


_BEGIN: dict[Protocol, Callable[[Stream], Awaitable[None]]] = {
    Protocol.SMTP: _smtp,
    Protocol.SUBMISSION: _smtp,
    Protocol.IMAP: _imap,
    Protocol.POP3: _pop3,
    Protocol.FTP: _ftp,
    Protocol.SIEVE: _sieve,
    Protocol.POSTGRES: _postgres,
    Protocol.MYSQL: _mysql,
}
