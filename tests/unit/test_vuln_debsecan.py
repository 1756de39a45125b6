"""debsecan's set and ours, on the same data: equal with its rules, and every difference of ours has a rule."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from schouw.cli.listing import read_listing
from schouw.vulnerabilities.database import Database
from schouw.vulnerabilities.inventory import Inventory
from schouw.vulnerabilities.judge import Judge
from schouw.vulnerabilities.releases import named
from tests.unit import debsecan
from tests.unit.vulnerability_lab import database, tracker, written

QUERY = r"${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${db:Status-Abbrev}\n"
DATA = Path(os.environ.get("SCHOUW_DATA", "/nowhere")) / "debian-tracker-rebuilt-2025-02.json.gz"

TRACKER = tracker(
    openssl={"CVE-2030-1": {"bookworm": "3.0.15-1"}, "CVE-2030-2": {"bookworm": "3.0.11-1"}},
    linux={"CVE-2030-3": {"bookworm": "open"}, "CVE-2030-4": {"bookworm": "6.1.119-1"}},
    nodejs={"CVE-2030-5": {"bookworm": "open", "sid": "18.19-1"}, "CVE-2030-6": {"bookworm": "open", "sid": "22-1"}},
    lvm2={"CVE-2030-7": {"bookworm": "2.03.16-3"}},
    git={"CVE-2030-8": {"bookworm": {"status": "open", "urgency": "unimportant"}}},
    nginx={"CVE-2030-9": {"bookworm": "1.26.0-1~bpo12+9", "trixie": "1.26.0-1"}},
    xz_utils={"CVE-2030-10": {"bookworm": "0"}},
    curl={"CVE-2030-11": {"bookworm": {"status": "undetermined"}}},
)
STATUS = [
    ("libssl3", "3.0.11-1", "openssl", "ok installed"),
    ("linux-libc-dev", "6.1.115-1", "linux", "ok installed"),
    ("nodejs", "20.11.0-1nodesource1", "", "ok installed"),
    ("dmsetup", "2:1.02.185-2", "lvm2 (2.03.16-2)", "ok installed"),
    ("git", "1:2.39.2-1", "", "ok installed"),
    ("nginx", "1.26.0-1~bpo12+1", "", "ok installed"),
    ("liblzma5", "5.4.1-0.2", "xz-utils", "ok installed"),
    ("curl", "7.88.1-10", "", "ok installed"),
    ("openssl", "3.0.11-1", "", "ok half-installed"),
    ("lvm2", "2.03.16-2", "", "ok config-files"),
]


def ours(feeds: Database, status: Path, plain: bool = True) -> set[tuple[str, str]]:
    command = ["dpkg-query", f"--admindir={status.parent}", "-W", "-f", QUERY]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    listing = read_listing(text, "debian")
    packages = tuple(one for one in listing.packages if one.name not in listing.partial or not plain)
    found = Judge(feeds, plain=plain).host(Inventory(named("debian:12"), packages))
    return {
        (name, cve)
        for one in found.judged
        for match in one.matches
        if match.verdict.vulnerable
        for name in one.packages
        for cve in match.cves
    }


@pytest.fixture(autouse=True)
def programs() -> None:
    if not shutil.which("debsecan") or not shutil.which("dpkg-query"):
        pytest.skip("needs debsecan and dpkg-query")


def theirs(folder: Path, data: dict[str, Any], status: Path) -> set[tuple[str, str]]:
    (folder / "bookworm").write_bytes(debsecan.feed(data, "bookworm"))
    return debsecan.found(folder, "bookworm", status)


def test_equal_on_a_host_of_our_own(tmp_path: Path) -> None:
    dpkg = tmp_path / "dpkg"
    (dpkg / "info").mkdir(parents=True)
    (dpkg / "updates").mkdir()
    rows = []
    for name, version, source, state in STATUS:
        rows.append(f"Package: {name}\nStatus: install {state}\nMaintainer: x\nArchitecture: amd64\nVersion: {version}\n")
        rows[-1] += f"Source: {source}\n" if source else ""
        rows[-1] += "Description: x\n"
    (dpkg / "status").write_text("\n".join(rows) + "\n")
    feeds = database(tmp_path, written(tmp_path / "t.json", TRACKER))
    plain = ours(feeds, dpkg / "status")
    assert plain == theirs(tmp_path, TRACKER, dpkg / "status")
    assert ("dmsetup", "CVE-2030-7") in plain and ("nginx", "CVE-2030-9") in plain and len(plain) == 6
    # What our own rules make of it: the backport is fixed, the kernel does not run, nodejs is somebody else's; and
    # what is half installed counts.
    assert ours(feeds, dpkg / "status", plain=False) == {
        ("libssl3", "CVE-2030-1"),
        ("dmsetup", "CVE-2030-7"),
        ("openssl", "CVE-2030-1"),
    }


@pytest.mark.skipif(not DATA.is_file(), reason="SCHOUW_DATA does not name a folder with the tracker's data")
def test_equal_on_this_machine_with_real_data(tmp_path: Path) -> None:
    data = json.loads(gzip.decompress(DATA.read_bytes()))
    status = Path("/var/lib/dpkg/status")
    feeds = database(tmp_path, DATA)
    plain = ours(feeds, status)
    assert plain == theirs(tmp_path, data, status)
    text = subprocess.run(["dpkg-query", "-W", "-f", QUERY], capture_output=True, text=True, check=True).stdout
    assessment = Judge(feeds, settled=True).host(Inventory(named("debian:12"), read_listing(text, "debian").packages))
    rules = {
        (name, cve): match.rule
        for one in assessment.judged
        for match in one.matches
        if not match.verdict.vulnerable
        for name in one.packages
        for cve in match.cves
    }
    removed = plain - ours(feeds, status, plain=False)
    by_rule = Counter(rules.get(pair, "") for pair in removed)
    assert set(by_rule) <= {"KRN-1", "KRN-2", "KRN-3", "ORG-3", "DEB-7", "DEB-10", "DEB-11"}, by_rule
