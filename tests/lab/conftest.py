"""The lab, once for all tests of this folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab import spaces
from tests.prepare import missing

Schouw = Callable[..., tuple[int, str]]
Scan = Callable[..., tuple[int, dict[str, Any]]]


def why_not() -> str:
    """What this machine lacks for a lab, "" for nothing; a failure where every test has to run."""
    why = "needs root" if os.geteuid() != 0 else f"needs {', '.join(missing())}" if missing() else ""
    if why and os.environ.get("CI") == "true":
        pytest.fail(f"the lab {why}")
    return why


@pytest.fixture(scope="session")
def lab() -> Iterator[None]:
    """Every host up. A lab that somebody started by hand is used as it is, and left running."""
    if why := why_not():
        pytest.skip(f"the lab {why}")
    ours = not spaces.running()
    if ours:
        spaces.up()
    try:
        yield
    finally:
        if ours:
            spaces.down()


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lab") / "history.db"


@pytest.fixture(scope="session")
def schouw(lab: None, history: Path) -> Schouw:
    """schouw on the lab's fleet, as a script would run it: its exit status and what it printed.

    `data`: the user's data folder, where a vulnerability database may be.
    """

    def run(command: str, *arguments: str, data: Path = history.parent) -> tuple[int, str]:
        line = [sys.executable, "-m", "schouw", command, "--config", str(spaces.FLEET), "--history", str(history), *arguments]
        environment = os.environ | {
            "XDG_RUNTIME_DIR": str(history.parent),
            "XDG_STATE_HOME": str(history.parent),
            "XDG_DATA_HOME": str(data),  # a database of known vulnerabilities would say more than the answer key
            "SSL_CERT_FILE": str(spaces.CERTIFICATES / "ca.pem"),
        }
        done = subprocess.run(line, capture_output=True, text=True, env=environment)
        assert done.returncode in (0, 1, 3), done.stderr
        return done.returncode, done.stdout

    return run


@pytest.fixture(scope="session")
def scan(schouw: Schouw, history: Path) -> Scan:
    """`schouw scan` over hosts of the lab: its exit status and what it printed."""

    def run(*arguments: str, data: Path = history.parent) -> tuple[int, dict[str, Any]]:
        status, printed = schouw("scan", "--quiet", "--format", "json", *arguments, data=data)
        return status, json.loads(printed)

    return run
