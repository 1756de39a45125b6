"""The systemd unit of the docs is one that systemd takes, and starts a command that there is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def watching(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """``schouw watch`` of the fleet file in that folder, once its engine listens; killed afterwards if it still runs."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    command = [sys.executable, "-m", "schouw", "watch", "--config", str(folder / "hosts.toml")]
    silent, heard = subprocess.DEVNULL, subprocess.PIPE
    process = subprocess.Popen(command, env=environment, cwd=folder, stdin=silent, stdout=silent, stderr=heard, text=True)
    try:
        until = time.monotonic() + 60
        while not sockets(folder) and process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.communicate()


def sockets(folder: Path) -> list[Path]:
    return list((folder / ".local" / "state" / "schouw").glob("*.sock"))


def test_it_ends_well_when_it_is_told_to(tmp_path: Path) -> None:
    (tmp_path / "hosts.toml").write_text("[hosts.off]\nenabled = false\n")
    with watching(tmp_path) as process:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")
    assert not sockets(tmp_path)


def test_a_fleet_file_that_changed_is_read_anew_and_a_broken_one_changes_nothing(tmp_path: Path) -> None:
    fleet = tmp_path / "hosts.toml"
    off = "enabled = false\n"
    fleet.write_text(f"[hosts.off]\n{off}")
    with watching(tmp_path) as process:
        assert process.stderr is not None
        said = process.stderr.readline
        fleet.write_text("[hosts.off\n")
        process.send_signal(signal.SIGHUP)
        assert f"the fleet stays as it was: {fleet}:1:" in said()
        fleet.write_text(f"[hosts.off]\n{off}[hosts.two]\n{off}[limits]\nconcurrent = 3\n")
        assert "read anew: 2 hosts, 1 new; other [limits] count when schouw is started anew" in said()
        (tmp_path / "hosts.d").mkdir()
        (tmp_path / "hosts.d" / "more.toml").write_text(f'[hosts.three]\nlocal = true\nrescan = "never"\n[hosts.four]\n{off}')
        assert "read anew: 4 hosts, 2 new" in said()
        fleet.write_text(f'[hosts.two]\n{off}tags = ["new"]\n')
        process.send_signal(signal.SIGHUP)
        assert "read anew: 3 hosts, 1 gone, 1 changed" in said()
        fleet.unlink()
        assert f"the fleet stays as it was: {fleet}: no such file" in said()
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    assert process.returncode == 0


def test_it_says_what_came_of_a_host_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "hosts.toml").write_text('[hosts.gone]\naddress = "127.0.0.1"\nport = 1\nssh_config = ""\n')
    with watching(tmp_path) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("gone: there is no private key")
