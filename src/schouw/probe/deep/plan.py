"""What a deep look asks where, and what that costs the server: announced before, and charged to the host's budget.

Figures were measured with sslyze 6.3.1; "about", for they depend on the versions and suites that a server speaks. What
was really connected the runner counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from schouw.model.outside import Outside
from schouw.model.protocol import Protocol, ServiceClass
from schouw.model.tls import Endpoint, Looked, TlsOffer
from schouw.probe.deep.lines import QUESTIONS, StartTls

#: Finding out what it speaks before the first question, and whether it still answers after the last.
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

#: Lines in the log for one connection that is broken off, by the program that listens; dearer ones log the TLS too.
_LINES = {
    "dovecot": 1.1, "exim": 1.0, "exim4": 1.0, "master": 4.5, "smtpd": 4.5, "vsftpd": 1.5, "proftpd": 5.4, "pure-ftpd": 3.5,
}  # fmt: skip
_USUAL_LINES = 3.0

_STARTTLS: dict[Protocol, StartTls] = {
    Protocol.SMTP: "smtp",
    Protocol.SUBMISSION: "smtp",
    Protocol.IMAP: "imap",
    Protocol.POP3: "pop3",
    Protocol.FTP: "ftp",
    Protocol.POSTGRES: "postgres",
}

#: Daemons that log every connection, count them, and are the first to run out of them.
_CAREFUL = frozenset({ServiceClass.MAIL, ServiceClass.MX, ServiceClass.FTP})


def endpoints(outside: Outside) -> tuple[Endpoint, ...]:
    """Every port that was seen to speak TLS, or of which that is not known: once, where several of the host's addresses
    offer the same there, and under a name where it has one."""
    listeners: dict[tuple[str, int], Looked[TlsOffer]] = {}
    for looked in outside.tls:
        here = looked.endpoint
        before = listeners.get((here.address, here.port))
        if may_speak(looked) and (before is None or (here.name and not before.endpoint.name)):
            listeners[here.address, here.port] = looked
    different = {(looked.endpoint.port, _offered(looked)): looked.endpoint for looked in reversed(listeners.values())}
    return tuple(looked.endpoint for looked in listeners.values() if looked.endpoint in different.values())


def may_speak(looked: Looked[TlsOffer]) -> bool:
    """It was seen to, or that is not known."""
    offer = looked.attempt.result
    return not looked.attempt.absent and (offer is None or offer.spoken)


def starttls(protocol: Protocol) -> StartTls | None:
    """How sslyze calls the way in, None where it knows none."""
    return _STARTTLS.get(protocol) if protocol.starttls else ""


def questions(protocol: Protocol) -> tuple[str, ...]:
    """Early data is asked for with an HTTP request, which none but a web server should get."""
    return tuple(name for name in QUESTIONS if name != "early_data" or protocol.service_class is ServiceClass.WEB)


def careful(protocol: Protocol) -> bool:
    """Whether connections are to come one after another."""
    return protocol.service_class in _CAREFUL


def connections(protocol: Protocol) -> int:
    """About how many one look makes."""
    return _AROUND + sum(_CONNECTIONS[name] for name in questions(protocol))


def log_lines(endpoint: Endpoint, programs: Sequence[str] = ()) -> int:
    """About how many lines one look leaves in the server's log; a web server notes little but the one request.

    `programs` as listeners have them: one may be several, "smtpd master".
    """
    if not careful(endpoint.protocol):
        return 1
    names = [name for program in programs for name in program.replace(",", " ").split()]
    lines = max((_LINES[name] for name in names if name in _LINES), default=_USUAL_LINES)
    return round(connections(endpoint.protocol) * lines)


def _offered(looked: Looked[TlsOffer]) -> str:
    """Equal where two addresses cannot be told apart by what they offer."""
    offer = looked.attempt.result
    return looked.endpoint.address if offer is None else f"{offer.accepted.result} {offer.groups.result}"
