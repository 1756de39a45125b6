"""The systemd unit of the docs is one that systemd takes, and starts a command that there is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
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


def test_it_ends_well_when_it_is_told_to(tmp_path: Path) -> None:
    (tmp_path / "hosts.toml").write_text("[hosts.off]\nenabled = false\n")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "schouw", "watch", "--config", str(tmp_path / "hosts.toml")]
    watching = subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    try:
        sockets = tmp_path / ".local" / "state" / "schouw"
        until = time.monotonic() + 60
        while not list(sockets.glob("*.sock")) and watching.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        watching.send_signal(signal.SIGTERM)
        _, said = watching.communicate(timeout=60)
    finally:
        watching.kill()
    assert (watching.returncode, said) == (0, "")
    assert not list(sockets.glob("*.sock"))
