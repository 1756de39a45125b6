"""From a name to its addresses."""

from __future__ import annotations

import asyncio
import socket

from schouw.errors import ErrorClass, HostError
from schouw.text import line


async def resolve(address: str, seconds: float = 5.0) -> tuple[str, ...]:
    """All IPv4 and IPv6 addresses of a name, in the resolver's order; an address is itself.

    `HostError` NO_NAME when there is none, or when no name server answered within `seconds`.
    """
    shown = line(address, 253)
    try:
        async with asyncio.timeout(seconds):
            found = await asyncio.get_running_loop().getaddrinfo(address, None, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise HostError(
            ErrorClass.NO_NAME, f"no name server answered for {shown!r} within {seconds:g} s", "check this machine's resolver"
        ) from None
    except (OSError, UnicodeError) as error:
        reason = line(error.strerror or "") if isinstance(error, OSError) else "not a valid name"
        raise HostError(
            ErrorClass.NO_NAME, f"the name {shown!r} does not resolve ({reason})", "correct `address` in the fleet file"
        ) from None
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found if entry[0] in (socket.AF_INET, socket.AF_INET6)))
