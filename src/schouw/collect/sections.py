"""Every section of the inside view, in the order in which a host is asked for them."""

from __future__ import annotations

from typing import Any

from schouw.collect import automatic, firewall, identity, kernel, listeners, logins, packages, restarts, sshd, system, updates
from schouw.collect.base import Collector

#: A name here is a field of `schouw.model.facts.Inside`.
COLLECTORS: tuple[Collector[Any], ...] = (
    identity.COLLECTOR,
    system.COLLECTOR,
    kernel.COLLECTOR,
    listeners.COLLECTOR,
    sshd.COLLECTOR,
    firewall.COLLECTOR,
    automatic.COLLECTOR,
    restarts.COLLECTOR,
    packages.COLLECTOR,
    updates.COLLECTOR,
    updates.ORIGINS,
    logins.COLLECTOR,
)
