"""The line-based protocols of mail and FTP, as far as a look needs them: replies read whole, and bounded.

A greeting of a hundred lines, or one without an end, is `Babble`; so is anything that is not the protocol's.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from schouw import __version__, text
from schouw.probe.wire import Stream

NAME = f"schouw-{__version__.replace('.', '-')}.invalid"
"""What we call ourselves to mail servers (RFC 2606: a name that nobody can have), so that their logs say who it was."""

PATIENCE = 12.0
"""Seconds that a mail or FTP server gets to greet: some wait on purpose, to see who talks first, or ask for our name."""
SECONDS = 6.0
"""The same for every answer after that."""
WHOLE = 40.0
"""The same for all of them together, however slowly they come."""
_LINE = 2048
_LINES = 100


class Babble(ValueError):
    """What came is not the protocol, or has no end; the text says what it is."""


class Silence(Exception):
    """Nothing came, or the connection ended; the text says which."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Of SMTP or FTP: one code, several lines without it."""

    code: int
    lines: tuple[str, ...]

    @property
    def said(self) -> str:
        """As it came, in one line."""
        return text.line(f"{self.code} {' '.join(self.lines)}", 200)


async def line(stream: Stream, seconds: float = SECONDS) -> str:
    """One line, clean. `Silence` at the end of the stream and after `seconds`."""
    try:
        raw = stream.held_line()
        if raw is None:
            async with asyncio.timeout(seconds):
                raw = await stream.line(_LINE)
    except TimeoutError:
        raise Silence(f"said nothing for {seconds:g} s") from None
    except ValueError as error:
        raise Babble(f"sent {error}") from None
    except OSError:
        raise Silence("reset the connection") from None
    if not raw and stream.ended:
        raise Silence("closed the connection")
    return text.line(text.decode(raw, _LINE), 500)


async def lines(stream: Stream, seconds: float = SECONDS) -> AsyncIterator[str]:
    """Lines until whoever asks has enough; `Babble` where that is never."""
    for _ in range(_LINES):
        yield await line(stream, seconds)
    raise _endless()


async def reply(stream: Stream, seconds: float = SECONDS) -> Reply:
    """RFC 5321 section 4.2.1 and RFC 959 section 4.2: ``250-`` goes on, ``250`` and a space ends.

    FTP may put lines without the code in between.
    """
    found: list[str] = []
    code = ""
    for _ in range(_LINES):
        said = await line(stream, seconds)
        if not code:
            code = said[:3]
            if not (code.isascii() and code.isdigit()) or said[3:4] not in ("", " ", "-"):
                raise Babble(f"said {text.line(said, 80)!r}")
        found.append(said[4:] if said.startswith(code) else said)
        if said.startswith(code) and said[3:4] != "-":
            return Reply(int(code), tuple(found))
    raise _endless()


def _endless() -> Babble:
    return Babble(f"sent more than {_LINES} lines in one answer")


async def ask(stream: Stream, words: str, seconds: float = SECONDS) -> Reply:
    """Say a line of SMTP or FTP, and read the reply."""
    await send(stream, words)
    return await reply(stream, seconds)


async def send(stream: Stream, words: str) -> None:
    """A line, for which there is always room on the way: only the answer is waited for."""
    try:
        await stream.send(words.encode("ascii") + b"\r\n")
    except OSError:
        raise Silence("closed the connection") from None


async def leave(stream: Stream, words: str) -> None:
    """Say goodbye and wait for an answer: the reset that ends a connection of ours would overtake our words."""
    try:
        await send(stream, words)
        await line(stream, 2.0)
    except (Silence, Babble):
        return
