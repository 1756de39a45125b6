"""The moment the tool is for: a finding that is fixed on the host turns to fixed, and back to regressed."""

from __future__ import annotations

from typing import Any

from tests.lab import spaces
from tests.lab.conftest import Scan

KEY = "crypto.ssh.cipher:22/tcp"


def _state(result: dict[str, Any]) -> str:
    (host,) = result["hosts"]
    return next((str(finding["state"]) for finding in host["findings"] if finding["key"] == KEY), "gone")


def _fix(result: dict[str, Any]) -> str:
    (host,) = result["hosts"]
    return next(str(finding["fix"]) for finding in host["findings"] if finding["key"] == KEY)


def _ciphers(line: str) -> None:
    spaces.execute("weakssh", "sed", "-i", f"s/^Ciphers .*/{line}/", "/etc/ssh/sshd_config")
    spaces.execute("weakssh", "sh", "-c", "/usr/sbin/sshd -t && kill -HUP $(cat /run/sshd.pid)")


def test_fixed_then_regressed(scan: Scan) -> None:
    _, before = scan("weakssh")
    assert _state(before) in ("new", "open")
    good = next(line.strip() for line in _fix(before).splitlines() if line.strip().startswith("Ciphers "))
    weak = spaces.execute("weakssh", "grep", "^Ciphers", "/etc/ssh/sshd_config").strip()
    try:
        _ciphers(good)
        assert _state(scan("weakssh")[1]) in ("fixed", "gone")
    finally:
        _ciphers(weak)
    assert _state(scan("weakssh")[1]) == "regressed"


def test_a_host_without_its_cable_keeps_its_findings(scan: Scan) -> None:
    _, before = scan("olddebian")
    spaces.cut("olddebian", connected=False)
    try:
        status, during = scan("olddebian")
    finally:
        spaces.cut("olddebian", connected=True)
    assert status == 3
    (host,) = during["hosts"]
    assert host["state"] == "unreachable" and host["error"]["class"] in ("silent", "no-route")
    assert {finding["key"] for finding in host["findings"]} == {finding["key"] for finding in before["hosts"][0]["findings"]}
    assert not any(finding["state"] == "fixed" for finding in host["findings"])
