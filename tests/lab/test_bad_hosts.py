"""Hosts that misbehave: each has a bounded, said outcome, and the others are scanned all the same."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.lab import spaces
from tests.lab.conftest import Scan
from tests.lab.hosts import NETWORK


def _fleet(tmp_path: Path, table: str) -> str:
    """The lab's fleet file with one host more, called odd."""
    path = tmp_path / "hosts.toml"
    path.write_text(f"{spaces.FLEET.read_text()}\n[hosts.odd]\n{table}\n")
    return str(path)


def _odd(result: dict[str, Any]) -> dict[str, Any]:
    return next(host for host in result["hosts"] if host["name"] == "odd")


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (f'address = "{NETWORK}.12"\nuser = "nobody-here"', "login-refused"),
        (f'address = "{NETWORK}.12"\nuser = "root"\nport = 2', "refused"),
        ('address = "no-such-host.invalid"\nuser = "root"', "no-name"),
        (f'address = "{NETWORK}.12"\nuser = "root"\nidentity = "/nowhere/key"', "no-key"),
        (f'address = "{NETWORK}.12"\nuser = "root"\nknown_hosts = ["/dev/null"]', "key-unknown"),
    ],
)
def test_a_host_that_cannot_be_entered(table: str, expected: str, scan: Scan, tmp_path: Path) -> None:
    # The firewall of weakssh drops what is not ssh: only there "refused" would be "silent".
    table = table.replace(".12", ".14") if expected == "refused" else table
    status, result = scan("odd", "weakssh", "--config", _fleet(tmp_path, table))
    assert status == 3
    assert _odd(result)["error"]["class"] == expected
    assert "odd" in _odd(result)["error"]["message"]
    assert next(host for host in result["hosts"] if host["name"] == "weakssh")["state"] == "scanned"


def test_a_changed_host_key_shows_both_fingerprints(scan: Scan, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other"], check=True)
    public = " ".join((tmp_path / "other.pub").read_text().split()[:2])
    (tmp_path / "known").write_text(f"{NETWORK}.12 {public}\n")
    table = f'address = "{NETWORK}.12"\nuser = "root"\nknown_hosts = ["{tmp_path}/known"]'
    status, result = scan("odd", "--config", _fleet(tmp_path, table))
    assert status == 3 and _odd(result)["error"]["class"] == "key-CHANGED"
    assert len(set(re.findall(r"SHA256:[A-Za-z0-9+/]{43}", _odd(result)["error"]["message"]))) == 2
    assert _odd(result)["packages"] is None


def test_hostile_names_reach_nobody(scan: Scan) -> None:
    """A process may call itself anything; nothing of it but letters arrives."""
    evil = r"\033]0;pwn\007\033[31m[@click=app.quit]x"
    script = f"cp $(readlink -f $(command -v sleep)) \"/run/$(printf '{evil}' | tr '/' '_')\"; cd /run; "
    spaces.execute("weakssh", "sh", "-c", script + 'for f in /run/*pwn*; do "$f" 30 >/dev/null 2>&1 & done')
    spaces.execute("weakssh", "sh", "-c", "rm -f /run/*pwn*")
    _, result = scan("weakssh")
    assert "\\u001b" not in str(result) and "\x1b" not in str(result) and "\x07" not in str(result)
    restarts = [finding for finding in result["hosts"][0]["findings"] if finding["check"] == "software.services.restart"]
    assert all("\x1b" not in str(finding) for finding in restarts)
