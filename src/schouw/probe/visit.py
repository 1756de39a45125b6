"""One connection to a service that answers: what it says by itself, and an SSH server's offer."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from schouw import text
from schouw.model.attempt import Attempt
from schouw.model.outside import SshOffer
from schouw.probe.budget import Budget
from schouw.probe.ssh import read_offer
from schouw.probe.wire import Met, Stream, connect

PATIENCE = 1.5
"""Seconds that a service gets to greet."""
BRIEF = 0.4
"""The same where the client speaks first by the protocol's rules."""
_GREETING = 512

#: HTTP, TLS from the first byte, DNS, databases that wait: a greeting here means that something else listens.
SPEAKS_SECOND = frozenset(
    {53, 80, 88, 111, 135, 139, 389, 443, 445, 465, 636, 853, 990, 993, 995, 2049, 2083, 2087, 2096, 2375, 2376, 3000}
    | {3268, 3389, 5000, 5432, 5601, 5985, 5986, 6379, 6443, 8000, 8008, 8080, 8081, 8443, 8888, 9000, 9090, 9100, 9200, 9300}
    | {10000, 10050, 10250, 11211, 15672, 27017}
)

#: Daemons that count connections a client (smtp_accept_max_per_host, mail_max_userip_connections, MaxClientsPerHost).
ALONE = dict.fromkeys((25, 110, 143, 465, 587, 993, 995, 2525, 4190), "mail") | dict.fromkeys((20, 21, 990, 2121), "ftp")

_READABLE = re.compile(r"[ -~]{4}")


@dataclass(frozen=True, slots=True)
class Visit:
    """`hung_up`: it took the connection and ended it without a word. `turned_away`: its words to that effect."""

    address: str
    port: int
    met: Met
    greeting: str = ""
    hung_up: bool = False
    turned_away: str = ""
    offer: Attempt[SshOffer] | None = None


async def visit(address: str, port: int, budget: Budget, ssh: bool, seconds: float) -> Visit:
    """Connect, listen, and (to SSH alone) speak. `ssh`: an SSH server is expected, so its offer is read at once."""
    async with budget.connection(ALONE.get(port, "")):
        met, sock = await connect(address, port, seconds)
        if sock is None:
            return Visit(address, port, met)
        with sock:
            stream = Stream(sock)
            return await (_ssh(stream, address, port) if ssh else _listen(stream, address, port))


async def _listen(stream: Stream, address: str, port: int) -> Visit:
    try:
        async with asyncio.timeout(BRIEF if port in SPEAKS_SECOND else PATIENCE):
            said = await stream.some(_GREETING)
    except TimeoutError:
        return Visit(address, port, Met.OPEN)
    except OSError:
        said = b""
    if said.startswith(b"SSH-"):
        stream.put_back(said)
        return await _ssh(stream, address, port)
    words = greeting(said)
    return Visit(address, port, Met.OPEN, words, hung_up=not said, turned_away=words if words.startswith("421") else "")


async def _ssh(stream: Stream, address: str, port: int) -> Visit:
    reading = await read_offer(stream, address, port)
    turned_away = reading.turned_away
    if not reading.greeting and "hung up" in reading.offer.reason:
        turned_away = "nothing, and hung up before it named itself"
    return Visit(address, port, Met.OPEN, reading.greeting, turned_away=turned_away, offer=reading.offer)


def greeting(said: bytes) -> str:
    """The first line that says anything to a person: binary protocols (MySQL) put odd bytes before and after their name."""
    lines = [text.line(text.decode(line, _GREETING), 200) for line in re.split(rb"[\n\0]", said[:_GREETING])]
    return next((line for line in lines if _READABLE.search(line)), lines[0])
