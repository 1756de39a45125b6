"""A hosting company's dozen, made up: each has something wrong that really happens. Addresses are for documentation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from schouw.demo.build import Server
from schouw.demo.encryption import Tls, dovecot, nginx, vsftpd
from schouw.demo.stock import ALMA_9, CENTOS_7, DEBIAN_11, DEBIAN_12, DEBIAN_13, UBUNTU_22, UBUNTU_24, fingerprint
from schouw.errors import ErrorClass, HostError
from schouw.model.facts import Privilege
from schouw.model.host import Host, Port
from schouw.model.logins import LoginClass

WEB = tuple(Port(number) for number in (22, 80, 443))
MAIL = tuple(Port(number) for number in (22, 25, 587, 993))
_WEB = ((80, "nginx"), (443, "nginx"))
_MAIL = ((25, "master"), (587, "master"), (993, "dovecot"))
_PHP = ((9000, "php-fpm"),)
_SHOPS = ("www.example.nl", "example.nl", "shop.example.nl", "bakery.example.nl", "florist.example.nl")
_CBC = ("aes256-cbc", "aes128-cbc", "3des-cbc")


@dataclass(frozen=True, slots=True)
class Played:
    """One server over time. `before`: what the last days' scans met, oldest first; `after`: what the next looks meet."""

    host: Host
    before: tuple[Server | HostError, ...]
    after: tuple[Server | HostError, ...]
    days: float = 0.0
    """How long ago its last scan was, beside the usual."""


def _logins(imap: int, pop3: int, old: int) -> tuple[tuple[str, LoginClass, int], ...]:
    """So many accounts in plaintext and with old TLS, beside those of customers who need no letter."""
    return (
        ("imap", LoginClass.PLAINTEXT, imap),
        ("pop3", LoginClass.PLAINTEXT, pop3),
        ("imap", LoginClass.OLD_TLS, old),
        ("imap", LoginClass.TLS, 1180),
        ("smtp", LoginClass.TLS, 960),
    )


def _host(name: str, number: int, group: str, listen: tuple[Port, ...] | None = None, *tags: str) -> Host:
    return Host(name=name, address=f"192.0.2.{number}", groups=(group,), tags=("prod", *tags), listen=listen, ssh_config="")


def _at(number: int) -> tuple[str, str]:
    return f"192.0.2.{number}", f"2001:db8::{number}"


def _steady(host: Host, server: Server) -> Played:
    return Played(host, (server,) * 3, (server,))


def _web1() -> Played:
    """The one to show: fix its sshd, press r, see it fixed; press r again, and somebody has undone it."""
    weak = Server(
        release=DEBIAN_12,
        addresses=_at(10),
        services=(*_WEB, (3306, "mariadbd")),
        local=_PHP,
        sshd=(("PermitRootLogin", "yes"), ("PasswordAuthentication", "yes"), ("X11Forwarding", "yes"), ("MaxAuthTries", "10")),
        ciphers=_CBC,
        security=("openssh-server 1:9.2p1-2+deb12u2 1:9.2p1-2+deb12u7", "nginx 1.22.1-9 1.22.1-9+deb12u3"),
        restarts=(("nginx", "/usr/lib/x86_64-linux-gnu/libssl.so.3"),),
        tls=Tls(names=_SHOPS, old=(443,), quantum=False, redirects=False, daemons=(
            nginx("1.22.1", "OpenSSL 3.0.17", "TLSv1 TLSv1.2 TLSv1.3", *_SHOPS, place="/etc/nginx/sites-enabled/shop.conf:14"),
        )),
    )  # fmt: skip
    safe = nginx("1.22.1", "OpenSSL 3.0.17", "TLSv1.2 TLSv1.3", *_SHOPS, place="/etc/nginx/sites-enabled/shop.conf:14")
    good = replace(
        weak,
        services=_WEB,
        local=(*_PHP, (3306, "mariadbd")),
        sshd=(("PermitRootLogin", "no"),),
        ciphers=(),
        restarts=(),
        security=weak.security[1:],
        tls=Tls(names=_SHOPS, quantum=False, daemons=(safe,)),
    )
    return Played(_host("web1", 10, "web", WEB, "public"), (good, weak, weak, weak), (good, weak))


