"""A phase-out on real servers: planned while it runs, and really off when both sides show it."""

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
from tests.lab.customers import everybody
from tests.lab.hosts import LOGIN_HOSTS

(HOST,) = (host for host in LOGIN_HOSTS if host.name == "loginmail")
PROTOCOLS = ("imap", "pop3", "smtp", "ftp")


@dataclass
class Mail:
    path: Path
    folder: Path

    def schouw(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        history = str(self.folder / "history.db")
        command = [sys.executable, "-m", "schouw", *arguments, "--config", str(self.path), "--history", history]
        environment = os.environ | {"XDG_RUNTIME_DIR": str(self.folder), "XDG_STATE_HOME": str(self.folder)}
        return subprocess.run(command, capture_output=True, text=True, env=environment)

    def scan(self) -> dict[str, str]:
        """Of findings about logins: key → state."""
        done = self.schouw("scan", HOST.name, "--quiet", "--format", "json")
        assert done.returncode in (0, 1, 3), done.stderr
        (host,) = json.loads(done.stdout)["hosts"]
        clear = ("logins.accounts.plaintext", "crypto.mail.plaintext_login", "crypto.ftp.plaintext")
        return {one["key"]: one["state"] for one in host["findings"] if one["check"] in clear}

    def mode(self, mode: str) -> None:
        """What the servers are set to, and everybody at each of them in their own way."""
        spaces.execute(HOST.name, "sh", "/lab/mode", mode)
        everybody(HOST.address, *PROTOCOLS, besides=("alice",) if mode == "refused" else ())

    def show(self) -> dict[str, Any]:
        done = self.schouw("phaseout", "show", "clear", "--format", "json")
        result: dict[str, Any] = json.loads(done.stdout)
        return result


@pytest.fixture(scope="module")
def mail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mail]:
    if why := why_not():
        pytest.skip(f"the lab {why}")
    path = spaces.STATE / "phaseout.toml"
    spaces.up((HOST,), path)
    try:
        yield Mail(path, tmp_path_factory.mktemp("phaseout"))
    finally:
        spaces.down((HOST,))


def test_planned_then_switched_off_and_verified_from_both_sides(mail: Mail) -> None:
    mail.mode("told")
    assert set(mail.scan().values()) == {"new"}
    words = [word for protocol in PROTOCOLS for word in ("--protocol", protocol)]
    done = mail.schouw("phaseout", "start", "clear", "--what", "plaintext", *words, "--host", HOST.name, "--until", "30d")
    assert done.returncode == 0 and done.stdout.endswith("; 1 account left\n"), done.stderr

    states = mail.scan()
    assert set(states.values()) == {"planned"} and len(states) == 7
    before = mail.show()
    assert before["left_by_protocol"] == dict.fromkeys(PROTOCOLS, 1)
    (place,) = before["hosts"]
    assert place["off"]["outside"] is False and place["off"]["inside"] is False
    assert {one["account"] for one in before["accounts"]} == {"alice"}

    mail.mode("refused")
    assert set(mail.scan().values()) == {"fixed"}
    after = mail.show()
    (place,) = after["hosts"]
    assert place["off"]["verified"], place
    assert (after["left"], after["stands"]) == (0, "off, verified from outside and inside")
    knocking = {one["protocol"] for one in after["accounts"] if one["state"] == "knocking"}
    assert knocking == {"imap", "pop3", "ftp"}  # Postfix names nobody whom it refuses


def test_a_server_that_is_stopped_is_off_too(mail: Mail) -> None:
    mail.mode("refused")
    done = mail.schouw("phaseout", "start", "clear", "--what", "all", "--protocol", "ftp", "--host", HOST.name, "--until", "30d")
    assert done.returncode == 0, done.stderr
    mail.scan()
    assert not mail.show()["hosts"][0]["off"]["verified"]
    spaces.execute(HOST.name, "sh", "-c", "kill $(pidof vsftpd)")
    mail.scan()
    assert mail.show()["hosts"][0]["off"]["verified"]
