"""The command line, as a person or a script meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from schouw.cli import COMMANDS
from schouw.model.host import Host
from tests.unit.history_lab import Shelf, finding

HEAVY = ("textual", "asyncssh", "sqlalchemy", "cryptography", "msgspec")


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment with a home of its own, so that nobody's fleet or history is touched."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return kept | {"HOME": str(tmp_path), "COLUMNS": "200"}


def schouw(*arguments: str, home: dict[str, str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "schouw", *arguments]
    return subprocess.run(command, env=home, cwd=cwd or home["HOME"], capture_output=True, text=True, stdin=subprocess.DEVNULL)


def test_help_names_every_command(home: dict[str, str]) -> None:
    done = schouw("--help", home=home)
    assert done.returncode == 0
    for command in COMMANDS:
        assert command in done.stdout


def test_help_loads_nothing_heavy(home: dict[str, str]) -> None:
    program = (
        "import sys\nfrom schouw.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], env=home, capture_output=True, text=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(
    "room", ["collect", "probe", "checks", "history", "scan", "views", "report", "demo", "inventory", "notify", "vulnerabilities"]
)
def test_no_room_but_the_screen_loads_textual(room: str, home: dict[str, str]) -> None:
    program = f"import sys, pkgutil, importlib, schouw.{room} as room\n" + (
        "for found in pkgutil.walk_packages(room.__path__, room.__name__ + '.'):\n"
        "    if not found.name.endswith('__main__'):\n        importlib.import_module(found.name)\n"
        "assert 'textual' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", program], env=home, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_dashboard_needs_a_terminal(home: dict[str, str]) -> None:
    done = schouw(home=home)
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr and "schouw scan" in done.stderr


def test_a_fleet_file_that_is_not_there(home: dict[str, str]) -> None:
    done = schouw("scan", "--config", "/nowhere/hosts.toml", home=home)
    assert done.returncode == 2
    assert "/nowhere/hosts.toml: no such file" in done.stderr and "Traceback" not in done.stderr


def test_a_mistake_in_the_fleet_file_has_a_place(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "hosts.toml").write_text('[hosts.web1]\nadress = "192.0.2.1"\n')
    done = schouw("scan", home=home)
    assert done.returncode == 2
    assert "hosts.toml:2:1" in done.stderr and "address" in done.stderr


def test_an_unknown_host_names_the_nearest(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "hosts.toml").write_text('[hosts.web1]\naddress = "192.0.2.1"\n')
    done = schouw("scan", "wbe1", home=home)
    assert done.returncode == 2 and "web1" in done.stderr


FLEET = '[groups.web]\n[hosts.web1]\ngroups = ["web"]\naddress = "127.0.0.1"\nport = 1\n[hosts.here]\nlocal = true\n'


def test_filters_choose_hosts_by_their_last_known_state(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "hosts.toml").write_text(FLEET)

    def named(command: str, *words: str) -> list[str]:
        done = schouw(command, *words, "--format", "json", home=home)
        assert done.returncode in (0, 3), done.stderr
        return [host["name"] for host in json.loads(done.stdout)["hosts"]]

    assert named("scan", "!group:web", "--inside") == ["here"]
    assert named("report", "state:never") == ["web1"]
    assert named("report", "/^h/ !state:unreachable") == ["here"]
    assert named("report", "os:plan9") == []
    assert "no host is os:plan9" in schouw("report", "os:plan9", home=home).stderr


@pytest.mark.parametrize("command", ["scan", "report", "doctor"])
def test_a_mistake_in_a_filter_is_two_with_its_place(command: str, home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "hosts.toml").write_text(FLEET)
    done = schouw(command, "group:wbe sev>=high", home=home)
    assert done.returncode == 2
    assert "'group:wbe sev>=high', column 1: the fleet has no group wbe; did you mean group:web?" in done.stderr


def test_doctor_says_who_can_be_reached_and_what_is_lacking(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "hosts.toml").write_text(FLEET)
    here = schouw("doctor", "here", home=home)
    assert here.returncode == 0 and here.stdout.startswith("✓ here: this machine, without SSH"), here.stderr
    assert "not looked at" not in here.stdout
    gone = schouw("doctor", "web1", home=home)
    assert gone.returncode == 3 and gone.stdout.startswith("✗ web1: there is no private key to log in with")


def test_a_python_without_venv_is_told_which_package_to_install(tmp_path: Path) -> None:
    (tmp_path / "ensurepip.py").write_text("raise ImportError")
    made = tmp_path / "made"
    command = ["make", f"VENV={made}", f"PYTHON={sys.executable}", f"{made}/bin/python"]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode == 2 and "apt install python3-venv" in done.stderr
    assert not made.exists()


def test_wrong_usage_is_two(home: dict[str, str]) -> None:
    assert schouw("scan", "--format", "papyrus", home=home).returncode == 2
    assert schouw("changes", "--since", "yesteryear", home=home).returncode == 2


def test_this_machine_needs_no_fleet_file(home: dict[str, str]) -> None:
    done = schouw("scan", "--format", "json", "--quiet", home=home)
    assert done.returncode in (0, 3), done.stderr
    result = json.loads(done.stdout)
    assert result["schema"] == "schouw.scan/1"
    (host,) = result["hosts"]
    assert host["state"] in ("scanned", "partial") and host["packages"] > 0
    assert any("outside" in row["reason"] or "itself" in row["reason"] for row in host["not_checked"])


def test_report_reads_what_scan_kept(home: dict[str, str]) -> None:
    scanned = json.loads(schouw("scan", "--format", "json", "--quiet", home=home).stdout)
    reported = json.loads(schouw("report", "--format", "json", home=home).stdout)
    assert [host["findings"] for host in reported["hosts"]] == [host["findings"] for host in scanned["hosts"]]


def test_fail_on_is_one(home: dict[str, str]) -> None:
    found = json.loads(schouw("scan", "--format", "json", "--quiet", home=home).stdout)["summary"]
    worst = next((level for level in ("critical", "high", "medium", "low", "info") if found[level]), None)
    if worst is not None:
        assert schouw("report", "--fail-on", worst, home=home).returncode == 1


def test_a_risk_is_accepted_and_withdrawn(home: dict[str, str]) -> None:
    (host,) = json.loads(schouw("scan", "--format", "json", "--quiet", home=home).stdout)["hosts"]
    name, key = host["name"], host["findings"][0]["key"]

    def state() -> str:
        (again,) = json.loads(schouw("report", "--format", "json", home=home).stdout)["hosts"]
        return str(next(one["state"] for one in again["findings"] if one["key"] == key))

    done = schouw("accept", key, "--host", name, "--until", "30d", "--reason", "till the move", home=home)
    assert done.returncode == 0 and f"{name}: {key} accepted until" in done.stdout, done.stderr
    assert state() == "accepted"
    done = schouw("accept", key, "--host", name, "--withdraw", home=home)
    assert done.returncode == 0 and "it counts again" in done.stdout, done.stderr
    assert state() in ("new", "open")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("KEY", "--until", "yesterday", "--reason", "x"), "--until 'yesterday': expected a date such as"),
        (("KEY", "--until", "2020-01-01", "--reason", "x"), "that day is over"),
        (("KEY", "--until", "9999-12-31", "--reason", "x"), "more than ten years"),
        (("KEY", "--until", "30d"), "--reason is missing"),
        (("KEY", "--until", "30d", "--reason", "x"), "has no finding 'KEY'"),
        (("KEY",), "--until --withdraw is required"),
    ],
)
def test_accepting_what_makes_no_sense_is_two(
    arguments: tuple[str, ...], says: str, home: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "hosts.toml").write_text('[hosts.web1]\naddress = "192.0.2.1"\n')
    done = schouw("accept", *arguments, "--host", "web1", home=home)
    assert done.returncode == 2 and says in done.stderr


def test_a_decision_is_carried_out_on_each_host_of_a_group_that_has_it(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "hosts.toml").write_text("[groups.web]\n" + "".join(f'[hosts.web{n}]\ngroups = ["web"]\n' for n in (1, 2, 3)))
    shelf = Shelf(tmp_path / ".local/state/schouw/history.db")
    shelf.scan(finding("1/tcp"), finding("2/tcp"), host=Host(name="web1"))
    shelf.scan(finding("1/tcp"), host=Host(name="web3"))
    shelf.scan(host=Host(name="web2"))
    key, check = finding("1/tcp").key, finding().check

    def decide(*arguments: str) -> list[str]:
        done = schouw(*arguments, "--host", "web", home=home)
        assert done.returncode == 0, done.stderr
        return [line.partition(" ")[0] + line.partition(" ")[2].partition(" ")[0] for line in done.stdout.splitlines()]

    assert decide("assign", key, "--to", "anna") == [f"web1:{key}", f"web3:{key}"]
    assert decide("accept", check, "--until", "3d", "--reason", "x") == [f"web1:{key}", f"web1:{check}:2/tcp", f"web3:{key}"]
    assert decide("accept", key, "--withdraw") == [f"web1:{key}", f"web3:{key}"]
    assert [one.state.value for one in shelf.history.findings("web1")] == ["new", "accepted"]
    done = schouw("claim", "KEY", "--host", "web", home=home)
    assert done.returncode == 2 and "none of these 3 hosts has such a finding 'KEY'" in done.stderr
    shelf.history.close()


def test_output_goes_to_a_file(home: dict[str, str], tmp_path: Path) -> None:
    done = schouw("scan", "--format", "csv", "--output", str(tmp_path / "out.csv"), home=home)
    assert done.stdout == "" and str(tmp_path / "out.csv") in done.stderr
    assert (tmp_path / "out.csv").read_text().startswith("host,")


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_knows_the_commands(shell: str, home: dict[str, str]) -> None:
    done = schouw("completion", shell, home=home)
    assert done.returncode == 0 and "doctor" in done.stdout
