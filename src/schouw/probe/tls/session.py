"""A whole handshake by the standard library, over a connection that is there already: for certificates, and for HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import warnings
from functools import cache

from schouw.probe.wire import Stream

SECONDS = 8.0
#: SSL_OP_LEGACY_SERVER_CONNECT, which Python names from 3.12 on: servers without RFC 5746 are looked at too.
_OLD_RENEGOTIATION = 0x4


def lenient() -> ssl.SSLContext:
    """Takes what this machine's OpenSSL can still speak, from anybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:!aNULL:!eNULL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # what is old is what we come to see
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.options |= _OLD_RENEGOTIATION
    return context


_anybody = cache(lenient)


class Session:
    """Made by `handshake`."""

    def __init__(self, stream: Stream, context: ssl.SSLContext, name: str) -> None:
        self._stream = stream
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name or None)

    @property
    def chain(self) -> list[bytes]:
        """As the server sent it, in DER."""
        # Public from Python 3.13 on; before that the same function is there under the object's inner one.
        inner = getattr(self._tls, "get_unverified_chain", None) or self._tls._sslobj.get_unverified_chain  # type: ignore[attr-defined]
        return [one if isinstance(one, bytes) else ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in inner() or ()]

    async def shake(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
            else:
                await self._flush()
                return
            finally:
                # An alert that says why we leave is part of it.
                with contextlib.suppress(OSError):
                    await self._flush()

    async def send(self, data: bytes) -> None:
        self._tls.write(data)
        await self._flush()

    async def some(self, limit: int) -> bytes:
        """At least one byte, at most `limit`; b"" at the end."""
        while True:
            try:
                return self._tls.read(limit)
            except ssl.SSLWantReadError:
                await self._flush()
                if not await self._fill():
                    return b""
            except ssl.SSLZeroReturnError:
                return b""

    async def _flush(self) -> None:
        if data := self._outgoing.read():
            await self._stream.send(data)

    async def _fill(self) -> bool:
        data = await self._stream.some(16384)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()
        return bool(data)


async def handshake(stream: Stream, name: str, seconds: float = SECONDS) -> Session:
    """With anybody. `ssl.SSLError`, `OSError` or `TimeoutError`."""
    session = Session(stream, _anybody(), name)
    async with asyncio.timeout(seconds):
        await session.shake()
    return session
