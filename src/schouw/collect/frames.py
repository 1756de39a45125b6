"""Reading a host's answer: frames with a length and a token that the host cannot know before we ask."""

from __future__ import annotations

from dataclasses import dataclass

from schouw.collect.base import number
from schouw.errors import ErrorClass, HostError
from schouw.text import decode, line
from schouw.transport.base import Shell

#: All that one host may send for one request, in bytes.
HOST_LIMIT = 16 << 20
#: What may come before the first frame: messages of the day, complaints of a shell.
_PREAMBLE = 64 << 10
_HEADER = 200
_CHUNK = 64 << 10


@dataclass(frozen=True, slots=True)
class Frame:
    """One section as the host sent it; see `host.sh` for the statuses."""

    name: str
    status: str
    mark: str
    body: bytes


class FrameReader:
    """Takes the frames of one request off a shell, within `HOST_LIMIT`.

    Raises `HostError`: NO_SHELL where nothing like a shell answers, DROPPED where the answer ends early,
    OUTPUT_ODD where it breaks its own rules, OUTPUT_CUT where there is too much of it.
    """

    def __init__(self, shell: Shell, token: str) -> None:
        self._shell = shell
        self._token = token.encode() + b" "
        self._buffer = bytearray()
        self.received = 0

    async def begin(self) -> float:
        """Skip what a login prints; the host's clock."""
        start = self._token + b"begin "
        while (at := self._buffer.find(start)) < 0 or b"\n" not in self._buffer[at:]:
            if len(self._buffer) > _PREAMBLE:
                raise _no_shell(self._buffer)
            if not await self._more():
                raise _no_shell(self._buffer) if self._buffer else _ended("before it said anything")
        del self._buffer[:at]
        clock = (await self._header())[1]
        return float(number(clock) or 0)

    async def frame(self, limit: int) -> Frame:
        """The next frame, with at most `limit` bytes."""
        name, status, mark, size = await self._header()
        length = number(size)
        if length is None or length > limit:
            raise _odd(f"section {name} with a length of {size}")
        return Frame(name, status, mark, await self._body(length))

    async def _header(self) -> tuple[str, str, str, str]:
        while (end := self._buffer.find(b"\n")) < 0 and len(self._buffer) <= _HEADER:
            await self._need()
        whole = 0 <= end <= _HEADER
        header = bytes(self._buffer[: end if whole else _HEADER])
        text = decode(header.removeprefix(self._token), _HEADER)
        words = text.split(" ")
        if not whole or not header.startswith(self._token) or not text.isascii() or not text.isprintable() or len(words) != 4:
            raise _odd(f"{line(decode(header, 60), 60)!r}")
        del self._buffer[: end + 1]
        name, status, mark, size = words
        return name, status, mark, size

    async def _body(self, size: int) -> bytes:
        if not size:
            return b""
        while len(self._buffer) <= size:
            await self._need()
        if self._buffer[size] != ord("\n"):
            raise _odd("a section longer than it said")
        body = bytes(self._buffer[:size])
        del self._buffer[: size + 1]
        return body

    async def _need(self) -> None:
        if not await self._more():
            raise _ended("in the middle of its answer")

    async def _more(self) -> bool:
        data = await self._shell.receive(_CHUNK)
        self.received += len(data)
        if self.received > HOST_LIMIT:
            raise HostError(ErrorClass.OUTPUT_CUT, f"the host sent more than {HOST_LIMIT >> 20} MB; the rest was not read")
        self._buffer += data
        return bool(data)


def _no_shell(said: bytes | bytearray) -> HostError:
    words = line(decode(bytes(said[:400]), 400), 120)
    return HostError(ErrorClass.NO_SHELL, f"no POSIX shell answers, it says: {words!r}", "check the account's login shell")


def _ended(when: str) -> HostError:
    return HostError(ErrorClass.DROPPED, f"the host ended the connection {when}")


def _odd(what: str) -> HostError:
    return HostError(ErrorClass.OUTPUT_ODD, f"the host's answer made no sense: {what}")
