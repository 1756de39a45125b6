"""Whether a mail server passes on mail of strangers for strangers: asked seldom, for a refusal counts against whoever asks.

fail2ban's jails for Postfix and Exim take it for a failure, and bar an address after five within ten minutes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from schouw.model.attempt import Attempt, not_checked, seen
from schouw.model.protocol import Protocol
from schouw.model.tls import Endpoint, Looked, PlainOffer
from schouw.probe.plain import attempted
from schouw.probe.reach import HERE, Way
from schouw.probe.starttls import greeting
from schouw.probe.wire import Stream
from schouw.probe.words import NAME, ask, leave

SENDER, RECIPIENT = "schouw@example.org", "schouw@example.com"
"""RFC 2606; no message follows the question."""

KEPT = timedelta(days=1)
"""How long a refusal holds. Who passes mail on is asked at every look, which such a server does not mind."""
WINDOW, MOST = timedelta(minutes=10), 4
"""At most so many questions to a host within that: one less than what fail2ban bars an address for."""

Answer = tuple[Attempt[bool], datetime | None]
"""And when it was given, None where it was not asked."""

_RATIONED: Attempt[bool] = not_checked(
    f"{MOST} services were asked within {WINDOW.seconds // 60} minutes, and a refusal counts towards a ban"
)


class Relays:
    """The answers of one host; `before` are those of its earlier looks."""

    def __init__(self, before: Iterable[Looked[PlainOffer]], clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._known: dict[Endpoint, tuple[Attempt[bool], datetime]] = {
            one.endpoint: (one.attempt.result.relay, one.attempt.result.relay_at)
            for one in before
            if one.attempt.result is not None and one.attempt.result.relay_at is not None
        }
        self._left = MOST - sum(clock() - at <= WINDOW for _, at in self._known.values())

    async def of(self, way: Way) -> Answer:
        """What still holds, or a new answer; never raises for the service's sake."""
        last = self._known.get(way.endpoint)
        if last is not None and self._holds(*last):
            return last
        if self._left <= 0:
            return last or (_RATIONED, None)
        self._left -= 1
        return await attempted(way, _ask), self._clock()

    def _holds(self, answer: Attempt[bool], at: datetime) -> bool:
        if answer.result is True:
            return False
        return self._clock() - at <= (KEPT if answer.result is False else WINDOW)


def relays(protocol: Protocol) -> bool:
    """Whether there is anything to ask."""
    return protocol in (Protocol.SMTP, Protocol.SUBMISSION)


async def _ask(way: Way) -> Attempt[bool]:
    async with way.conversation() as stream:
        if stream.here:
            return not_checked(HERE)
        await greeting(stream)
        hello = await ask(stream, f"EHLO {NAME}")
        answer = await _answer(stream) if hello.code == 250 else not_checked(f"it refused our EHLO: {hello.said!r}")
        await leave(stream, "QUIT")
        return answer


async def _answer(stream: Stream) -> Attempt[bool]:
    sender = await ask(stream, f"MAIL FROM:<{SENDER}>")
    if sender.code // 100 == 5 and sender.code != 530:  # it may refuse that domain alone; an empty one is every server's
        sender = await ask(stream, "MAIL FROM:<>")
    if sender.code // 100 == 5:
        return seen(False)
    if sender.code // 100 != 2:
        return not_checked(f"it put our question off: {sender.said!r}")
    answer = await ask(stream, f"RCPT TO:<{RECIPIENT}>")
    await ask(stream, "RSET")
    if answer.code in (250, 251):
        return seen(True)
    # Postfix says "454 Relay access denied" as long as nobody made it say 554.
    if answer.code // 100 == 5 or re.search(r"\brelay", answer.said, re.IGNORECASE):
        return seen(False)
    return not_checked(f"it put our question off: {answer.said!r}")
