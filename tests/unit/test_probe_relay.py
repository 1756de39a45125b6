"""Whether strangers may send to strangers, asked so seldom that nobody bars us for it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest

from schouw.model.attempt import Attempt, not_checked, seen
from schouw.model.protocol import Protocol
from schouw.model.tls import Looked, PlainOffer
from schouw.probe.reach import Way
from schouw.probe.relay import KEPT, MOST, RECIPIENT, SENDER, WINDOW, Answer, Relays
from tests.unit.test_probe_plain import CLOSED_EHLO, Script, way_to

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MOMENT = timedelta(seconds=1)


def mail_server(sender: str = "250 ok", recipient: str = "554 5.7.1 Relay access denied") -> Script:
    return Script("220 x", EHLO=CLOSED_EHLO, MAIL=sender, RCPT=recipient, RSET="250 ok")


async def answer(script: Script, last: Attempt[bool] | None = None, age: timedelta = MOMENT) -> Answer:
    """Of a look that comes so long after the one that had the answer `last`."""
    async with way_to(script, Protocol.SMTP) as (way, _):
        return await Relays([earlier(way, last, NOW - age)] if last else [], lambda: NOW).of(way)


def earlier(way: Way, relay: Attempt[bool], at: datetime) -> Looked[PlainOffer]:
    return Looked(way.endpoint, at, seen(PlainOffer("220 x", (), seen(True), seen(False), relay=relay, relay_at=at)))


@pytest.mark.parametrize(
    ("sender", "recipient", "relays", "why"),
    [
        ("250 ok", "250 Accepted", True, ""),
        ("250 ok", "454 4.7.1 Relay access denied", False, ""),
        ("250 ok", "550 relay not permitted", False, ""),
        ("250 ok", "450 4.2.0 greylisted", None, "greylisted"),
        ("451 try again", "", None, "put our question off"),
        ("550 no such domain", "", False, ""),
        ("530 Must issue a STARTTLS command first", "", False, ""),
    ],
)
async def test_an_open_relay_is_found_without_sending_anything(
    sender: str, recipient: str, relays: bool | None, why: str
) -> None:
    script = mail_server(sender, recipient)
    relay, at = await answer(script)
    assert relay.result is relays and why in relay.reason and at == NOW
    assert script.heard[-1] == "QUIT" and "DATA" not in script.heard
    if recipient:
        assert f"MAIL FROM:<{SENDER}>" in script.heard and f"RCPT TO:<{RECIPIENT}>" in script.heard and "RSET" in script.heard


@pytest.mark.parametrize(
    ("last", "age", "again"),
    [
        (seen(False), KEPT - MOMENT, False),
        (seen(False), KEPT + MOMENT, True),
        (not_checked("greylisted"), WINDOW - MOMENT, False),
        (not_checked("greylisted"), WINDOW + MOMENT, True),
        (seen(True), MOMENT, True),
    ],
)
async def test_what_was_refused_is_not_asked_again_the_same_day(last: Attempt[bool], age: timedelta, again: bool) -> None:
    script = mail_server()
    assert (await answer(script, last, age))[1] == (NOW if again else NOW - age)
    assert script.connections == again


async def test_many_services_wait_their_turn_and_say_so() -> None:
    """An address of five mail servers that all refuse is barred by the look at the fifth."""
    scripts = [mail_server() for _ in range(MOST + 1)]
    async with AsyncExitStack() as stack:
        ways = [(await stack.enter_async_context(way_to(script, Protocol.SMTP)))[0] for script in scripts]
        first = Relays([], lambda: NOW)
        answers = [await first.of(way) for way in ways]
        assert [relay.result for relay, _ in answers] == [False] * MOST + [None]
        assert "counts towards a ban" in answers[-1][0].reason
        before = [earlier(way, relay, at) for way, (relay, at) in zip(ways, answers, strict=True) if at]
        assert await Relays(before, lambda: NOW + WINDOW).of(ways[-1]) == answers[-1]
        later = NOW + WINDOW + MOMENT
        assert await Relays(before, lambda: later).of(ways[-1]) == (seen(False), later)
