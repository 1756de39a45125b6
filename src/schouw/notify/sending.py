"""Starts the courier, and ends it when it takes too long."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE

import msgspec

from schouw.notify.composing import Message
from schouw.notify.courier import Letter, Receipt
from schouw.text import decode, line

SECONDS = 60.0
_LONGEST = 1 << 16
_COMMAND = (sys.executable, "-m", "schouw.notify.courier")


async def send(url: str, message: Message, seconds: float = SECONDS) -> str:
    """Why it could not be sent, in one clean line without the address's secrets; "" where the other side took it."""
    letter = msgspec.json.encode(Letter(url, message.title, message.body))
    try:
        courier = await asyncio.create_subprocess_exec(*_COMMAND, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, cwd="/")
    except OSError as error:
        return f"no process could be started for it: {error.strerror}"
    try:
        async with asyncio.timeout(seconds):
            said, _ = await courier.communicate(letter)
    except TimeoutError:
        return f"not sent after {seconds:g} s, given up"
    finally:
        if courier.returncode is None:
            courier.kill()
            await courier.wait()
    try:
        problem = msgspec.json.decode(said[:_LONGEST], type=Receipt).problem
    except msgspec.MsgspecError:
        return "schouw.notify.courier ended without an answer"
    return _without_secrets(problem, url)


def _without_secrets(problem: str, url: str) -> str:
    """Some of apprise's services quote the address that they were given, or the URL that they made of it."""
    _, _, rest = url.partition("://")
    for part in sorted(
        {url, rest, *rest.replace("@", "/").replace("?", "/").replace(":", "/").split("/")}, key=len, reverse=True
    ):
        if len(part) > 3:
            problem = problem.replace(part, "…")
    return line(decode(problem.encode(), _LONGEST), 200)
