"""What a port speaks, and which class of services that is."""

from __future__ import annotations

from enum import StrEnum


class ServiceClass(StrEnum):
    """A profile is chosen for each of them: what is right for a browser would drive a mail server back to plaintext."""

    WEB = "web"
    MAIL = "mail"
    """Mail for clients: submission, IMAP, POP3, ManageSieve."""
    MX = "mx"
    """Mail between servers, port 25: a sender that cannot agree on TLS sends in the clear."""
    FTP = "ftp"
    OTHER = "other"


class Protocol(StrEnum):
    """What a port speaks, with the TLS that belongs to it."""

    HTTPS = "https"
    HTTP = "http"
    """Without TLS: looked at for where it sends people."""
    SMTP = "smtp"
    SUBMISSION = "submission"
    SMTPS = "smtps"
    IMAP = "imap"
    IMAPS = "imaps"
    POP3 = "pop3"
    POP3S = "pop3s"
    FTP = "ftp"
    FTPS = "ftps"
    SIEVE = "sieve"
    POSTGRES = "postgres"
    MYSQL = "mysql"
    TLS = "tls"
    """Anything else that answers a ClientHello."""

    @property
    def starttls(self) -> bool:
        """Whether TLS begins only after a few words in the clear."""
        return self in _STARTTLS

    @property
    def service_class(self) -> ServiceClass:
        return _CLASSES.get(self, ServiceClass.OTHER)


_STARTTLS = frozenset({
    Protocol.SMTP, Protocol.SUBMISSION, Protocol.IMAP, Protocol.POP3, Protocol.FTP, Protocol.SIEVE, Protocol.POSTGRES,
    Protocol.MYSQL,
})  # fmt: skip
_CLASSES = {
    Protocol.HTTPS: ServiceClass.WEB,
    Protocol.HTTP: ServiceClass.WEB,
    Protocol.SMTP: ServiceClass.MX,
    Protocol.FTP: ServiceClass.FTP,
    Protocol.FTPS: ServiceClass.FTP,
    **dict.fromkeys(
        (Protocol.SUBMISSION, Protocol.SMTPS, Protocol.IMAP, Protocol.IMAPS, Protocol.POP3, Protocol.POP3S, Protocol.SIEVE),
        ServiceClass.MAIL,
    ),
}
