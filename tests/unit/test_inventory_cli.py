"""`schouw config` and `schouw init`, as someone at a shell meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tomli

from schouw.cli import main
from schouw.inventory import load

FLEET = (
    '[defaults]\nuser = "ops"\nidentity = "missing"\n[groups.web]\nrescan = "1h"\n[hosts."web1.nl"]\ngroups = ["web"]\n[hosts.b]'
)


@pytest.fixture
def fleet_file(tmp_path: Path) -> Path:
    path = tmp_path / "hosts.toml"
    path.write_text(FLEET)
    return path


def test_check_counts_and_warns(fleet_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(fleet_file), "config", "check"]) == 0
    warning, summary = capsys.readouterr().out.splitlines()
    assert warning == f"warning: {fleet_file.parent}/missing: this private key of web1.nl, b cannot be read"
    assert summary == f"{fleet_file}: 2 hosts, 1 group, no mistakes"


def test_check_lists_mistakes_and_is_a_usage_error(fleet_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet_file.write_text("[hosts.a]\nprot = 1\nport = 0\n")
    assert main(["config", "check", "--config", str(fleet_file)]) == 2
    assert [line.split(" ")[1] for line in capsys.readouterr().err.splitlines()] == [f"{fleet_file}:2:1:", f"{fleet_file}:3:8:"]


def test_show_says_where_each_value_comes_from(fleet_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(fleet_file), "config", "show", "web1.nl"]) == 0
    shown = capsys.readouterr().out
    table = tomli.loads(shown)["hosts"]["web1.nl"]
    assert (table["user"], table["rescan"], table["stale_after"]) == ("ops", "1h", "26h")
    sources = {line.split(" ")[0]: line.rpartition("# ")[2] for line in shown.splitlines() if " = " in line}
    assert (sources["user"], sources["rescan"], sources["stale_after"]) == ("defaults", "groups.web", "built in")
    assert "# port: what ssh_config says, else 22" in shown


def test_show_prints_services_as_they_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "hosts.toml"
    path.write_text('[hosts.a]\ntls = [{ port = 8843, protocol = "https", names = ["x.example.net"] }]\n')
    assert main(["--config", str(path), "config", "show", "a"]) == 0
    table = tomli.loads(capsys.readouterr().out)["hosts"]["a"]
    assert table["tls"] == [{"port": 8843, "protocol": "https", "names": ["x.example.net"]}]


def test_show_of_an_unknown_host(fleet_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(fleet_file), "config", "show", "web.nl"]) == 2
    assert 'did you mean "web1.nl"?' in capsys.readouterr().err


def test_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "hosts.toml"


def test_the_example_has_every_key_and_can_be_used_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "example"]) == 0
    path = tmp_path / "hosts.toml"
    path.write_text(capsys.readouterr().out)
    assert main(["--config", str(path), "config", "check"]) == 0


def test_init_writes_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "new" / "hosts.toml"
    assert main(["--config", str(path), "init"]) == 0
    assert len(load(path).hosts) == 1
    path.write_text("mine")
    assert main(["--config", str(path), "init"]) == 2
    assert "there is a file already, and it was left as it is" in capsys.readouterr().err
    assert path.read_text() == "mine"


def test_init_does_not_write_through_a_dangling_link(tmp_path: Path) -> None:
    (tmp_path / "hosts.toml").symlink_to(tmp_path / "elsewhere")
    assert main(["--config", str(tmp_path / "hosts.toml"), "init"]) == 2
    assert not (tmp_path / "elsewhere").exists()


def test_init_from_an_inventory(tmp_path: Path) -> None:
    (tmp_path / "inventory").write_text("[web]\nweb[1:3]\n")
    path = tmp_path / "hosts.toml"
    assert main(["--config", str(path), "init", "--from-ansible", str(tmp_path / "inventory")]) == 0
    assert [host.name for host in load(path).select(["web"])] == ["web1", "web2", "web3"]


def test_init_from_nothing_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "hosts.toml"
    assert main(["--config", str(path), "init", "--from-ssh-config", str(tmp_path / "gone")]) == 2
    assert not path.exists()
