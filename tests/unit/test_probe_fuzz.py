"""Whatever a service says before TLS, or to an HTTP request: an outcome in clean text, and no other exception."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from schouw.model.protocol import Protocol
from schouw.probe import http, starttls
from schouw.probe.plain import _imap, _pop3, _sieve, _smtp
from schouw.probe.starttls import NoGreeting, NoTls, TurnedAway
from schouw.probe.wire import Stream
from schouw.probe.words import Babble, Silence

settings.register_profile("steady", deadline=None, derandomize=True, database=None)
settings.load_profile("steady")

SAID = (NoGreeting, NoTls, TurnedAway, Babble, Silence)

#: What servers begin with, so that more than the first line is reached; and anything.
_BEGINNINGS = (
    b"220 mail.example.net ESMTP\r\n250-mail.example.net\r\n", b"220-x\r\n220 y\r\n", b"* OK ready\r\n* CAPABILITY ",
    b"+OK\r\n+OK\r\n",
    b'"IMPLEMENTATION" "x"\r\n"SASL" ', b"\x10\0\0\0\x0a8.0\0", b"HTTP/1.1 200 OK\r\n", b"",
)  # fmt: skip
conversations = st.builds(
    lambda beginning, rest: beginning + rest,
    st.sampled_from(_BEGINNINGS),
    st.one_of(st.binary(max_size=300), st.text('250- OKS1s\r\n"*+.', max_size=200).map(str.encode)),
)


class Canned(Stream):
    """Says what it was given, in pieces, and then ends."""

    def __init__(self, data: bytes, pieces: int) -> None:
        self._held, self.ended = b"", False
        self._left = [data[at : at + pieces] for at in range(0, len(data), pieces)]

    async def send(self, data: bytes) -> None:
        assert data

    async def _receive(self, limit: int) -> bytes:
        self.ended = not self._left
        return self._left.pop(0) if self._left else b""


@given(conversations, st.integers(1, 60))
def test_words_before_tls(data: bytes, pieces: int) -> None:
    async def every() -> None:
        for protocol in Protocol:
            if protocol.starttls:
                with suppress(NoTls):
                    try:
                        await starttls.begin(Canned(data, pieces), protocol)
                    except SAID as error:
                        assert str(error).isprintable()
        for talk in (_smtp, _imap, _pop3, _sieve):
            try:
                offer = await talk(Canned(data, pieces))
            except SAID as error:
                assert str(error).isprintable()
            else:
                assert all(text.isprintable() for text in (offer.greeting, *offer.capabilities, *offer.mechanisms))

    asyncio.run(every())


@given(conversations)
def test_heads_of_http(data: bytes) -> None:
    try:
        offer = http.parse(data)
    except http.NotHttp as error:
        assert str(error).isprintable()
    else:
        assert 100 <= offer.status < 600 and (offer.location + offer.server).isprintable()
