"""What the demo's administrators made of findings: accepted, claimed, commented on, assigned. All of them are made up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from schouw.model.finding import Decision, What

_BOSS, _OTHER = "marieke", "joris"


@dataclass(frozen=True, slots=True)
class _Said:
    host: str
    key: str
    hours: float
    """How long ago."""
    words: str
    what: What
    by: str = _OTHER
    days: int = 0
    """An acceptance's, from now on."""


_SAID = (
    _Said("legacy", "software.system.end_of_life", 140, "one customer, who moves to vps18 in spring", What.ACCEPT, _BOSS, 90),
    _Said("shop", "ports.service.exposed:10000/tcp", 135, "their webmaster needs it until the new panel is there", What.ACCEPT,
          _BOSS, 9),
    _Said("backup", "ports.service.unexpected:873/tcp", 130, "the office's backups; the firewall lets nobody else in",
          What.ACCEPT, _OTHER, 160),
    _Said("web3", "software.origins.foreign", 120, "the app needs Node.js 20, the distribution has 18", What.ACCEPT, _OTHER, 40),
    _Said("mail2", "software.updates.automatic", 21, "unattended-upgrades installed and switched on", What.CLAIM),
    _Said("mail2", "crypto.ssh.host_key:/etc/ssh/ssh_host_rsa_key", 20.5, "new key of 4096 bits", What.CLAIM),
    _Said("shop", "hardening.sshd.password_login", 19, "PasswordAuthentication no in sshd_config.d/50-ours.conf", What.CLAIM),
    _Said("db1", "ports.service.exposed:5432/tcp", 0.2, _OTHER, What.ASSIGN, _BOSS),
    _Said("db1", "ports.service.exposed:5432/tcp", 0.15, "opened for the move of the reports? asked them", What.COMMENT),
    _Said("vps17", "software.updates.automatic", 2, "unattended-upgrades installed and switched on", What.CLAIM),
    _Said("cache1", "crypto.ssh.kex:22/tcp", 0.1, "KexAlgorithms without group14-sha1", What.CLAIM),
    _Said("web1", "hardening.sshd.root_login", 0.04, "PermitRootLogin no, sshd reloaded", What.CLAIM, _BOSS),
)  # fmt: skip


def decided(host: str, at: datetime) -> Iterator[tuple[datetime, Decision]]:
    """Of one host, oldest first, each with when it was decided. `at`: when "now" is."""
    for one in sorted(_SAID, key=lambda said: -said.hours):
        if one.host == host:
            until = at + timedelta(days=one.days) if one.days else None
            yield at - timedelta(hours=one.hours), Decision(host, one.key, one.by, until, one.words, one.what)
