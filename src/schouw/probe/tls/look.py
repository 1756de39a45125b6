"""A look at one listener's TLS: light, and full where that is due."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

from schouw.model.attempt import Attempt
from schouw.model.protocol import Protocol
from schouw.model.tls import TlsOffer
from schouw.probe.reach import Unreached, Way
from schouw.probe.tls import talk
from schouw.probe.tls.answer import Answer
from schouw.probe.tls.asked import Asked
from schouw.probe.tls.full import full
from schouw.probe.tls.hello import Hello
from schouw.probe.tls.light import MOST, light


@dataclass(slots=True)
class TlsLook:
    """To one endpoint. `look` is asked for first; `go_on` makes a full look of it."""

    way: Way
    asked: Asked
    connections: int = 0
    """That the light look cost."""

    @classmethod
    def at(cls, way: Way) -> TlsLook:
        async def say(hello: Hello) -> Answer:
            async with way.before_tls() as stream:
                answer = await talk.say(stream, hello)
            if answer.words.startswith("421"):  # a mail or FTP server whose TLS should come first, too full to speak it
                raise way.turned_away(answer.words)
            return answer

        return cls(way, Asked(say, way.endpoint.name))

    @property
    def chains(self) -> list[list[bytes]]:
        """Certificate chains that were shown in the clear, in DER, the usual one first."""
        return list(self.asked.chains.values())

    async def look(self, until: float) -> Attempt[TlsOffer]:
        """The light offer. `until`: of the loop's time, after which nothing more is asked."""
        before = self.way.connections
        most = before + MOST - (self.way.endpoint.protocol is Protocol.HTTPS)  # it is asked over a session what it says of HSTS
        await self._in_time(light(self.asked, lambda: most - self.way.connections), until)
        self.connections = self.way.connections - before
        return self.asked.result("light", self.connections)

    async def go_on(self, until: float) -> Attempt[TlsOffer]:
        """The full offer, `connections` being those of both looks."""
        before = self.way.connections

        async def ssl2() -> tuple[str, ...] | None:
            async with self.way.before_tls() as stream:
                return await talk.say_ssl2(stream)

        await self._in_time(full(self.asked, ssl2), until)
        return self.asked.result("full", self.connections + self.way.connections - before)

    async def _in_time(self, asking: Awaitable[None], until: float) -> None:
        try:
            async with asyncio.timeout_at(until):
                await asking
        except TimeoutError:
            self.asked.end(Unreached("there was no time left for it in this look"))
