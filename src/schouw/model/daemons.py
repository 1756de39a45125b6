"""What daemons are set to, and where each line stands: the inside half of every finding about encryption.

One shape for all of them. A daemon's configuration is cut into blocks, each of which speaks for some ports: a
``server`` of nginx, a service of Postfix's master.cf, the whole of vsftpd.conf. A block holds the settings in force
there, already merged with what surrounds it, defaults of the installed version included.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Tls = Literal["none", "implicit", "optional", "required"]
"""optional: STARTTLS or AUTH TLS may be used; required: neither mail nor a login passes before it."""

WEB_DAEMONS = ("nginx", "apache")
MAIL_DAEMONS = ("dovecot", "postfix", "exim", "courier")
FTP_DAEMONS = ("vsftpd", "proftpd", "pureftpd")
DAEMONS = WEB_DAEMONS + MAIL_DAEMONS + FTP_DAEMONS
"""Sections of the inside view that hold a `Daemon`, by its name."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One value in force. `file` "" and `line` 0: nobody wrote it, it is the default of the installed version."""

    value: str
    file: str = ""
    line: int = 0

    @property
    def location(self) -> str:
        """``FILE:LINE``, "" for a default."""
        return f"{self.file}:{self.line}" if self.file else ""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the configuration that answers for certain ports."""

    label: str
    """As its own software names it: "server shop.example.nl", "submission", "inet_listener imaps"."""
    ports: tuple[int, ...]
    tls: Tls | None
    """None: could not be told."""
    settings: dict[str, Setting]
    """By the software's own keyword, in its own spelling; only those that bear on encryption and logins.

    A keyword whose first argument says what it sets keeps that: "add_header Strict-Transport-Security". Where
    several lines of one keyword add up, the second is "ssl_certificate (2)".
    """
    names: tuple[str, ...] = ()
    """Names that it answers to, "" left out."""
    addresses: tuple[str, ...] = ()
    """Addresses that it is bound to; empty for all."""
    plain_login: bool | None = None
    """Whether it takes a password before TLS; None where it could not be told, and for web servers."""
    default_ports: tuple[int, ...] = ()
    """Those of its ports where it answers whoever asks for a name that no other block has: its versions and suites
    are then what the listener shows."""
    file: str = ""
    line: int = 0
    """Where it begins, for a setting that nobody wrote yet; line 0: anywhere in `file`."""


@dataclass(frozen=True, slots=True)
class Written:
    """A certificate file that changed after its daemon read it."""

    path: str
    fingerprint: str
    """SHA-256 of the first certificate in it, lower case hexadecimal."""
    at: datetime
    """By the host's own clock."""


@dataclass(frozen=True, slots=True)
class Daemon:
    """One installed server program."""

    name: str
    """One of `DAEMONS`."""
    version: str
    blocks: tuple[Block, ...]
    library: str = ""
    """What does its TLS, such as "OpenSSL 3.0.17" or "GnuTLS 3.7.9"; "" where it was not seen."""
    panel: str = ""
    """"directadmin", "cpanel" or "plesk" where one of them writes its configuration, which it would overwrite."""
    running: bool | None = None
    """Whether it runs by itself (not from inetd); None where its processes cannot be seen."""
    started_at: datetime | None = None
    """When what it runs with was read: its start or its last reload, as well as that can be known."""
    changed_at: datetime | None = None
    """Newest modification of its configuration files; later than `started_at`, the change is not in force.

    Both are by the host's own clock: to be compared with each other only.
    """
    written: tuple[Written, ...] = ()
    """Certificates that it is set to show and has not read since they were written; of programs that keep them."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """What renews certificates on its own, and how it fares."""

    tool: str
    """"certbot", "acme.sh", "directadmin", "lego", "dehydrated"."""
    active: bool
    """Whether a timer or cron job runs it."""
    names: tuple[str, ...] = ()
    """Certificates that it looks after."""
    failing: dict[str, str] = field(default_factory=dict)
    """Name → what its log last said of it."""


@dataclass(frozen=True, slots=True)
class Exemption:
    """One thing that bans addresses, and whether it spares ours."""

    tool: str
    """"fail2ban", "csf", "sshd"."""
    ours: str
    """Our address as the host sees it."""
    exempt: bool
    fix: str = ""
    """The line that would exempt us, with the command that makes it effective."""
