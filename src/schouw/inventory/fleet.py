"""The fleet: every host of the fleet file, merged, and how to pick some of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from schouw.errors import ConfigError
from schouw.inventory.customers import Customers
from schouw.inventory.names import did_you_mean
from schouw.model.host import Host
from schouw.model.notifier import Notifier
from schouw.text import line


@dataclass(frozen=True, slots=True)
class Limits:
    """How hard this copy of schouw may work, over all hosts."""

    concurrent: int = 50
    """Hosts that are scanned at once."""
    start_rate: float = 50.0
    """New SSH connections a second."""
    per_jump: int = 8
    """Log-ins at once through one jump host."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Hosts in the order of the file; also those with ``enabled = false``, whose history is kept."""

    hosts: tuple[Host, ...]
    limits: Limits
    path: Path | None
    """The fleet file; None for a fleet that needs none."""
    groups: tuple[str, ...] = ()
    """Every group that the file names, also those without hosts."""
    warnings: tuple[str, ...] = ()
    """What is odd but usable, one sentence each, with ``FILE:LINE:COLUMN``."""
    customers: Customers = field(default_factory=Customers)
    notifiers: tuple[Notifier, ...] = ()

    def select(self, names: Sequence[str]) -> tuple[Host, ...]:
        """The hosts meant by names of hosts and groups, in fleet order, each once.

        No names: all hosts. A name that is both a host's and a group's means the host.
        `ConfigError`, with one line a name, for those that mean nothing.
        """
        if not names:
            return self.hosts
        chosen: set[str] = set()
        wrong: list[str] = []
        for name in names:
            found = self._meant(name)
            chosen |= found
            if not found:
                wrong.append(self._unknown(name))
        if wrong:
            raise ConfigError("\n".join(wrong))
        return tuple(host for host in self.hosts if host.name in chosen)

    def _meant(self, name: str) -> set[str]:
        if any(host.name == name for host in self.hosts):
            return {name}
        return {host.name for host in self.hosts if name in host.groups}

    def _unknown(self, name: str) -> str:
        if name in self.groups:
            return f'group "{line(name)}" has no hosts'
        known = [host.name for host in self.hosts] + list(self.groups)
        listing = ", ".join(known[:10]) + (", …" if len(known) > 10 else "")
        return f'no host or group "{line(name)}"; {did_you_mean(name, known, f"expected one of {listing}")}'
