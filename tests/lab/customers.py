"""Customers of ours, who log in to mail and FTP servers: without TLS, with it, with old TLS."""

from __future__ import annotations

import contextlib
import ftplib
import imaplib
import io
import poplib
import smtplib
import ssl
import warnings
from collections.abc import Callable

PASSWORD = "secret"

#: How an account logs in: "plain", or STARTTLS with the newest, 1.0 or 1.2, or TLS from the start with the newest or 1.1.
#: An account's own way, so that the class it is counted in can only be its own.
WAYS = {"alice": "plain", "bob": "tls", "carol": "tls 1.0", "dave": "tls 1.2", "erin": "implicit", "frank": "implicit 1.1"}

_VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2}


def _context(way: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore"):  # old TLS is what this is about
        context.minimum_version = context.maximum_version = _VERSIONS.get(way.rpartition(" ")[2], ssl.TLSVersion.TLSv1_3)
    return context


def imap(address: str, account: str, way: str) -> None:
    if way.startswith("implicit"):
        session: imaplib.IMAP4 = imaplib.IMAP4_SSL(address, ssl_context=_context(way), timeout=20)
    else:
        session = imaplib.IMAP4(address, timeout=20)
        if way != "plain":
            session.starttls(_context(way))
    try:
        session.login(account, PASSWORD)
    finally:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            session.logout()


def pop3(address: str, account: str, way: str) -> None:
    if way.startswith("implicit"):
        session: poplib.POP3 = poplib.POP3_SSL(address, context=_context(way), timeout=20)
    else:
        session = poplib.POP3(address, timeout=20)
        if way != "plain":
            session.stls(_context(way))
    try:
        session.user(account)
        session.pass_(PASSWORD)
    finally:
        with contextlib.suppress(OSError, poplib.error_proto):
            session.quit()


def smtp(address: str, account: str, way: str) -> None:
    """Sends a message too: Postfix and Exim name an account with each, and only then."""
    if way.startswith("implicit"):
        session: smtplib.SMTP = smtplib.SMTP_SSL(address, 465, "client.example.nl", context=_context(way), timeout=20)
    else:
        session = smtplib.SMTP(address, 587, "client.example.nl", timeout=20)
        if way != "plain":
            session.starttls(context=_context(way))
    try:
        session.login(account, PASSWORD)
        session.sendmail(f"{account}@example.nl", ["alice@localhost"], "Subject: x\n\nx\n")
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            session.quit()


def ftp(address: str, account: str, way: str) -> None:
    """Sends a file too: only transfers are in an xferlog."""
    session = ftplib.FTP(address, timeout=20) if way == "plain" else ftplib.FTP_TLS(address, context=_context(way), timeout=20)
    try:
        session.login(account, PASSWORD)
        if isinstance(session, ftplib.FTP_TLS):
            session.prot_p()
        session.storbinary("STOR a file.txt", io.BytesIO(b"x" * 100))
    finally:
        with contextlib.suppress(OSError, ftplib.Error, EOFError):
            session.quit()


PROTOCOLS: dict[str, Callable[[str, str, str], None]] = {"imap": imap, "pop3": pop3, "smtp": smtp, "ftp": ftp}


def everybody(address: str, *protocols: str, besides: tuple[str, ...] = ()) -> None:
    """Each account once in its own way, and all must get in but those `besides`, who must not."""
    for protocol in protocols:
        for account, way in WAYS.items():
            if protocol == "ftp" and way.startswith("implicit"):
                continue  # FTP has no such port here
            try:
                PROTOCOLS[protocol](address, account, way)
            except (OSError, imaplib.IMAP4.error, poplib.error_proto, smtplib.SMTPException, ftplib.Error, EOFError):
                if account not in besides:
                    raise
            else:
                assert account not in besides, f"{account} got in to {protocol} with {way}"
