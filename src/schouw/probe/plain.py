"""What mail and FTP services say before there is any TLS, and whether they would take a password then.

A password is never sent, nor a name that anybody could have: a failed login is what bans are made of.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from schouw.model.attempt import Attempt, not_checked, seen
from schouw.model.protocol import Protocol
from schouw.model.tls import PlainOffer
from schouw.probe.ftp import ftp
from schouw.probe.reach import HERE, Unreached, Way
from schouw.probe.starttls import NoGreeting, TurnedAway, greeting, imap_greeting, pop3_greeting, sieve_capabilities
from schouw.probe.wire import Stream
from schouw.probe.words import NAME, WHOLE, Babble, Silence, ask, leave, line, lines, send

#: Mechanisms that hand over what opens the account, in a form that whoever listens can use.
_CLEAR = frozenset({"PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"})

T = TypeVar("T")


async def plain(way: Way) -> Attempt[PlainOffer]:
    """One connection (FTP: two). Never raises for the service's sake."""
    return await attempted(way, _PROTOCOLS[way.endpoint.protocol])


async def attempted(way: Way, talk: Callable[[Way], Awaitable[Attempt[T]]]) -> Attempt[T]:
    """What talking came to, or in words why it came to nothing."""
    try:
        return await talk(way)
    except Unreached as reason:
        return not_checked(str(reason))
    except TurnedAway as error:
        return not_checked(str(way.turned_away(str(error))))
    except TimeoutError:
        return not_checked(f"it had not finished its words after {WHOLE:g} s")
    except (NoGreeting, Babble, Silence) as error:
        return not_checked(f"it {error}")
    except OSError:
        return not_checked("it reset the connection")


def speaks(protocol: Protocol) -> bool:
    """Whether the protocol says anything before TLS."""
    return protocol in _PROTOCOLS


def _once(talk: Callable[[Stream], Awaitable[PlainOffer]]) -> Callable[[Way], Awaitable[Attempt[PlainOffer]]]:
    """Over one connection, unless it is one from the host to itself."""

    async def over(way: Way) -> Attempt[PlainOffer]:
        async with way.conversation() as stream:
            return not_checked(HERE) if stream.here else seen(await talk(stream))

    return over


async def _smtp(stream: Stream) -> PlainOffer:
    """RFC 5321, 4954."""
    first = await greeting(stream)
    hello = await ask(stream, f"EHLO {NAME}")
    said = hello.lines[1:] if hello.code == 250 else ()
    mechanisms = [
        name for one in said if one.upper().startswith(("AUTH ", "AUTH=")) for name in one[5:].upper().replace("=", " ").split()
    ]
    await leave(stream, "QUIT")
    return PlainOffer(
        greeting=first.said,
        capabilities=said,
        tls=seen(any(one.upper().strip() == "STARTTLS" for one in said)),
        login=seen(bool(_CLEAR.intersection(mechanisms))),
        mechanisms=tuple(dict.fromkeys(mechanisms)),
    )


async def _imap(stream: Stream) -> PlainOffer:
    """RFC 9051."""
    first = await imap_greeting(stream)
    await send(stream, "s1 CAPABILITY")
    capabilities: list[str] = []
    async for said in lines(stream):
        if said.upper().startswith("* CAPABILITY "):
            capabilities += said.upper().split()[2:]
        if said.startswith("s1 "):
            break
    await leave(stream, "s2 LOGOUT")
    mechanisms = tuple(one.removeprefix("AUTH=") for one in capabilities if one.startswith("AUTH="))
    return PlainOffer(
        greeting=first,
        capabilities=tuple(capabilities),
        tls=seen("STARTTLS" in capabilities),
        login=seen("LOGINDISABLED" not in capabilities or bool(_CLEAR.intersection(mechanisms))),
        mechanisms=mechanisms,
    )


async def _pop3(stream: Stream) -> PlainOffer:
    """RFC 2449. A USER would be logged as a failed login, so only CAPA is asked."""
    first = await pop3_greeting(stream)
    await send(stream, "CAPA")
    found: list[str] = []
    known = (await line(stream)).startswith("+OK")
    if known:
        async for said in lines(stream):
            if said == ".":
                break
            found.append(said.upper())
    await leave(stream, "QUIT")
    unknown: Attempt[bool] = not_checked("it has no CAPA, and only a login would tell")
    mechanisms = tuple(name for one in found if one.startswith("SASL") for name in one.split()[1:])
    login = seen("USER" in found or bool(_CLEAR.intersection(mechanisms))) if known else unknown
    if login.result and not mechanisms and any(one.startswith("IMPLEMENTATION COURIER") for one in found):
        login = not_checked("Courier lists USER even where it then refuses it, and only a login would tell")
    return PlainOffer(
        greeting=first,
        capabilities=tuple(found),
        tls=seen("STLS" in found) if known else unknown,
        login=login,
        mechanisms=mechanisms,
    )


async def _sieve(stream: Stream) -> PlainOffer:
    """RFC 5804."""
    found = await sieve_capabilities(stream)
    await leave(stream, "LOGOUT")
    words = [one.split('"') for one in found]
    pairs = {parts[1].upper(): parts[3] if len(parts) > 3 else "" for parts in words if len(parts) > 1}
    mechanisms = tuple(pairs.get("SASL", "").upper().split())
    return PlainOffer(
        greeting=pairs.get("IMPLEMENTATION", ""),
        capabilities=found,
        tls=seen("STARTTLS" in pairs),
        login=seen(bool(_CLEAR.intersection(mechanisms))),
        mechanisms=mechanisms,
    )


_PROTOCOLS: dict[Protocol, Callable[[Way], Awaitable[Attempt[PlainOffer]]]] = {
    Protocol.SMTP: _once(_smtp),
    Protocol.SUBMISSION: _once(_smtp),
    Protocol.IMAP: _once(_imap),
    Protocol.POP3: _once(_pop3),
    Protocol.SIEVE: _once(_sieve),
    Protocol.FTP: ftp,
}
