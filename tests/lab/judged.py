"""The answer key for web, mail and FTP: what schouw must say of the encryption of each host, under NCSC-NL."""

from __future__ import annotations

Subjects = dict[str, tuple[str, ...]]
"""Check → its subjects; "" where a finding is about the whole host."""


def _keys(critical: Subjects | None = None, high: Subjects | None = None, medium: Subjects | None = None,
          low: Subjects | None = None) -> dict[str, str]:  # fmt: skip
    found: dict[str, str] = {}
    for severity, checks in (("critical", critical), ("high", high), ("medium", medium), ("low", low)):
        for check, subjects in (checks or {}).items():
            found |= {f"{check}:{subject}" if subject else check: severity for subject in subjects}
    return found


JUDGED: dict[str, dict[str, str]] = {
    "webgood": _keys(
        low={
            "crypto.tls.signature": (
                "3306/tcp",
                "8443/tcp",
            ),
        },
    ),
    "webweak": _keys(
        critical={
            "crypto.cert.expiry": ("expired.example.net",),
        },
        high={
            "crypto.cert.chain": ("incomplete.example.net",),
            "crypto.cert.key": ("RSA 1024",),
            "crypto.cert.name": ("wrongname.example.net",),
            "crypto.cert.signature": ("sha1",),
            "crypto.cert.trust": ("selfsigned.example.net",),
            "crypto.ftp.plaintext": ("ftp",),
            "crypto.tls.dh": (
                "443/tcp",
                "4443/tcp",
            ),
            "crypto.tls.group": (
                "4443/tcp",
                "8443/tcp",
            ),
            "crypto.tls.protocol": (
                "443/tcp",
                "4443/tcp",
                "8443/tcp",
            ),
            "crypto.tls.signature": (
                "443/tcp",
                "4443/tcp",
            ),
            "crypto.tls.suite": (
                "443/tcp",
                "4443/tcp",
                "8443/tcp",
            ),
            "hardening.ftp.anonymous": ("ftp",),
        },
        medium={
            "crypto.http.hsts": (
                "443/tcp",
                "4443/tcp",
                "8443/tcp",
            ),
            "crypto.http.redirect": ("80/tcp",),
        },
    ),
    "mailgood": _keys(
        low={
            "crypto.tls.signature": (
                "25/tcp",
                "ftp",
                "mailboxes",
                "submission",
            ),
        },
    ),
    "mailweak": _keys(
        critical={
            "hardening.mail.relay": ("smtp",),
        },
        high={
            "crypto.ftp.plaintext": ("ftp",),
            "crypto.mail.plaintext_login": (
                "mailboxes",
                "smtp",
            ),
            "crypto.tls.dh": (
                "25/tcp",
                "mailboxes",
                "submission",
            ),
            "crypto.tls.group": ("mailboxes",),
            "crypto.tls.protocol": (
                "mailboxes",
                "submission",
            ),
            "crypto.tls.signature": ("submission",),
            "crypto.tls.suite": (
                "mailboxes",
                "submission",
            ),
        },
        low={
            "crypto.tls.protocol": ("25/tcp",),
            "crypto.tls.signature": ("25/tcp",),
            "crypto.tls.suite": ("25/tcp",),
        },
    ),
    "eximgood": {},
    "eximweak": _keys(
        critical={
            "hardening.mail.relay": ("smtp",),
        },
        high={
            "crypto.ftp.plaintext": ("ftp",),
            "crypto.mail.plaintext_login": (
                "mailboxes",
                "smtp",
            ),
            "crypto.tls.dh": ("ftp",),
            "crypto.tls.group": (
                "mailboxes",
                "submission",
            ),
            "crypto.tls.protocol": (
                "ftp",
                "mailboxes",
                "submission",
            ),
            "crypto.tls.signature": (
                "ftp",
                "mailboxes",
                "submission",
            ),
            "crypto.tls.suite": (
                "25/tcp",
                "ftp",
                "mailboxes",
                "submission",
            ),
            "hardening.ftp.anonymous": ("ftp",),
        },
        medium={
            "crypto.cert.chain": ("21/tcp",),
        },
        low={
            "crypto.tls.group": ("25/tcp",),
            "crypto.tls.protocol": ("25/tcp",),
            "crypto.tls.signature": ("25/tcp",),
        },
    ),
    "trixie": _keys(
        low={
            "crypto.tls.no_pq": ("",),
            "crypto.tls.signature": (
                "25/tcp",
                "443/tcp",
                "ftp",
                "mailboxes",
                "submission",
            ),
            "ports.host.not_exempt": ("sshd",),
        },
    ),
    "trixieweak": _keys(
        high={
            "crypto.ftp.plaintext": ("ftp",),
            "crypto.mail.plaintext_login": (
                "mailboxes",
                "smtp",
            ),
            "crypto.tls.dh": (
                "25/tcp",
                "submission",
            ),
            "crypto.tls.group": (
                "443/tcp",
                "mailboxes",
                "submission",
            ),
            "crypto.tls.protocol": (
                "443/tcp",
                "ftp",
                "mailboxes",
                "submission",
            ),
            "crypto.tls.signature": (
                "443/tcp",
                "ftp",
                "mailboxes",
                "submission",
            ),
            "crypto.tls.suite": (
                "443/tcp",
                "ftp",
                "mailboxes",
                "submission",
            ),
        },
        low={
            "crypto.tls.group": ("25/tcp",),
            "crypto.tls.no_pq": ("",),
            "crypto.tls.protocol": ("25/tcp",),
            "crypto.tls.signature": ("25/tcp",),
            "crypto.tls.suite": ("25/tcp",),
            "ports.host.not_exempt": ("sshd",),
        },
    ),
    "quantum": _keys(
        low={
            "ports.host.not_exempt": ("sshd",),
        },
    ),
}
