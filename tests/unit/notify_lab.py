"""A webhook and a mail server on loopback, which keep what they are told; both can be broken and mended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Hook:
    """Answers POST requests with `status`."""

    port: int = 0
    status: int = 200
    posted: list[dict[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"json://user:secret-word@127.0.0.1:{self.port}/hook"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(line.partition(":")[2]) for line in head.split("\r\n") if line.lower().startswith("content-length"))
        body = json.loads(await reader.readexactly(length))
        if self.status == 200:
            self.posted.append(body)
        writer.write(f"HTTP/1.1 {self.status} so\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    @property
    def bodies(self) -> list[str]:
        return [posted["message"] for posted in self.posted]


@asynccontextmanager
async def hook() -> AsyncIterator[Hook]:
    one = Hook()
    server = await asyncio.start_server(one.answer, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    async with server:
        yield one


@dataclass
class Post:
    """A mail server's letters."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        letter = message_from_bytes(cast(bytes, envelope.content), policy=policy.default)
        self.letters.append(letter)
        return "250 OK"

    @property
    def url(self) -> str:
        return f"mailto://127.0.0.1:{self.port}?mode=insecure&from=schouw@example.net&to=ops@example.net"


@asynccontextmanager
async def post_office() -> AsyncIterator[Post]:
    one = Post()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(one, hostname="localhost"), "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    async with server:
        yield one
