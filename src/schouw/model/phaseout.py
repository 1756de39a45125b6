"""Something that is to be switched off by a day: what it is, on which hosts, and which findings are planned by it.

Findings that a phase-out covers do not count until its day, and count as overdue from then on. That is an overlay by
date, as accepting is: nothing has to run at midnight.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schouw.model.logins import LoginClass

PROTOCOLS = ("ftp", "imap", "pop3", "smtp", "sieve", "https")
"""As a phase-out names them, each with its variants: imap is IMAP and IMAPS. https has no accounts to count."""


class What(StrEnum):
    PLAINTEXT = "plaintext"
    """Logins without TLS."""
    OLD_TLS = "old-tls"
    """SSL, TLS 1.0 and TLS 1.1 (RFC 8996)."""
    ALL = "all"
    """The protocol altogether."""

    @property
    def classes(self) -> frozenset[LoginClass]:
        """Of logins that end with it."""
        return _CLASSES[self]


_CLASSES = {
    What.PLAINTEXT: frozenset({LoginClass.PLAINTEXT}),
    What.OLD_TLS: frozenset({LoginClass.OLD_TLS}),
    What.ALL: frozenset({LoginClass.PLAINTEXT, LoginClass.OLD_TLS, LoginClass.TLS, LoginClass.UNKNOWN}),
}


@dataclass(frozen=True, slots=True)
class Phaseout:
    name: str
    what: What
    protocols: tuple[str, ...]
    """Some of `PROTOCOLS`."""
    hosts: tuple[str, ...]
    """Names, as they were meant when it was started: a filter such as sev>=high means others every day."""
    begins: datetime
    until: datetime
    """Its last moment: what is still there after it is overdue."""
    by: str
    """Who set it so, and when."""
    made_at: datetime
    meant: str = ""
    """The groups and filters that `hosts` came from, as they were given; "" for all."""
    ended_at: datetime | None = None
    """When somebody stopped it: it covers nothing from then on. What it came to stays."""
    ended_by: str = ""

    @property
    def running(self) -> bool:
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class Plan:
    """As much of a phase-out as a finding that it covers needs."""

    name: str
    begins: datetime
    until: datetime

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """At which what it covers changes its state."""
        return self.begins, self.until


#: What a finding about encryption is about → the protocols that all have to go for it to go. Sieve shares its
#: server with IMAP and POP3, which have customers; it does not decide.
_MEANT = {
    "ftp": ("ftp",),
    "mailboxes": ("imap", "pop3"),
    "submission": ("smtp",),
    "smtp": ("smtp",),
    "25/tcp": ("smtp",),
    "443/tcp": ("https",),
}
_CHECKS = {
    What.PLAINTEXT: ("logins.accounts.plaintext", "crypto.mail.plaintext_login", "crypto.mail.no_tls", "crypto.ftp.plaintext"),
    What.OLD_TLS: ("logins.accounts.old_tls", "crypto.tls.protocol"),
}
_NEVER = ("logins.accounts.refused",)
"""What is left of it afterwards."""


def covers(phaseout: Phaseout, check: str, subject: str, title: str) -> bool:
    """Whether the finding goes when that goes; one that is about more than is phased out stays open."""
    if check in _NEVER or not (check in _CHECKS[phaseout.what] if phaseout.what in _CHECKS else _about(check)):
        return False
    if check == "crypto.mail.no_tls" and subject == "25/tcp":
        return False  # mail between servers: nobody logs in there
    if check == "crypto.tls.protocol" and phaseout.what is What.OLD_TLS and _names_newer(title):
        return False
    meant = subject.split()[-1:] if check.startswith("logins.") else _MEANT.get(subject.partition(" ")[0], ())
    return bool(meant) and set(meant) <= set(phaseout.protocols)


def _about(check: str) -> bool:
    return check.startswith(("logins.accounts.", "crypto.tls.", "crypto.cert.", "crypto.mail.", "crypto.ftp.", "hardening.ftp."))


def _names_newer(title: str) -> bool:
    """A strict profile refuses TLS 1.2 too, in the same finding: "TLS 1.0, 1.1 and 1.2 offered on …"."""
    return any(version in title.partition(" offered")[0] for version in ("1.2", "1.3"))


def plan(phaseouts: Iterable[Phaseout], host: str, check: str, subject: str, title: str) -> Plan | None:
    """The one that gives the finding the longest time; None where it is in none that runs."""
    found = [one for one in phaseouts if one.running and host in one.hosts and covers(one, check, subject, title)]
    last = max(found, key=lambda one: one.until, default=None)
    return Plan(last.name, last.begins, last.until) if last is not None else None