def _web2() -> Played:
    names = ("www.example.org", "example.org")
    daemons = (nginx("1.26.3", "OpenSSL 3.5.1", "TLSv1.2 TLSv1.3", *names),)
    kept = Server(release=DEBIAN_13, addresses=_at(11), services=_WEB, local=_PHP, tls=Tls(names=names, daemons=daemons))
    behind = replace(
        kept,
        kernel="6.12.48+deb13-amd64",
        security=("sudo 1.9.16p2-2 1.9.16p2-3",),
        updates=("curl 8.14.1-2 8.14.1-2+deb13u2",),
    )
    return Played(_host("web2", 11, "web", WEB, "public"), (kept, kept, behind), (kept, behind))


def _web3() -> Played:
    server = Server(
        release=UBUNTU_24,
        addresses=_at(12),
        services=(*_WEB, (8080, "java"), (6379, "redis-server")),
        filtered=(6379,),
        ipv6_filtered=False,
        foreign=(("nodejs", "deb.nodesource.com"),),
        packages=("nodejs 20.19.2-1nodesource1",),
        updates=("tar 1.35-1 1.35-1ubuntu0.1", "vim 9.1.0016-1 9.1.0016-1ubuntu7.9"),
        tls=Tls(names=("app.example.com",), days=12, quantum=False, hsts=False),
    )
    return _steady(_host("web3", 12, "web", WEB, "public"), server)


def _mail1() -> Played:
    worse = Server(
        release=ALMA_9,
        addresses=_at(20),
        services=(*_MAIL, (110, "dovecot"), (143, "dovecot")),
        firewall="firewalld",
        macs=("hmac-sha1", "umac-64@openssh.com"),
        security=("dovecot 1:2.3.16-14.el9 1:2.3.16-15.el9_6", "glibc 0:2.34-125.el9 0:2.34-168.el9_6.23"),
        restarts=(("dovecot", "/usr/lib64/libc.so.6"), ("master", "/usr/lib64/libc.so.6")),
        tls=Tls(names=("mail.example.net",), quantum=False, old=(25, 110, 143, 993), clear=(110, 143), daemons=(
            dovecot("2.3.16", "OpenSSL 3.2.2", takes=True, oldest="TLSv1"),
        )), logins=_logins(37, 12, 4),
    )  # fmt: skip
    strict = Tls(names=("mail.example.net",), quantum=False, daemons=(dovecot("2.3.16", "OpenSSL 3.2.2", takes=False),))
    better = replace(worse, services=_MAIL, security=(), restarts=(), tls=strict, logins=_logins(35, 11, 4))
    return Played(_host("mail1", 20, "mail", MAIL), (worse, worse, worse), (better, worse))


def _mail2() -> Played:
    tls = Tls(names=("mx2.example.net",), quantum=False, rsa=True)
    weaker = Server(release=DEBIAN_12, addresses=_at(21), services=_MAIL, automatic=False, rsa_bits=2048, tls=tls)
    good = replace(weaker, automatic=True, rsa_bits=4096)
    return Played(_host("mail2", 21, "mail", MAIL), (weaker, weaker, good), (good,))


def _db1() -> Played:
    shut = Server(
        release=DEBIAN_11,
        addresses=_at(30),
        services=((5432, "postgres"),),
        filtered=(5432,),
        held=("postgresql-13",),
        security=("postgresql-13 13.21-0+deb11u1 13.23-0+deb11u1",),
        nowhere=("pg-backup-agent",),
    )
    opened = replace(shut, filtered=())
    return Played(_host("db1", 30, "db", (Port(22), Port(5432))), (shut, shut, opened), (shut, opened))


def _cache1() -> Played:
    server = Server(
        release=UBUNTU_22,
        addresses=_at(31),
        services=((11211, "memcached"), (6379, "redis-server")),
        firewall="",
        lists_days=41,
        automatic=False,
        kex=("diffie-hellman-group14-sha1",),
        packages=("redis-server 5:6.0.16-1ubuntu1 redis",),
    )
    return _steady(_host("cache1", 31, "db"), server)


