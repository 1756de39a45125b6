"""Noticing that a host is refusing us, and not the world.

fail2ban drops or rejects, CSF drops, OpenSSH takes the connection and hangs up (PerSourcePenalties, MaxStartups),
mail and FTP daemons say 421. What is silent then says nothing about the host's ports.
"""

from __future__ import annotations

from collections.abc import Collection

from schouw.probe.visit import Visit
from schouw.probe.wire import Met

HANG_UPS = 3
"""Services that in a row take the connection and end it without a word. One alone may be a proxy whose backend is dead."""
SEVERAL = 2
"""Ports that answered before and now all do not."""

_PREFIX = "we are probably being blocked: "


class Watch:
    """Listens to what every connection met; `blocked` is the reason to stop looking, "" while there is none."""

    def __init__(self) -> None:
        self.blocked = ""
        self._hang_ups: set[int] = set()

    def saw(self, visit: Visit) -> None:
        if visit.turned_away:
            self.say(f"port {visit.port} of {visit.address} answered {visit.turned_away!r}")
        if visit.met is Met.OPEN:
            self._hang_ups = self._hang_ups | {visit.port} if visit.hung_up else set()
        if len(self._hang_ups) >= HANG_UPS:
            ports = ", ".join(str(port) for port in sorted(self._hang_ups))
            self.say(f"{visit.address} takes the connection and hangs up at once at each of the ports {ports}")

    def say(self, why: str) -> None:
        """The first reason stays."""
        self.blocked = self.blocked or _PREFIX + why


def fell_silent(before: Collection[int], now: dict[int, Met], listening: Collection[int]) -> str:
    """Why the ports that answered before say that we are blocked, "" when they do not.

    A refusal counts only where something still listens (`listening`, from inside): the service may have been stopped.
    """
    if len(before) < SEVERAL or any(now.get(port) is Met.OPEN for port in before):
        return ""
    lost = [port for port in before if now.get(port) in (Met.SILENT, Met.UNREACHABLE)]
    refused = [port for port in before if now.get(port) is Met.CLOSED and port in listening]
    if len(lost) + len(refused) < SEVERAL or len(lost) + len(refused) < len(before):
        return ""
    return f"all {len(before)} ports that answered last time " + (
        "refuse us now" if len(refused) > len(lost) else "are silent now"
    )
