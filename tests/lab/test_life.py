"""The moment the tool is for: a finding that is fixed on the host turns to fixed, and back to regressed."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schouw.errors import ErrorClass, HostError
from schouw.inventory import load
from schouw.model.host import Timeouts
from schouw.transport import Surroundings, open_transport
from tests.lab import spaces
from tests.lab.conftest import Scan, Schouw

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


def test_three_claims_one_true_and_a_cable_that_is_out(scan: Scan, schouw: Schouw) -> None:
    """What `verify` says of "we did something": fixed, not fixed, cannot tell and why."""

    def verify() -> tuple[int, dict[str, tuple[str, str]]]:
        status, printed = schouw("verify", "weakssh", "--format", "json")
        return status, {row["key"]: (row["outcome"], row["reason"]) for row in json.loads(printed)["rows"]}

    others = ("crypto.ssh.mac:22/tcp", "crypto.ssh.kex:22/tcp")
    _, before = scan("weakssh")
    good = next(line.strip() for line in _fix(before).splitlines() if line.strip().startswith("Ciphers "))
    weak = spaces.execute("weakssh", "grep", "^Ciphers", "/etc/ssh/sshd_config").strip()
    for key in (KEY, *others):
        assert "schouw verify" in schouw("claim", key, "--host", "weakssh", "--note", "new sshd_config")[1]
    assert {outcome for outcome, _ in verify()[1].values()} == {"waiting"}
    try:
        _ciphers(good)
        spaces.cut("weakssh", connected=False)
        try:
            scan("weakssh")
        finally:
            spaces.cut("weakssh", connected=True)
        status, told = verify()
        assert status == 3 and set(told) == {KEY, *others}
        assert all(outcome == "cannot tell" and "weakssh" in reason for outcome, reason in told.values()), told
        scan("weakssh")
        assert verify() == (1, {KEY: ("fixed", ""), **dict.fromkeys(others, ("not fixed", ""))})
        assert schouw("verify", "weakssh")[1].endswith("\n1 fixed, 2 not fixed\n")
    finally:
        _ciphers(weak)
    scan("weakssh")
    _, told = verify()
    assert KEY not in told, "it came back: what was said of it no longer holds"


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


@pytest.mark.parametrize("jump", ["", "weakssh"])
async def test_a_cable_pulled_in_mid_answer_is_known_long_before_the_host_should_be_done(
    lab: None, tmp_path: Path, jump: str
) -> None:
    """On a connection in use: the host has ten minutes, and nobody waits for them."""
    hosts = {host.name: host for host in load(spaces.FLEET).hosts}
    host = replace(hosts["olddebian"], jump=jump, timeouts=Timeouts(collect=600.0))
    transport = open_transport(hosts, Surroundings(home=tmp_path, user="root", accepted=tmp_path / "accepted"))
    try:
        connection = await transport.connect(host)
        shell = await connection.shell()
        await shell.send(b"echo there; sleep 60\n")
        assert await shell.receive(100) == b"there\n"
        spaces.cut("olddebian", connected=False)
        with pytest.raises(HostError, match=r"^olddebian: it fell silent half-way") as error:
            async with asyncio.timeout(60):
                await shell.receive(100)
        assert error.value.kind is ErrorClass.SILENT
        assert not connection.alive
    finally:
        spaces.cut("olddebian", connected=True)
        await transport.close()
