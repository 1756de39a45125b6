"""A day's worth of looks from outside, run back to back, at stock mail, FTP and SSH servers behind fail2ban.

Minutes, and so no test. The servers are those of the lab, each daemon with the limits that Debian gives it, OpenSSH 10
with its penalties, and fail2ban with every jail that it has for them. Meanwhile customers log in from the very address
that the looks come from, as colleagues behind one router do: what hits us hits them.
"""

from __future__ import annotations

import ftplib
import imaplib
import json
import os
import poplib
import re
import smtplib
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from schouw.model.host import Host
from tests.bench.measure import Result
from tests.lab import spaces
from tests.lab.customers import PROTOCOLS, WAYS
from tests.lab.hosts import GUARDED_HOSTS

#: What the schedule does in a day, on the day of the week that it looks at all ports, and on top of it a full look.
DAY = (*[()] * round(86400 / Host(name="any").rescan - 1), ("--all-ports",), ("--full-tls",))

PAUSE = 0.5
"""Seconds between a customer's logins."""

#: Daemon → host, the protocols of its customers, its log, and what its lines there have in them.
DAEMONS = {
    "Postfix 3.7": ("guardmail", ("smtp",), "mail.log", " postfix/"),
    "Dovecot 2.3": ("guardmail", ("imap", "pop3"), "mail.log", " dovecot: "),
    "vsftpd 3.0.3": ("guardmail", ("ftp",), "vsftpd.log", ""),
    "Postfix 3.10": ("guardnew", ("smtp",), "mail.log", " postfix/"),
    "Dovecot 2.4": ("guardnew", ("imap", "pop3"), "mail.log", " dovecot: "),
    "vsftpd 3.0.5": ("guardnew", ("ftp",), "vsftpd.log", ""),
    "OpenSSH 10": ("guardnew", ("ssh",), "auth.log", " sshd"),
    "Exim 4.96": ("guardexim", ("smtp",), "exim4/mainlog", ""),
    "Courier": ("guardexim", ("imap", "pop3"), "mail.log", "d: "),
    "ProFTPD 1.3.8": ("guardexim", ("ftp",), "proftpd/proftpd.log", ""),
    "Pure-FTPd 1.0.50": ("guardweb", ("ftp",), "syslog", " pure-ftpd: "),
}
_LOST = (OSError, EOFError, imaplib.IMAP4.error, poplib.error_proto, smtplib.SMTPException, ftplib.Error)


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="schouw-bench-") as name:
        fleet = spaces.STATE / "guarded.toml"
        spaces.up(GUARDED_HOSTS, fleet)
        try:
            for host in GUARDED_HOSTS:
                spaces.execute(host.name, "sh", "/lab/guard")
            yield from _day(fleet, Path(name))
        finally:
            spaces.down(GUARDED_HOSTS)


def _day(fleet: Path, folder: Path) -> Iterator[Result]:
    _scan(fleet, folder)  # the first one also looks in full, as far as that costs nobody anything
    before = _lines()
    looks = [_scan(fleet, folder)]
    said = ", ".join(f"{daemon} {count - before[daemon]}" for daemon, count in _lines().items())
    print(f"lines of log that one look leaves: {said}", flush=True)
    with _Customers() as customers:
        for options in DAY:
            looks.append(_scan(fleet, folder, *options))
            print(f"scan {' '.join(options)}: {customers}", flush=True)
    for why, count in customers.turned_away.items():
        print(f"{count} times: {why}")
    jails = [one for host in GUARDED_HOSTS for one in _jails(host.name)]
    counted = ", ".join(f"{where} {failed}" for where, failed, _ in jails if failed) or "none"
    blocked = [host["error"]["message"] for look in looks for host in look if host["error"]]
    looked = f"{len(looks) + 1} looks at each of {len(GUARDED_HOSTS)} hosts"
    yield Result("customers turned away", customers.turned_away.total(), 0, "", f"{customers}")
    yield Result("bans by fail2ban", sum(banned for *_, banned in jails), 0, "", f"{looked}; lines that it counted: {counted}")
    yield Result("looks turned away", len(blocked), 0, "", "; ".join(blocked[:3]))


def _scan(fleet: Path, folder: Path, *options: str) -> list[dict[str, Any]]:
    """A look at all of them by the program itself, each time by a process that knows nothing of the budget before it."""
    command = [sys.executable, "-m", "schouw", "scan", *(host.name for host in GUARDED_HOSTS), "--quiet", "--format", "json"]
    command += ["--config", str(fleet), "--history", str(folder / "history.db"), *options]
    around = os.environ | {"XDG_RUNTIME_DIR": str(folder), "XDG_STATE_HOME": str(folder)}
    done = subprocess.run(command, capture_output=True, text=True, env=around)
    if done.returncode not in (0, 1, 3):
        raise RuntimeError(done.stderr)
    hosts: list[dict[str, Any]] = json.loads(done.stdout)["hosts"]
    return hosts


def _lines() -> dict[str, int]:
    counted = {}
    for daemon, (host, _, log, mark) in DAEMONS.items():
        counted[daemon] = sum(mark in line for line in spaces.execute(host, "cat", f"/var/log/{log}").splitlines())
    return counted


def _jails(host: str) -> Iterator[tuple[str, int, int]]:
    """Each jail with what it counted and whom it shut out."""
    names = re.findall(r"Jail list:\s*(.*)", spaces.execute(host, "fail2ban-client", "status"))[0]
    for jail in names.split(", "):
        status = spaces.execute(host, "fail2ban-client", "status", jail)
        failed, banned = (int(re.findall(rf"Total {what}:\s*(\d+)", status)[0]) for what in ("failed", "banned"))
        yield f"{host} {jail}", failed, banned


class _Customers:
    """One of each daemon, who logs in again and again for as long as this lasts."""

    def __init__(self) -> None:
        self.turned_away: Counter[str] = Counter()
        self._served = 0
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._log_in, args=[daemon]) for daemon in DAEMONS]

    def __str__(self) -> str:
        return f"{self._served} customers served meanwhile, {self.turned_away.total()} not"

    def __enter__(self) -> _Customers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _log_in(self, daemon: str) -> None:
        host, protocols, *_ = DAEMONS[daemon]
        address = next(one.address for one in GUARDED_HOSTS if one.name == host)
        while not self._over.wait(PAUSE):
            for protocol in protocols:
                try:
                    _CUSTOMERS[protocol](address)
                except _LOST as error:
                    self.turned_away[f"{daemon}: {type(error).__name__} {error}"] += 1
                else:
                    self._served += 1


def _ssh(address: str) -> None:
    options = ["-F", "none", "-i", f"{spaces.STATE}/key", "-o", f"UserKnownHostsFile={spaces.STATE}/guarded.known_hosts"]
    done = subprocess.run(["ssh", *options, "-o", "BatchMode=yes", f"root@{address}", "true"], capture_output=True, text=True)
    if done.returncode:
        raise OSError(done.stderr.strip())


def _with_tls(protocol: str) -> Callable[[str], None]:
    return lambda address: PROTOCOLS[protocol](address, "bob", WAYS["bob"])


_CUSTOMERS: dict[str, Callable[[str], None]] = {"ssh": _ssh, **{protocol: _with_tls(protocol) for protocol in PROTOCOLS}}
