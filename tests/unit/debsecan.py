"""debsecan beside us: the same data in its own format (VERSION 1), and what it says of a host."""

from __future__ import annotations

import subprocess
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def feed(tracker: Mapping[str, Mapping[str, Mapping[str, Any]]], release: str) -> bytes:
    """As the tracker's exporter makes it: one line a package and CVE, with the version that ends it, if any does."""
    numbers: dict[str, int] = {}
    rows: list[str] = []
    for package, cves in tracker.items():
        for cve, entry in cves.items():
            said = entry["releases"].get(release, {})
            sid = entry["releases"].get("sid", {})
            ends = said.get("fixed_version", "") if said.get("status") == "resolved" else ""
            if said.get("status") == "open" and sid.get("status") == "resolved":
                ends = sid["fixed_version"]
            if said.get("status") in ("resolved", "open") and ends != "0" and said.get("urgency") != "unimportant":
                number = numbers.setdefault(cve, len(numbers))
                rows.append(f"{package},{number},S  {'F' if said['status'] == 'resolved' else ' '},{ends},")
    names = "".join(f"{cve},,none\n" for cve in numbers)
    return zlib.compress(f"VERSION 1\n{names}\n{chr(10).join(rows)}\n\n\n".encode())


def command(folder: Path, release: str, status: Path) -> list[str]:
    source = ["--source", f"file://{folder}/", "--suite", release, "--status", str(status)]
    return ["debsecan", *source, "--format", "simple", "--config", "/dev/null", "--whitelist", ""]


def found(folder: Path, release: str, status: Path) -> set[tuple[str, str]]:
    """(package, CVE) that it calls vulnerable; the feed is ``folder/release``."""
    done = subprocess.run(command(folder, release, status), capture_output=True, text=True, check=True)
    pairs = (row.split()[:2] for row in done.stdout.splitlines())
    return {(package, cve) for cve, package in pairs}
