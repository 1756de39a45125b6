"""The answer key: what schouw must say of each host of the lab. Findings below low are matters of taste, and left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from ssl import OPENSSL_VERSION_INFO

from tests.lab.judged import JUDGED


@dataclass(frozen=True, slots=True)
class Answer:
    """`findings`: key → severity of everything above info. `not_checked`: checks that must say that they could not."""

    state: str
    findings: dict[str, str] = field(default_factory=dict)
    error: str | None = None
    not_checked: frozenset[str] = frozenset()
    os: str = ""


_UNATTENDED = {"software.updates.automatic": "medium"}

_DATABASES = {"ports.service.exposed:3306/tcp": "medium", "ports.service.exposed:5432/tcp": "medium"}

ANSWERS: dict[str, Answer] = {
    "clean": Answer("scanned"),
    "weakssh": Answer(
        "scanned",
        {
            "crypto.ssh.kex:22/tcp": "high",
            "crypto.ssh.cipher:22/tcp": "high",
            "crypto.ssh.mac:22/tcp": "medium",
            "hardening.sshd.root_login": "high",
            "hardening.sshd.password_login": "medium",
            "hardening.sshd.max_auth_tries": "low",
            "hardening.sshd.x11_forwarding": "low",
        },
    ),
    "exposed": Answer(
        "scanned",
        {
            "crypto.ftp.plaintext:ftp": "high",
            "ports.service.exposed:6379/tcp": "critical",
            "ports.service.unexpected:21/tcp": "high",
            "ports.service.unexpected:8081/tcp": "high",
            "ports.service.unexpected:3306/tcp": "low",
            "ports.service.gone:443/tcp": "medium",
            **_UNATTENDED,
        },
    ),
    "olddebian": Answer(
        "scanned",
        {
            "software.system.end_of_life": "critical",
            "software.updates.security": "high",
            "crypto.ssh.host_key_algorithm:22/tcp": "medium",
            "crypto.ssh.kex:22/tcp": "low",
            "crypto.ssh.mac:22/tcp": "low",
            "hardening.firewall.none": "medium",
            "hardening.sshd.password_login": "medium",
            **_UNATTENDED,
        },
        os="debian",
    ),
    "alma": Answer(
        "partial",
        {"hardening.firewall.none": "medium", **_UNATTENDED},
        not_checked=frozenset({"software.updates.security", "software.updates.other"}),
        os="almalinux",
    ),
    "webgood": Answer("scanned", {**JUDGED["webgood"], **_DATABASES, **_UNATTENDED}),
    "webweak": Answer("scanned", {**JUDGED["webweak"], **_DATABASES, **_UNATTENDED}),
    "mailgood": Answer("scanned", {**JUDGED["mailgood"], **_UNATTENDED}),
    "mailweak": Answer("scanned", {**JUDGED["mailweak"], **_UNATTENDED}),
    "eximgood": Answer("scanned", {**JUDGED["eximgood"], **_UNATTENDED}),
    "eximweak": Answer("scanned", {**JUDGED["eximweak"], **_UNATTENDED}),
    "trixie": Answer("scanned", {**JUDGED["trixie"], **_UNATTENDED}),
    "trixieweak": Answer("scanned", {**JUDGED["trixieweak"], **_UNATTENDED}),
    # OpenSSL before 3.5 cannot finish a handshake there.
    "quantum": Answer("partial" if OPENSSL_VERSION_INFO < (3, 5) else "scanned", {**JUDGED["quantum"], **_UNATTENDED}),
    "plain": Answer(
        "partial",
        _UNATTENDED,
        error="needs-privilege",
        not_checked=frozenset({"hardening.firewall.none", "hardening.sshd.root_login", "software.services.restart"}),
    ),
    "absent": Answer("unreachable", error="silent"),
}

#: What checks need the inside view, and the outside view, to tell anything at all; all others tell by either.
ONLY_INSIDE = ("software.", "hardening.sshd.", "hardening.firewall.", "ports.host.")
ONLY_OUTSIDE = (
    "crypto.cert.",
    "crypto.http.",
    "crypto.tls.dh",
    "crypto.tls.group",
    "crypto.tls.no_pq",
    "crypto.tls.signature",
    "crypto.tls.suite",
    "hardening.ftp.",
    "hardening.mail.",
    "ports.service.exposed",
)

#: What one view alone says of a host otherwise; "": nothing above info, and nothing is lacking.
ALONE: dict[str, dict[str, dict[str, str]]] = {
    "inside": {
        # Who listens is seen, and not whether the firewall lets anybody in; the FTP server has no configuration.
        "exposed": {
            "crypto.ftp.plaintext:ftp": "",
            "ports.service.everywhere:3306/tcp": "low",
            "ports.service.everywhere:6379/tcp": "low",
            "ports.service.unexpected:21/tcp": "medium",
            "ports.service.unexpected:3306/tcp": "medium",
            "ports.service.unexpected:6379/tcp": "medium",
            "ports.service.unexpected:8081/tcp": "medium",
        },
    },
    "outside": {
        # A filtered port may be one that nothing listens at, or that something does.
        "exposed": {"ports.service.gone:443/tcp": "low", "ports.service.unexpected:3306/tcp": ""},
        # That there is no group with ML-KEM is only seen; that their OpenSSL has one is not.
        "trixie": {"crypto.tls.no_pq": ""},
        "trixieweak": {"crypto.tls.no_pq": ""},
    },
}