def _shop() -> Played:
    server = Server(
        release=UBUNTU_22,
        addresses=_at(40),
        services=(*_WEB, (21, "vsftpd"), (10000, "miniserv.pl")),
        sshd=(("PasswordAuthentication", "yes"), ("AllowTcpForwarding", "yes")),
        security=(
            "openssl 3.0.2-0ubuntu1.18 3.0.2-0ubuntu1.20",
            "php8.1-fpm 8.1.2-1ubuntu2.21 8.1.2-1ubuntu2.22",
            "linux-image-generic 5.15.0.156 5.15.0.161",
        ),
        kernel="5.15.0-156-generic",
        foreign=(("php8.3-fpm", "ppa:ondrej/php"),),
        packages=("php8.1-fpm 8.1.2-1ubuntu2.21 php8.1",),
        tls=Tls(names=("pay.example.com", "www.pay.example.com"), old=(443,), bare=(21,), hsts=False, daemons=(
            nginx("1.18.0", "OpenSSL 3.0.2", "TLSv1 TLSv1.1 TLSv1.2", "pay.example.com", place="/etc/nginx/nginx.conf:33",
                  panel="directadmin"),
            vsftpd("3.0.5", "OpenSSL 3.0.2", tls=False),
        )),
    )  # fmt: skip
    return _steady(_host("shop", 40, "customers", WEB, "payments"), server)


def _bastion() -> Played:
    server = Server(release=DEBIAN_13, addresses=_at(2))
    return _steady(_host("bastion", 2, "infra", (Port(22),)), server)


def _legacy() -> Played:
    """CentOS 7, kept for one customer."""
    server = Server(
        release=CENTOS_7,
        addresses=("198.51.100.7",),
        services=((80, "httpd"), (443, "httpd"), (21, "proftpd"), (3306, "mysqld"), (111, "rpcbind")),
        firewall="iptables",
        sshd=(("PermitRootLogin", "yes"), ("PasswordAuthentication", "yes"), ("LoginGraceTime", "0")),
        ciphers=(*_CBC, "arcfour"),
        macs=("hmac-md5", "hmac-sha1"),
        host_key_types=("ssh-rsa", "ssh-dss"),
        rsa_bits=1024,
        lists_days=512,
        automatic=False,
        held=("php",),
        tls=Tls(
            names=("old.example.com",), old=(443,), quantum=False, rsa=True, days=-9, bare=(21,), hsts=False, redirects=False
        ),
    )
    host = replace(_host("legacy", 0, "customers", WEB, "migrate"), address="198.51.100.7")
    return _steady(host, server)


def _monitor() -> Played:
    """What can be seen without root: some, and it says what not."""
    server = Server(
        release=DEBIAN_12,
        addresses=_at(50),
        services=((443, "nginx"), (9090, "prometheus")),
        forwarded=(9200,),
        privilege=Privilege.NONE,
        security=("grafana 11.2.0 11.2.9",),
        tls=Tls(names=("monitor.example.net",), alone=True, quantum=False),
    )
    return _steady(_host("monitor", 50, "infra", (Port(22), Port(443))), server)


def _backup() -> Played:
    server = Server(
        release=DEBIAN_12,
        addresses=("198.51.100.9",),
        services=((873, "rsync"),),
        filtered=(873,),
        kernel="6.1.0-27-amd64",
        security=("libc6 2.36-9+deb12u1 2.36-9+deb12u13",),
    )
    host = replace(_host("backup", 0, "infra", (Port(22),)), address="198.51.100.9", rescan=0.0)
    return Played(host, (server, server), (server,), days=3.0)


def _vps17() -> Played:
    server = Server(release=DEBIAN_12, addresses=_at(67), services=_WEB, automatic=False, tls=Tls(names=("vps17.example.net",)))
    down = HostError(
        ErrorClass.SILENT, "vps17: 192.0.2.67 port 22 did not answer within 10 s", "is it up, and are we let through?"
    )
    return Played(_host("vps17", 67, "customers", WEB), (server, server, down), (down,))


def _vps18() -> Played:
    server = Server(release=UBUNTU_24, addresses=_at(68), services=_WEB, tls=Tls(names=("vps18.example.net",)))
    was, is_now = fingerprint("vps18 before"), fingerprint("vps18 after")
    changed = HostError(
        ErrorClass.KEY_CHANGED,
        f"vps18: host key changed (was {was}, now {is_now}); not scanned",
        "find out why before anyone logs in; a reinstalled server is the harmless reason",
    )
    return Played(_host("vps18", 68, "customers", WEB), (server, server, changed), (changed,))


PLAYED: tuple[Callable[[], Played], ...] = (
    _web1, _web2, _web3, _mail1, _mail2, _db1, _cache1, _shop, _bastion, _legacy, _monitor, _backup, _vps17, _vps18,
)  # fmt: skip


def played() -> tuple[Played, ...]:
    return tuple(make() for make in PLAYED)
