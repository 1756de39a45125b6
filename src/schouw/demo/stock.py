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


#: ``name version``, and ``source`` and ``source-version`` where they differ.
_TRIXIE = (
    "bash 5.2.37-2",
    "coreutils 9.7-3",
    "curl 8.14.1-2+deb13u2",
    "libc6 2.41-12 glibc",
    "liblzma5 5.8.1-1 xz-utils",
    "openssl 3.5.4-1~deb13u1",
    "sudo 1.9.16p2-3",
    "tar 1.35+dfsg-3.1",
    "vim 2:9.1.1230-2",
    "zlib1g 1:1.3.dfsg+really1.3.1-1 zlib",
)
_BOOKWORM = (
    "bash 5.2.15-2",
    "coreutils 9.1-1",
    "curl 7.88.1-10+deb12u14",
    "libc6 2.36-9+deb12u13 glibc",
    "liblzma5 5.4.1-1 xz-utils",
    "openssl 3.0.17-1~deb12u3",
    "sudo 1.9.13p3-1+deb12u2",
    "tar 1.34+dfsg-1.2+deb12u1",
    "vim 2:9.0.1378-2+deb12u2",
    "zlib1g 1:1.2.13.dfsg-1 zlib",
)
_BULLSEYE = (
    "bash 5.1-2+deb11u1",
    "coreutils 8.32-4",
    "curl 7.74.0-1.3+deb11u15",
    "libc6 2.31-13+deb11u13 glibc",
    "liblzma5 5.2.5-2.1~deb11u1 xz-utils",
    "openssl 1.1.1w-0+deb11u4",
    "sudo 1.9.5p2-3+deb11u3",
    "tar 1.34+dfsg-1+deb11u1",
    "vim 2:8.2.2434-3+deb11u3",
    "zlib1g 1:1.2.11.dfsg-2+deb11u2 zlib",
)
_JAMMY = (
    "bash 5.1-6ubuntu1.1",
    "coreutils 8.32-4.1ubuntu1.2",
    "curl 7.81.0-1ubuntu1.21",
    "libc6 2.35-0ubuntu3.11 glibc",
    "liblzma5 5.2.5-2ubuntu1 xz-utils",
    "openssl 3.0.2-0ubuntu1.20",
    "sudo 1.9.9-1ubuntu2.5",
    "tar 1.34+dfsg-1ubuntu0.1.22.04.2",
    "vim 2:8.2.3995-1ubuntu2.24",
    "zlib1g 1:1.2.11.dfsg-2ubuntu9.2 zlib",
)
_NOBLE = (
    "bash 5.2.21-2ubuntu4",
    "coreutils 9.4-3ubuntu6.1",
    "curl 8.5.0-2ubuntu10.6",
    "libc6 2.39-0ubuntu8.6 glibc",
    "liblzma5 5.6.1+really5.4.5-1ubuntu0.2 xz-utils",
    "openssl 3.0.13-0ubuntu3.6",
    "sudo 1.9.15p5-3ubuntu5.24.04.1",
    "tar 1.35+dfsg-3build1",
    "vim 2:9.1.0016-1ubuntu7.9",
    "zlib1g 1:1.3.dfsg-3.1ubuntu2.1 zlib",
)
_EL9 = (
    "bash 0:5.1.8-9.el9",
    "coreutils 0:8.32-39.el9",
    "curl 0:7.76.1-31.el9",
    "glibc 0:2.34-168.el9_6.23",
    "sudo 0:1.9.5p2-10.el9_6.2",
)
_EL7 = (
    "bash 0:4.2.46-35.el7_9",
    "coreutils 0:8.22-24.el7_9.2",
    "curl 0:7.29.0-59.el7_9.2",
    "glibc 0:2.17-326.el7_9.3",
    "sudo 0:1.8.23-10.el7_9.3",
)

#: `uname -r` → version of its package.
KERNELS = {
    "6.12.57+deb13-amd64": "6.12.57-1",
    "6.12.48+deb13-amd64": "6.12.48-1",
    "6.1.0-41-amd64": "6.1.158-1",
    "6.1.0-27-amd64": "6.1.115-1",
    "5.10.0-36-amd64": "5.10.244-1",
    "5.15.0-161-generic": "5.15.0-161.171",
    "5.15.0-156-generic": "5.15.0-156.166",
    "6.8.0-87-generic": "6.8.0-87.88",
    "5.14.0-570.58.1.el9_6.x86_64": "0:5.14.0-570.58.1.el9_6",
    "3.10.0-1160.el7.x86_64": "0:3.10.0-1160.el7",
}

DEBIAN_13 = Release(
    "debian", "13", "Debian GNU/Linux 13 (trixie)", "trixie", "6.12.57+deb13-amd64", "10.0p2",
    ("mlkem768x25519-sha256", *_MODERN), (*_TRIXIE, "openssh-server 1:10.0p1-7 openssh"),
)  # fmt: skip
DEBIAN_12 = Release(
    "debian", "12", "Debian GNU/Linux 12 (bookworm)", "bookworm", "6.1.0-41-amd64", "9.2p1",
    _MODERN, (*_BOOKWORM, "openssh-server 1:9.2p1-2+deb12u7 openssh"),
)  # fmt: skip
DEBIAN_11 = Release(
    "debian", "11", "Debian GNU/Linux 11 (bullseye)", "bullseye", "5.10.0-36-amd64", "8.4p1",
    _OLDER, (*_BULLSEYE, "openssh-server 1:8.4p1-5+deb11u5 openssh"),
)  # fmt: skip
UBUNTU_22 = Release(
    "ubuntu", "22.04", "Ubuntu 22.04.5 LTS", "jammy", "5.15.0-161-generic", "8.9p1",
    _MODERN, (*_JAMMY, "openssh-server 1:8.9p1-3ubuntu0.13 openssh"), ("debian",),
)  # fmt: skip
UBUNTU_24 = Release(
    "ubuntu", "24.04", "Ubuntu 24.04.3 LTS", "noble", "6.8.0-87-generic", "9.6p1",
    _MODERN, (*_NOBLE, "openssh-server 1:9.6p1-3ubuntu13.14 openssh"), ("debian",),
)  # fmt: skip
ALMA_9 = Release(
    "almalinux", "9.6", "AlmaLinux 9.6 (Sage Margay)", "", "5.14.0-570.58.1.el9_6.x86_64", "8.7p1",
    _OLDER, (*_EL9, "openssh-server 0:8.7p1-45.el9"), ("rhel", "centos", "fedora"), False, "AlmaLinux",
)  # fmt: skip
CENTOS_7 = Release(
    "centos", "7", "CentOS Linux 7 (Core)", "", "3.10.0-1160.el7.x86_64", "7.4p1",
    _LEGACY, (*_EL7, "openssh-server 0:7.4p1-23.el7_9"), ("rhel", "fedora"), False, "CentOS",
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
    143: "* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] Dovecot ready.",
    587: "220 mail.example.net ESMTP Postfix",
}


def fingerprint(seed: str) -> str:
    """The same for the same seed, and nobody's key."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(seed.encode()).digest()).decode().rstrip("=")
