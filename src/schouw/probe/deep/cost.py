"""What a deep look costs the server, so that it can be announced before and charged to the host's budget.

Measured with sslyze 6.3.1 against nginx, Apache, Postfix, Exim, Dovecot and three FTP servers; "about", for it depends
on the versions and suites that the server speaks. The runner counts the real connections.
"""

from __future__ import annotations

from schouw.model.tls import Endpoint, Protocol, ServiceClass
from schouw.probe.deep.lines import QUESTIONS, StartTls

#: Finding out what it speaks, before the first question, and whether it still answers, after the last.
_AROUND = 6

_CONNECTIONS = {
    "chains": 4,
    "heartbleed": 1,
    "ccs_injection": 1,
    "early_data": 2,
    "compression": 1,
    "renegotiation": 2,
    "fallback_scsv": 1,
    "extended_master_secret": 1,
    "robot": 18,
    "resumption": 8,
}

#: Lines in the log of one connection that gives up during or after its handshake, by the program that listens.
_LINES = {
    "dovecot": 1.1, "exim": 1.0, "exim4": 1.0, "master": 4.5, "smtpd": 4.5, "postfix": 4.5,
    "vsftpd": 1.2, "proftpd": 5.4, "pure-ftpd": 3.5,
}  # fmt: skip
_UNKNOWN_LINES = 3.0

_STARTTLS: dict[Protocol, StartTls] = {
    Protocol.SMTP: "smtp",
    Protocol.SUBMISSION: "smtp",
    Protocol.IMAP: "imap",
    Protocol.POP3: "pop3",
    Protocol.FTP: "ftp",
    Protocol.POSTGRES: "postgres",
}

#: Daemons that log every connection, count them, and are the first to be short of them.
_CAREFUL = frozenset({ServiceClass.MAIL, ServiceClass.MX, ServiceClass.FTP})


def starttls(protocol: Protocol) -> StartTls | None:
    """How sslyze calls the way in, None where it knows none."""
    return _STARTTLS.get(protocol) if protocol.starttls else ""


def questions(protocol: Protocol) -> tuple[str, ...]:
    """Early data is asked for with an HTTP request, which nobody but a web server should get."""
    return tuple(name for name in QUESTIONS if name != "early_data" or protocol.service_class is ServiceClass.WEB)


def careful(protocol: Protocol) -> bool:
    """Whether connections are to come one after another."""
    return protocol.service_class in _CAREFUL


def connections(protocol: Protocol) -> int:
    """About how many one look makes."""
    return _AROUND + sum(_CONNECTIONS[name] for name in questions(protocol))


def log_lines(endpoint: Endpoint, process: str = "") -> int:
    """About how many lines one look leaves in the server's log; web servers log little more than the one request."""
    if not careful(endpoint.protocol):
        return 1
    per = next((_LINES[name] for name in process.replace(",", " ").split() if name in _LINES), _UNKNOWN_LINES)
    return round(connections(endpoint.protocol) * per)
