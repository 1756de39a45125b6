"""What servers have in common: releases as they are installed, and an SSH server that is well kept."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

_MODERN = (
    "sntrup761x25519-sha512@openssh.com",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "diffie-hellman-group16-sha512",
    "kex-strict-s-v00@openssh.com",
)
_OLDER = ("curve25519-sha256", "ecdh-sha2-nistp256", "diffie-hellman-group16-sha512", "kex-strict-s-v00@openssh.com")
_LEGACY = ("curve25519-sha256@libssh.org", "ecdh-sha2-nistp256", "diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1")

MAIL_LOG = "/var/log/maillog"


@dataclass(frozen=True, slots=True)
class Release:
    id: str
    version: str
    pretty: str
    codename: str
    kernel: str
    openssh: str
    kex: tuple[str, ...]
    packages: tuple[str, ...]
    like: tuple[str, ...] = ()
    dpkg: bool = True
    vendor: str = ""

    @property
    def security(self) -> str:
        return f"{self.codename}-security" if self.dpkg else "updates (security advisory)"

    @property
    def updates(self) -> str:
        return self.codename if self.dpkg else "updates"


_ROWS = (
    "bash 5.2.15-2",
    "coreutils 9.1-1",
    "curl 7.88.1-10",
    "libc6 2.36-9",
    "openssl 3.0.15-1",
    "sudo 1.9.13-1",
    "tar 1.34-1",
    "vim 9.0.1378-2",
)
_RPM_ROWS = (
    "bash 0:5.1.8-9.el9",
    "coreutils 0:8.32-36.el9",
    "curl 0:7.76.1-31.el9",
    "glibc 0:2.34-125.el9",
    "sudo 0:1.9.5p2-10.el9",
)

DEBIAN_13 = Release(
    "debian", "13", "Debian GNU/Linux 13 (trixie)", "trixie", "6.12.57+deb13-amd64", "10.0p2",
    ("mlkem768x25519-sha256", *_MODERN), (*_ROWS, "openssh-server 1:10.0p1-7"),
)  # fmt: skip
DEBIAN_12 = Release(
    "debian", "12", "Debian GNU/Linux 12 (bookworm)", "bookworm", "6.1.0-41-amd64", "9.2p1",
    _MODERN, (*_ROWS, "openssh-server 1:9.2p1-2+deb12u7"),
)  # fmt: skip
DEBIAN_11 = Release(
    "debian", "11", "Debian GNU/Linux 11 (bullseye)", "bullseye", "5.10.0-36-amd64", "8.4p1",
    _OLDER, (*_ROWS, "openssh-server 1:8.4p1-5+deb11u5"),
)  # fmt: skip
UBUNTU_22 = Release(
    "ubuntu", "22.04", "Ubuntu 22.04.5 LTS", "jammy", "5.15.0-161-generic", "8.9p1",
    _MODERN, (*_ROWS, "openssh-server 1:8.9p1-3ubuntu0.13"), ("debian",),
)  # fmt: skip
UBUNTU_24 = Release(
    "ubuntu", "24.04", "Ubuntu 24.04.3 LTS", "noble", "6.8.0-87-generic", "9.6p1",
    _MODERN, (*_ROWS, "openssh-server 1:9.6p1-3ubuntu13.14"), ("debian",),
)  # fmt: skip
ALMA_9 = Release(
    "almalinux", "9.6", "AlmaLinux 9.6 (Sage Margay)", "", "5.14.0-570.58.1.el9_6.x86_64", "8.7p1",
    _OLDER, (*_RPM_ROWS, "openssh-server 0:8.7p1-45.el9"), ("rhel", "centos", "fedora"), False, "AlmaLinux",
)  # fmt: skip
CENTOS_7 = Release(
    "centos", "7", "CentOS Linux 7 (Core)", "", "3.10.0-1160.el7.x86_64", "7.4p1",
    _LEGACY, (*_RPM_ROWS, "openssh-server 0:7.4p1-23.el7_9"), ("rhel", "fedora"), False, "CentOS",
)  # fmt: skip

CIPHERS = ("chacha20-poly1305@openssh.com", "aes256-gcm@openssh.com", "aes128-gcm@openssh.com", "aes256-ctr")
MACS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com")

#: `sshd -T` of a server that is well kept; keyword in lower case.
SSHD: dict[str, tuple[str, ...]] = {
    "port": ("22",),
    "permitrootlogin": ("prohibit-password",),
    "passwordauthentication": ("no",),
    "kbdinteractiveauthentication": ("no",),
    "permitemptypasswords": ("no",),
    "pubkeyauthentication": ("yes",),
    "x11forwarding": ("no",),
    "allowtcpforwarding": ("no",),
    "gatewayports": ("no",),
    "maxauthtries": ("6",),
    "logingracetime": ("60",),
    "permituserenvironment": ("no",),
    "ignorerhosts": ("yes",),
    "hostbasedauthentication": ("no",),
    "strictmodes": ("yes",),
    "usepam": ("yes",),
}

#: What newer servers list beside it, by version.
PENALTIES = {"10.0p2": {"persourcepenalties": ("crash:90", "authfail:5", "noauth:1", "grace-exceeded:10", "max:600", "min:15")}}

#: Some of the ports that are always tried.
RISKY = (21, 23, 111, 445, 2375, 3306, 5432, 6379, 8080, 9200, 11211, 27017)

GREETINGS = {
    21: "220 (vsFTPd 3.0.5)",
    22: "SSH-2.0-OpenSSH",
    25: "220 mail.example.net ESMTP Postfix",
    110: "+OK Dovecot ready.",
    143: "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] Dovecot ready.",
    587: "220 mail.example.net ESMTP Postfix",
}


def fingerprint(seed: str) -> str:
    """The same for the same seed, and nobody's key."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(seed.encode()).digest()).decode().rstrip("=")
