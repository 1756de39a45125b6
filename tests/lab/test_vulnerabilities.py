"""An old Debian against a vulnerability database: found with its evidence, fixed as it says, seen fixed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab import spaces
from tests.lab.conftest import Scan
from tests.unit.vulnerability_lab import catalogue, tracker, written

HOST, PACKAGE = "olddebian", "libtasn1-6"
CVE, WAITING = "CVE-2024-12133", "CVE-2030-9000"
KEY = f"vulns.package.fixable:{PACKAGE}"


def installed() -> str:
    return spaces.execute(HOST, "dpkg-query", "-W", "-f=${source:Version}", PACKAGE)


def available() -> str:
    policy = spaces.execute(HOST, "apt-cache", "policy", PACKAGE)
    found = re.search(r"Candidate: (\S+)", policy)
    assert found, policy
    return found[1]


def imported(data: Path, folder: Path, **packages: Any) -> None:
    """What `schouw db import` makes of a tracker that says this, and of a catalogue of what is exploited."""
    feeds = [written(folder / "tracker.json", tracker(**packages)), written(folder / "kev.json", catalogue(CVE))]
    (data / "schouw").mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "schouw", "db", "import", "--database", str(data / "schouw" / "vulnerabilities.db")]
    subprocess.run([*command, *map(str, feeds)], check=True, capture_output=True)


def finding(result: dict[str, Any], key: str = KEY) -> dict[str, Any] | None:
    (host,) = result["hosts"]
    return next((one for one in host["findings"] if one["key"] == key), None)


@pytest.fixture
def data(tmp_path: Path, lab: None) -> Iterator[Path]:
    """A database that knows one CVE that an update closes, and one that none does."""
    open_row = {"bullseye": {"status": "open", "urgency": "low", "nodsa": "Minor issue", "nodsa_reason": "ignored"}}
    fixed_row = {"bullseye": available()}
    imported(tmp_path / "data", tmp_path, **{PACKAGE: {CVE: fixed_row}, "zlib": {WAITING: open_row}})
    yield tmp_path / "data"


def test_without_a_database_it_is_not_checked_and_says_what_to_run(scan: Scan, tmp_path: Path) -> None:
    _, result = scan(HOST, "--history", str(tmp_path / "history.db"))
    reasons = {one["check"]: one["reason"] for one in result["hosts"][0]["not_checked"]}
    assert "schouw db update" in reasons["vulns.package.fixable"] and "schouw db update" in reasons["vulns.package.unfixed"]


def test_found_fixed_as_it_says_and_seen_fixed(scan: Scan, data: Path, tmp_path: Path) -> None:
    history = str(tmp_path / "history.db")
    before, wanted = installed(), available()
    assert before != wanted, "the lab's old Debian is not old any more: start it anew"

    _, result = scan(HOST, "--history", history, data=data)
    found = finding(result)
    assert found is not None and found["state"] == "new"
    assert found["title"] == f"{PACKAGE} {before} → {wanted} closes 1 CVE, 1 exploited"
    assert found["cves"] == [CVE] and found["severity"] in ("critical", "high")
    assert f"installed: {PACKAGE} {before}" in found["evidence"]["inside"] and "[DEB-7]" in found["evidence"]["inside"]
    waiting = finding(result, "vulns.package.unfixed:zlib")
    assert waiting is not None and "ignored" in waiting["title"] and "Minor issue" in waiting["evidence"]["inside"]
    assert result["database"]["vulnerabilities"] == 2 and result["database"]["updated_at"]

    spaces.execute(HOST, "env", "DEBIAN_FRONTEND=noninteractive", "sh", "-c", confirmed(found["fix"]), cable=False)
    _, result = scan(HOST, "--history", history, data=data)
    found = finding(result)
    assert found is not None and found["state"] == "fixed"
    assert finding(result, "vulns.package.unfixed:zlib") is not None


def confirmed(fix: str) -> str:
    """The command as it stands, with yes to what apt asks."""
    assert f"apt-get install --only-upgrade {PACKAGE}" in fix
    return fix.replace("apt-get install", "apt-get install --yes")
