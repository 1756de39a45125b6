"""What to look at from outside, and how far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from schouw.model.facts import Listener, Outside
from schouw.model.host import TlsPort
from schouw.model.ports import reaches_out
from schouw.model.services import USUAL
from schouw.model.tls import Endpoint
from schouw.probe.endpoints import Endpoints
from schouw.probe.risky import RISKY
from schouw.probe.top import DAILY, TOP

SECONDS = 100.0
"""That the whole of it may take. Hundreds of names do not fit: those looked at the longest ago go first."""


@dataclass(frozen=True, slots=True)
class Depth:
    full: bool = False
    """Every listener in full now, however long the budget makes that last."""
    only: tuple[Endpoint, ...] = ()
    """These ports alone, or these further names on them; all else is carried over."""
    before_tls: bool = False
    """Of `only` what they say before TLS alone; a service that did not offer TLS and now does is looked at whole."""
    seconds: float = SECONDS

    def wanted(self, found: Endpoints) -> frozenset[Endpoint]:
        """Those of the services, and of the further names that somebody asked for, that are to be looked at now."""
        everything = found.services + found.unknown
        if not self.only:
            return frozenset(everything)
        names = frozenset(self.only).intersection(found.names)
        ports = {(one.address, one.port) for one in self.only if one not in names}
        return names.union(one for one in everything if (one.address, one.port) in ports)


@dataclass(frozen=True, slots=True)
class KnownSsh:
    """What a connection made straight from here to that address and port already holds."""

    kexinit: bytes
    software: str


@dataclass(frozen=True, slots=True)
class Targets:
    """What to look at. `inside` None: no inside view, so nothing guides us and the scope had better be "top"."""

    addresses: tuple[str, ...]
    inside: tuple[Listener, ...] | None = None
    expected: tuple[int, ...] = ()
    """TCP ports that it is expected to offer."""
    scope: Literal["guided", "top", "all"] = "guided"
    ssh_ports: tuple[int, ...] = (22,)
    known: Mapping[tuple[str, int], KnownSsh] = field(default_factory=dict)
    open_before: frozenset[tuple[str, int]] = frozenset()
    """(address, port) that were open when they were last looked at: visited without a knock, and our proof when we are banned."""
    names: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Port → names that its software answers to, as far as they are known from inside."""
    tls: tuple[TlsPort, ...] = ()
    """What the fleet file says of ports with TLS."""
    name: str = ""
    """The host's own DNS name, "" for none."""
    previous: Outside | None = None
    depth: Depth | None = None
    """How far encryption is looked at; None for not at all."""
    ssh_alone: bool = False
    """With `previous`: the SSH servers' offers, and nothing else."""

    @property
    def listening(self) -> frozenset[int]:
        """TCP ports that listen inside on more than loopback."""
        return frozenset(one.port for one in self.inside or () if one.proto == "tcp" and reaches_out(one.address))

    def ports(self) -> tuple[int, ...]:
        """What is asked for one by one: the guided set, and where nothing guides us the daily ports too."""
        said = {*self.expected, *self.ssh_ports, *(one.port for one in self.tls)}
        guided = self.listening | said | self._tried_before | {risky.port for risky in RISKY}
        return tuple(sorted(guided | (set(DAILY) if self.scope == "top" else set())))

    @property
    def _tried_before(self) -> frozenset[int]:
        """Ports of mail, FTP and https that once were of interest: that they are shut now has to be seen too."""
        tried = self.previous.ports.result or () if self.previous is not None else ()
        return frozenset(one.port for one in tried if one.port in USUAL)

    def swept(self) -> tuple[int, ...]:
        """What a sweep adds, in its order."""
        every: Sequence[int] = {"guided": (), "top": TOP, "all": range(1, 65536)}[self.scope]
        asked = set(self.ports())
        return tuple(port for port in every if port not in asked)
