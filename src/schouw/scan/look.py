"""What it takes to look at a host: the seam between the engine and whatever does the looking."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from schouw.model.facts import Facts
from schouw.model.host import Host
from schouw.model.tls import Endpoint


class Look(StrEnum):
    """How far a look goes."""

    NORMAL = "normal"
    ALL_PORTS = "all-ports"
    """Also all 65,535 TCP ports from outside: minutes, not seconds."""
    FULL_TLS = "full-tls"
    """Every cipher suite and group of every service, where only what changed is due: some fifty connections for each."""
    DEEP = "deep"
    """Also sslyze's questions at every TLS endpoint: see `schouw.probe.deep`."""
    ENDPOINT = "endpoint"
    """Inside, and from outside the encryption of some endpoints alone."""
    BEFORE_TLS = "before-tls"
    """Inside, and what some endpoints say before TLS: a connection or two for each."""
    SSH = "ssh"
    """Inside, and what the SSH servers offer."""
    INSIDE = "inside"
    """Nothing from outside."""


QUICK = frozenset({Look.ENDPOINT, Look.BEFORE_TLS, Look.SSH})
"""What a person waits for, to see whether something is mended. All else of the outside view stays as it was known."""

#: Step in a word or two, how many are done, how many there are (0: not known).
OnStep = Callable[[str, int, int], None]


class Looker(Protocol):
    """Looks at hosts. Live over the network, or from a recording."""

    async def look(
        self, host: Host, look: Look, previous: Facts | None, on_step: OnStep, only: tuple[Endpoint, ...] = ()
    ) -> Facts:
        """Facts of one host; those that are seen in part are facts too. `HostError` when there are none at all.

        `only`: with Look.ENDPOINT and Look.BEFORE_TLS.
        """

    async def keep(self, host: Host) -> None:
        """A person is watching this host: the next look should be quick (a connection may be kept for a while)."""

    async def close(self) -> None:
        """Close every connection; never raises."""
