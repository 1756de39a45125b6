"""The systemd unit of the docs is one that systemd takes, and starts a command that there is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from schouw.cli import parser

UNIT = Path(__file__).parents[2] / "docs" / "schouw-watch.service"


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/usr/local/bin/schouw", sys.executable))
    done = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_it_starts_is_a_command(tmp_path: Path) -> None:
    (started,) = (line for line in UNIT.read_text().splitlines() if line.startswith("ExecStart="))
    options = parser(["watch"]).parse_args(started.split()[1:])
    assert options.command == "watch" and options.config == "/etc/schouw/hosts.toml"
