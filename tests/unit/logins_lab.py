"""Logs of real daemons, trimmed, and the awks that count in them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from schouw.collect.logins.program import SERVICES, program

LOGS = Path(__file__).parent / "logs"

#: The last change of all logs here: 24 November 2026, 23:00 UTC.
CHANGED = 1795561200

AWKS = [
    pytest.param(argv, marks=pytest.mark.skipif(shutil.which(argv[0]) is None, reason=f"no {argv[0]} here"), id=argv[0])
    for argv in (("mawk",), ("gawk",), ("busybox", "awk"))
]

#: (service, protocol, class, version, account) → logins
Counts = dict[tuple[str, ...], int]


def rows(text: bytes, awk: Sequence[str] = ("mawk",), services: Sequence[str] = SERVICES, **variables: object) -> list[list[str]]:
    """What the program prints for a log, as it is run on hosts."""
    settings: dict[str, object] = {"ref": CHANGED, "zone": "+0000", "services": " ".join(services)} | variables
    settings["from"] = settings.pop("start", 0)
    words = [word for name, value in settings.items() for word in ("-v", f"{name}={value}")]
    done = subprocess.run(
        [*awk, *words, program(services)],
        input=text,
        capture_output=True,
        env=os.environ | {"LC_ALL": "C"},
        check=True,
        timeout=60,
    )
    assert done.stderr == b""
    return [row.split("\t") for row in done.stdout.decode("utf-8", "replace").splitlines()]


def counts(of: Iterable[Sequence[str]]) -> Counts:
    found: Counts = {}
    for row in of:
        if row[0] == "account":
            key = (*row[1:5], row[8])
            found[key] = found.get(key, 0) + int(row[5])
    return found


def names(found: Counts, service: str, kind: str, protocol: str = "") -> set[str]:
    return {key[4] for key in found if key[0] == service and key[2] == kind and protocol in ("", key[1])}
