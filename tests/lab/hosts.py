"""The hosts of the lab: what each is made of. The answer keys stand beside, in `answers.py`."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace

LAB = int(os.environ.get("SCHOUW_LAB") or 213)
"""Several labs may run beside each other on one machine, each with a number from 1 to 254 of its own."""
NETWORK = f"198.18.{LAB}"
"""Set aside for tests of network gear (RFC 2544): never on the Internet."""
NETWORK6 = f"2001:db8:{LAB}:"

_HARDENED = """
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
X11Forwarding no
AllowTcpForwarding no
AllowAgentForwarding no
MaxAuthTries 3
LoginGraceTime 30
KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256
Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com
MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com
"""

_WEAK = """
PermitRootLogin yes
PasswordAuthentication yes
MaxAuthTries 10
X11Forwarding yes
KexAlgorithms curve25519-sha256,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1
Ciphers aes256-gcm@openssh.com,aes128-ctr,aes128-cbc,3des-cbc
MACs hmac-sha2-256-etm@openssh.com,hmac-sha1,hmac-md5
"""

#: nftables rules that let only the named ports in, on both families.
_FIREWALL = """
table inet filter {{
  chain input {{
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    iif lo accept
    icmp type echo-request accept
    icmpv6 type {{ echo-request, nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert }} accept
    tcp dport {{ {ports} }} accept
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class LabHost:
    """One host: `number` is the last part of its addresses; `start` runs in it as root, in sh, after sshd.

    What lies in the folder ``trees/NAME`` is laid over its root; ``lab/daemons`` there stands for `start`.
    """

    name: str
    number: int
    base: str = "this"
    user: str = "root"
    sshd: str = _HARDENED
    start: str = ""
    files: dict[str, str] = field(default_factory=dict)
    firewall: str = ""
    listen: str = '["22/tcp"]'
    patched: bool = True
    """Whether the package lists know nothing newer than what is installed."""
    fleet: str = ""
    """More lines of its table in hosts.toml."""
    like: str = ""
    """Whose folder of ``trees`` it has, where it has none of its own."""

    @property
    def address(self) -> str:
        return f"{NETWORK}.{self.number}"

    @property
    def address6(self) -> str:
        return f"{NETWORK6}:{self.number}"


_AUTOMATIC = {
    "/etc/apt/apt.conf.d/20auto-upgrades": (
        'APT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n'
        'Unattended-Upgrade::Origins-Pattern { "origin=Debian,codename=${distro_codename},label=Debian-Security"; };\n'
    ),
}


_MAIL = "25, 110, 143, 465, 587, 993, 995, 4190"


#: One name for each of the certificates that are bad.
_NAMED = """tls = [{ port = 443, protocol = "https", names = [
  "webweak.example.net", "expired.example.net", "selfsigned.example.net", "wrongname.example.net", "shortkey.example.net",
  "sha1.example.net", "incomplete.example.net", "hostile.example.net",
] }]"""


def _server(name: str, number: int, base: str, ports: str, fleet: str = "") -> LabHost:
    ports = f"22, {ports}"
    listen = ", ".join(f'"{port}/tcp"' for port in ports.split(", "))
    return LabHost(name, number, base=base, firewall=_FIREWALL.format(ports=ports), listen=f"[{listen}]", fleet=fleet)


#: Web, mail and FTP servers, every daemon once as it should be and once as it should not.
_SERVERS = (
    _server("webgood", 20, "web", "21, 80, 443, 3306, 5432, 8443"),
    _server("webweak", 21, "web", "21, 80, 443, 3306, 4443, 5432, 8443", fleet=_NAMED),
    _server("mailgood", 22, "mail", f"21, {_MAIL}, 990"),
    _server("mailweak", 23, "mail", f"21, {_MAIL}"),
    _server("eximgood", 24, "exim", "21, 25, 110, 143, 465, 587, 993, 995"),
    _server("eximweak", 25, "exim", "21, 25, 110, 143, 465, 587, 993, 995"),
    _server("trixie", 26, "new", f"21, {_MAIL}, 443, 2000"),
    _server("trixieweak", 27, "new", f"21, {_MAIL}, 443, 2000"),
    _server("quantum", 28, "new", "443"),
)

HOSTS: tuple[LabHost, ...] = (
    LabHost("clean", 11, base="cared-for", user="schouw", files=_AUTOMATIC, firewall=_FIREWALL.format(ports="22")),
    LabHost("weakssh", 12, base="cared-for", sshd=_WEAK, files=_AUTOMATIC, firewall=_FIREWALL.format(ports="22")),
    LabHost(
        "exposed",
        13,
        files=_AUTOMATIC,
        firewall=_FIREWALL.format(ports="22, 21, 6379, 8081"),
        listen='["22/tcp", "443/tcp"]',
        start="\n".join(
            (
                "fake redis-server 0.0.0.0 6379 &",
                "fake mysqld 0.0.0.0 3306 &",
                "fake vsftpd 0.0.0.0 21 '220 (vsFTPd 3.0.3)' &",
                "fake memcached 127.0.0.1 11211 &",
                "fake node 0.0.0.0 8081 &",
            )
        ),
    ),
    LabHost("olddebian", 14, base="old-debian", sshd="PermitRootLogin prohibit-password\n", patched=False),
    LabHost("alma", 15, base="rpm"),
    *_SERVERS,
    LabHost("plain", 16, user="visitor", files=_AUTOMATIC, firewall=_FIREWALL.format(ports="22"), fleet='privilege = "none"'),
)

#: The accounts that the tests of logins log in with, each with the password "secret".
_PEOPLE = """
for person in alice bob carol dave erin frank; do
  useradd -m -s /bin/bash $person
  echo $person:secret | chpasswd
  for folder in Maildir Maildir/cur Maildir/new Maildir/tmp; do install -d -o $person -g $person /home/$person/$folder; done
done
"""

#: sh /lab/ready PORT...: return when all of them are listened at, or after half a minute.
_READY = """
for port in "$@"; do
  tries=0
  until [ "$(ss -Hltn "sport = :$port")" ] || [ $((tries += 1)) -gt 300 ]; do sleep 0.1; done
done
"""


def _with_people(name: str, number: int, base: str, ports: str, user: str = "root") -> LabHost:
    # No firewall: files go over any port.
    return replace(
        _server(name, number, base, ports), user=user, files={"/lab/people": _PEOPLE, "/lab/ready": _READY}, firewall=""
    )


#: Mail and FTP servers with accounts and logs: not part of the lab that everybody starts, but of the tests of logins.
#: `sh /lab/mode default|told|refused` in them sets how much their logs tell, and whether plaintext is allowed.
LOGIN_HOSTS: tuple[LabHost, ...] = (
    _with_people("loginmail", 40, "mail-logged", f"21, {_MAIL}"),
    _with_people("loginnew", 41, "new", f"21, {_MAIL}"),
    _with_people("loginexim", 42, "exim-logged", "21, 25, 110, 143, 465, 587, 993, 995"),
    _with_people("loginweb", 43, "ftp-logged", "21", user="schouw"),
)

#: sh /lab/guard: sshd logs as Debian has it, and fail2ban watches.
_GUARD = """
old=$(cat /run/sshd.pid)
kill $old
while [ -d /proc/$old ]; do sleep 0.1; done
/usr/sbin/sshd
touch /var/log/auth.log /var/log/mail.log /var/log/syslog /var/log/vsftpd.log
mkdir -p /run/fail2ban
fail2ban-client start
"""

#: loginnew's daemons, with a syslog daemon instead of the journal, which knows services by systemd's units alone.
_SYSLOG = """
export OPENSSL_CONF=/dev/null
. /lab/people
rsyslogd -iNONE
mkdir -p /run/vsftpd/empty
cat /lab/master.cf >> /etc/postfix/master.cf
postconf -F '*/*/chroot = n'
newaliases
postfix start
sh /lab/mode default
"""


def _guarded(name: str, number: int, base: str, like: str, jails: str, **more: str) -> LabHost:
    """All that fail2ban has for its daemons is switched on, every jail as it comes."""
    host = next(one for one in LOGIN_HOSTS if one.name == like)
    enabled = "".join(f"[{jail}]\nenabled = true\nbackend = polling\n" for jail in ("sshd", *jails.split()))
    files = host.files | {"/lab/guard": _GUARD, "/etc/fail2ban/jail.d/lab.local": enabled} | more
    return replace(host, name=name, number=number, base=base, like=like, files=files, fleet="ssh = false")


#: The same servers behind fail2ban, for those who want to know whether schouw gets itself banned. Known from outside alone.
GUARDED_HOSTS: tuple[LabHost, ...] = (
    _guarded("guardmail", 50, "mail-guarded", "loginmail", "postfix postfix-sasl dovecot sieve vsftpd"),
    _guarded("guardnew", 51, "new-guarded", "loginnew", "postfix postfix-sasl dovecot sieve vsftpd", **{"/lab/daemons": _SYSLOG}),
    _guarded("guardexim", 52, "exim-guarded", "loginexim", "exim courier-auth courier-smtp proftpd"),
    _guarded("guardweb", 53, "ftp-guarded", "loginweb", "pure-ftpd"),
)

EVERY_HOST = (*HOSTS, *LOGIN_HOSTS, *GUARDED_HOSTS)

#: In the fleet file, but nobody is there.
ABSENT = "absent"
ABSENT_ADDRESS = f"{NETWORK}.99"
