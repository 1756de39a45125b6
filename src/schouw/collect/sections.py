"""Every section of the inside view, in the order in which a host is asked for them."""

from __future__ import annotations

from typing import Any

from schouw.collect import (
    apache,
    automatic,
    courier,
    dovecot,
    exemptions,
    exim,
    firewall,
    identity,
    kernel,
    libraries,
    listeners,
    live_patch,
    logins,
    nginx,
    packages,
    postfix,
    pro,
    proftpd,
    pureftpd,
    renewals,
    restarts,
    sshd,
    streams,
    system,
    updates,
    vsftpd,
)
from schouw.collect.base import Collector

#: A name here is a field of `schouw.model.facts.Inside`.
COLLECTORS: tuple[Collector[Any], ...] = (
    identity.COLLECTOR,
    system.COLLECTOR,
    kernel.COLLECTOR,
    listeners.COLLECTOR,
    listeners.PROCESSES,
    sshd.COLLECTOR,
    firewall.COLLECTOR,
    automatic.COLLECTOR,
    restarts.COLLECTOR,
    nginx.COLLECTOR,
    apache.COLLECTOR,
    dovecot.COLLECTOR,
    postfix.COLLECTOR,
    exim.COLLECTOR,
    courier.COLLECTOR,
    vsftpd.COLLECTOR,
    proftpd.COLLECTOR,
    pureftpd.COLLECTOR,
    libraries.COLLECTOR,
    renewals.COLLECTOR,
    exemptions.COLLECTOR,
    packages.COLLECTOR,
    updates.COLLECTOR,
    updates.ORIGINS,
    live_patch.COLLECTOR,
    pro.COLLECTOR,
    streams.COLLECTOR,
    logins.COLLECTOR,
)
