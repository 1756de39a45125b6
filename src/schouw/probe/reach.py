"""The way to one service: every connection to it, within what its host bears, up to where TLS or a question may begin."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from schouw.model.protocol import Protocol, ServiceClass
from schouw.model.tls import Endpoint
from schouw.probe import starttls
from schouw.probe.blocked import Watch
from schouw.probe.budget import Budget
from schouw.probe.starttls import NoGreeting, NoTls, TurnedAway
from schouw.probe.wire import Met, Stream, connect
from schouw.probe.words import WHOLE, Babble, Silence

CONNECT = 3.0
PAUSE = 1.0
"""Before a second try: a service that was just reloaded is back then."""

HERE = "not checked from outside: schouw runs on this very host, to which its daemons answer otherwise"
"""For what is said before TLS: Dovecot takes a connection from its own address for a safe one."""

#: Daemons that count connections a client get them one after another (smtp_accept_max_per_host, MaxClientsPerHost).
_LANES = {ServiceClass.MX: "mail", ServiceClass.MAIL: "mail", ServiceClass.FTP: "ftp"}


def lane(protocol: Protocol) -> str:
    """What its daemon is looked at one after another with, "" where two connections at once do no harm."""
    return _LANES.get(protocol.service_class, "")


class Unreached(Exception):
    """No use asking this service anything more; the text says what it did."""


class Unspoken(Unreached):
    """It answers, and has no TLS to offer: a no, not a don't know."""


class Blocked(Unreached):
    """The host is refusing us: nothing more is asked of it."""


class Way:
    """To one endpoint. `seen_open`: in this very look. `urgent`: a person waits for it."""

    def __init__(
        self,
        endpoint: Endpoint,
        budget: Budget,
        watch: Watch,
        *,
        seen_open: bool = True,
        urgent: bool = False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.endpoint = endpoint
        self.connections = 0
        self._budget, self._watch, self._sleep = budget, watch, sleep
        self._open, self._urgent = seen_open, urgent

    @asynccontextmanager
    async def conversation(self) -> AsyncIterator[Stream]:
        """A connection that nothing was said on yet. `Unreached` where there is none, `TimeoutError` when it lasts too long."""
        async with self._dialled() as stream, asyncio.timeout(WHOLE):
            yield stream

    @asynccontextmanager
    async def before_tls(self) -> AsyncIterator[Stream]:
        """A connection whose next byte is TLS's. `Unspoken` where the service has none, else `Unreached`."""
        for attempt in (1, 2):
            async with self._dialled() as stream:
                try:
                    await self._begin(stream)
                except NoGreeting as error:
                    if attempt == 2:
                        raise Unreached(f"took the connection and {error} instead of greeting, twice") from None
                else:
                    yield stream
                    return
            await self._sleep(PAUSE)

    async def _begin(self, stream: Stream) -> None:
        if not self.endpoint.protocol.starttls:
            return
        try:
            async with asyncio.timeout(WHOLE):
                await starttls.begin(stream, self.endpoint.protocol)
        except NoTls as error:
            raise Unspoken(str(error)) from None
        except TurnedAway as error:
            raise self.turned_away(str(error)) from None
        except TimeoutError:
            raise Unreached(f"had not finished its words before TLS after {WHOLE:g} s") from None
        except (Babble, Silence) as error:
            raise Unreached(f"{error} before TLS could begin") from None
        except OSError:
            raise Unreached("reset the connection before TLS could begin") from None

    def turned_away(self, words: str) -> Unreached:
        """For a service that greets with a refusal: 421 means that we have come too often (RFC 5321, section 3.8)."""
        if words.startswith("421"):
            self._watch.say(f"port {self.endpoint.port} of {self.endpoint.address} answered {words!r}")
            return Blocked(self._watch.blocked)
        return Unreached(f"turned us away: {words!r}")

    @asynccontextmanager
    async def _dialled(self) -> AsyncIterator[Stream]:
        endpoint = self.endpoint
        for attempt in (1, 2):
            if self._watch.blocked:
                raise Blocked(self._watch.blocked)
            async with self._budget.connection(lane(endpoint.protocol), urgent=self._urgent):
                self.connections += 1
                met, sock = await connect(endpoint.address, endpoint.port, CONNECT)
                if sock is not None:
                    self._open = True
                    with sock:
                        yield Stream(sock)
                    return
            if attempt == 1:
                await self._sleep(PAUSE)
        raise self._lost(met)

    def _lost(self, met: Met) -> Unreached:
        """A port that was open a moment ago, and twice is not."""
        if met is Met.NOT_TRIED:
            return Unreached("could not be tried: this machine had no socket for it")
        how = "refuses connections now" if met is Met.CLOSED else "is silent now"
        if not self._open:
            return Unreached(how)
        self._watch.say(f"port {self.endpoint.port} of {self.endpoint.address} answered, and {how}")
        return Blocked(self._watch.blocked)
