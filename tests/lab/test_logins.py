"""Real servers and real logins: what is counted is what our customers did, for every daemon, in files and in the journal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lab import spaces
from tests.lab.conftest import why_not
from tests.lab.customers import WAYS, everybody
from tests.lab.hosts import LOGIN_HOSTS

ADDRESS = {host.name: host.address for host in LOGIN_HOSTS}

#: Which daemon of which host speaks which protocol.
SPOKEN: dict[str, dict[str, tuple[str, ...]]] = {
    "loginmail": {"dovecot": ("imap", "pop3"), "postfix": ("smtp",), "vsftpd": ("ftp",)},
    "loginnew": {"dovecot": ("imap", "pop3"), "postfix": ("smtp",), "vsftpd": ("ftp",)},
    "loginexim": {"courier": ("imap", "pop3"), "exim": ("smtp",), "proftpd": ("ftp",)},
    "loginweb": {"pureftpd": ("ftp",)},
}
PARTS = [(host, service) for host, services in SPOKEN.items() for service in services]

TELLING_ALREADY = {"exim", "pureftpd"}
NEVER_TELLING = {"courier"}
"""Which TLS it was."""

Services = dict[tuple[str, str], dict[str, Any]]


@dataclass
class Fleet:
    path: Path
    history: Path

    def schouw(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "schouw", *arguments, "--config", str(self.path), "--history", str(self.history)]
        environment = os.environ | {"XDG_RUNTIME_DIR": str(self.history.parent), "XDG_STATE_HOME": str(self.history.parent)}
        return subprocess.run(command, capture_output=True, text=True, env=environment)

    def scan(self) -> dict[str, dict[str, Any]]:
        done = self.schouw("scan", *SPOKEN, "--inside", "--quiet", "--format", "json")
        assert done.returncode in (0, 1, 3), done.stderr
        return {host["name"]: host for host in json.loads(done.stdout)["hosts"]}

    def logins(self) -> Services:
        hosts = json.loads(self.schouw("logins", "--format", "json").stdout)["hosts"]
        return {(host["host"], one["service"]): one for host in hosts for one in host["services"]}

    def phase(self, mode: str) -> tuple[dict[str, dict[str, Any]], Services]:
        """Every server set so, everybody at every server, looked at: alone, for what was before is forgotten."""
        for host in SPOKEN:
            spaces.execute(host, "sh", "/lab/mode", mode)
        self.schouw("forget", "--all")
        refused = ("alice",) if mode == "refused" else ()
        for host, services in SPOKEN.items():
            for service, protocols in services.items():
                # This Pure-FTPd knows nothing older than TLS 1.2.
                old = ("carol",) if service == "pureftpd" else ()
                everybody(ADDRESS[host], *protocols, besides=refused + old)
        return self.scan(), self.logins()


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    if why := why_not():
        pytest.skip(f"the lab {why}")
    path = spaces.STATE / "logins.toml"
    spaces.up(LOGIN_HOSTS, path)
    try:
        yield Fleet(path, tmp_path_factory.mktemp("logins") / "history.db")
    finally:
        spaces.down(LOGIN_HOSTS)


@pytest.fixture(scope="module")
def default(fleet: Fleet) -> tuple[dict[str, dict[str, Any]], Services]:
    for host in SPOKEN:
        spaces.execute(
            host, "sh", "-c", "usermod -aG adm schouw 2>/dev/null; usermod -aG systemd-journal schouw 2>/dev/null; true"
        )
    return fleet.phase("default")


@pytest.fixture(scope="module")
def told(fleet: Fleet, default: object) -> tuple[dict[str, dict[str, Any]], Services]:
    del default
    return fleet.phase("told")


@pytest.fixture(scope="module")
def refused(fleet: Fleet, told: object) -> tuple[dict[str, dict[str, Any]], Services]:
    del told
    return fleet.phase("refused")


def did(service: str, *, versions: bool) -> dict[str, set[str]]:
    """What our customers did there, by class."""
    found: dict[str, set[str]] = {"plaintext": set(), "old_tls": set(), "tls": set()}
    for account, way in WAYS.items():
        if service in ("vsftpd", "proftpd", "pureftpd") and way.startswith("implicit"):
            continue
        if service == "pureftpd" and account == "carol":
            continue
        old = versions and way.endswith((" 1.0", " 1.1"))
        found["plaintext" if way == "plain" else "old_tls" if old else "tls"].add(account)
    return found


def classes(one: dict[str, Any]) -> dict[str, set[str]]:
    return {kind: set(one[kind] or ()) for kind in ("plaintext", "old_tls", "tls")}


def test_a_log_that_an_ordinary_account_may_not_read_is_not_checked(fleet: Fleet) -> None:
    host = fleet.scan()["loginweb"]
    reasons = {row["reason"] for row in host["not_checked"] if row["check"].startswith("logins.")}
    assert reasons == {"/var/log/syslog may not be read; allow it with: usermod -aG adm schouw"}


@pytest.mark.parametrize(("host", "service"), PARTS)
def test_as_debian_has_it(host: str, service: str, default: tuple[dict[str, dict[str, Any]], Services]) -> None:
    one = default[1][host, service]
    if service == "vsftpd":
        assert not one["tellable"] and set(one["unknown"]) == {"alice", "bob", "carol", "dave"}
        assert "debug_ssl=YES" in one["hint"]
        return
    assert one["tellable"]
    assert classes(one) == did(service, versions=service in TELLING_ALREADY)
    if service not in TELLING_ALREADY:
        assert one["old_tls"] is None and bool(one["hint"]) == (service not in NEVER_TELLING)


@pytest.mark.parametrize(("host", "service"), PARTS)
def test_set_to_tell(host: str, service: str, told: tuple[dict[str, dict[str, Any]], Services]) -> None:
    one = told[1][host, service]
    assert one["tellable"] and one["hint"] is None
    assert classes(one) == did(service, versions=service not in NEVER_TELLING)
    assert (one["old_tls"] is None) == (service in NEVER_TELLING)
    assert {row["account"]: row["count"] for row in one["logins"]} == dict.fromkeys(set.union(*classes(one).values()), 1)


def test_findings_say_how_many_and_name_nobody(told: tuple[dict[str, dict[str, Any]], Services]) -> None:
    for name, host in told[0].items():
        found = {one["title"] for one in host["findings"] if one["area"] == "logins"}
        assert "1 account still logs in to FTP in plaintext" in found
        if name in ("loginmail", "loginnew"):
            assert "2 accounts still log in to IMAP with TLS 1.1 or older" in found
        assert not any(person in json.dumps(host) for person in WAYS)


@pytest.mark.parametrize(("host", "service"), PARTS)
def test_switched_off(host: str, service: str, refused: tuple[dict[str, dict[str, Any]], Services]) -> None:
    one = refused[1][host, service]
    assert one["plaintext"] == []
    expected = did(service, versions=service not in NEVER_TELLING)
    assert classes(one) == expected | {"plaintext": set()}
    # Who is refused is named by these alone.
    assert set(one["refused"]) == ({"alice"} if service in ("dovecot", "vsftpd") else set())


def test_what_is_over_is_fixed(refused: tuple[dict[str, dict[str, Any]], Services]) -> None:
    for host in refused[0].values():
        assert {one["state"] for one in host["findings"] if one["check"] == "logins.accounts.plaintext"} == {"fixed"}


def test_the_same_in_files_at_hand(fleet: Fleet, refused: object, tmp_path: Path) -> None:
    logs = []
    for path in ("/var/log/mail.log", "/var/log/vsftpd.log"):
        logs.append(tmp_path / Path(path).name)
        logs[-1].write_text(spaces.execute("loginmail", "cat", path))
    done = fleet.schouw("logins", *map(str, logs), "--format", "json")
    found = {one["service"]: one for one in json.loads(done.stdout)["services"]}
    assert set(found) == {"dovecot", "postfix", "vsftpd"}
    assert found["postfix"]["plaintext"] == ["alice"] and found["postfix"]["old_tls"] == ["carol", "frank"]
    assert found["dovecot"]["refused"] == ["alice"]
    assert {row["count"] for row in found["dovecot"]["logins"] if row["account"] == "bob" and row["protocol"] == "imap"} == {1, 2}
