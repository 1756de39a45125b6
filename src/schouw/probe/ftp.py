"""What an FTP server says before there is any TLS (RFC 959, 2389, 4217).

Never a password, not even the one of anonymous users: where they are unwelcome it would be one more failed login. So
whether anybody may log in is only known of servers that say so at the name alone.
"""

from __future__ import annotations

import re

from schouw.model.attempt import Attempt, not_checked, seen
from schouw.model.tls import NOT_ASKED, PlainOffer
from schouw.probe.reach import HERE, Way
from schouw.probe.starttls import greeting
from schouw.probe.words import Babble, Reply, Silence, ask, leave

MADE_UP = "schouw-nobody"
_NEEDS_TLS = re.compile(r"\b(tls|ssl|ftps|encrypt\w*|clear-?text|plain-?text|secure|security)\b", re.IGNORECASE)
_ANONYMOUS = re.compile(r"\b(anonymous|guest) (login|access|user)\b.*\bok\b|e-?mail", re.IGNORECASE)


async def ftp(way: Way) -> Attempt[PlainOffer]:
    """Over two connections: after AUTH TLS the first is good for nothing else. What FEAT lists may be switched off (Pure-FTPd).

    Raises what `words` and `starttls` do.
    """
    async with way.conversation() as stream:
        if stream.here:
            return not_checked(HERE)
        first = await greeting(stream)
        features = await ask(stream, "FEAT")
        secure = await ask(stream, "AUTH TLS")
    login, anonymous = await _names(way)
    return seen(
        PlainOffer(
            greeting=first.said,
            capabilities=tuple(one.strip() for one in features.lines[1:-1]) if features.code == 211 else (),
            tls=seen(secure.code == 234),
            login=login,
            anonymous=anonymous,
        )
    )


async def _names(way: Way) -> tuple[Attempt[bool], Attempt[bool]]:
    """Whether it asks a made-up user for a password in the clear, and whether it lets anybody in."""
    anonymous: Attempt[bool] = NOT_ASKED
    async with way.conversation() as stream:
        await greeting(stream)
        login = _asks_for_password(await ask(stream, f"USER {MADE_UP}"))
        try:
            anonymous = _lets_anybody_in(await ask(stream, "USER anonymous"))
            await leave(stream, "QUIT")
        except (Silence, Babble) as error:
            anonymous = not_checked(f"after a made-up name it {error}")
    return login, anonymous


def _asks_for_password(answer: Reply) -> Attempt[bool]:
    if answer.code in (230, 331, 332):
        return seen(True)
    if _NEEDS_TLS.search(answer.said):
        return seen(False)
    return not_checked(f"it refused a made-up name: {answer.said!r}")


def _lets_anybody_in(answer: Reply) -> Attempt[bool]:
    if answer.code == 230 or (answer.code == 331 and _ANONYMOUS.search(answer.said)):
        return seen(True)
    if answer.code == 331:
        return not_checked("it asks for a password before it says, and none is ever sent")
    if _NEEDS_TLS.search(answer.said) or answer.code == 421:
        return not_checked(f"it wants TLS before it says: {answer.said!r}")
    return seen(False)
