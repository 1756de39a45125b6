"""A first fleet file from what is there already: what is taken over, and that it can be read back."""

from __future__ import annotations

from pathlib import Path

import pytest

from schouw.errors import ConfigError
from schouw.inventory import Fleet, load
from schouw.inventory.imports.ansible import read_ansible
from schouw.inventory.imports.found import render
from schouw.inventory.imports.ssh_config import read_ssh_config
from schouw.model.host import Reach


def read_back(folder: Path, text: str) -> Fleet:
    path = folder / "written.toml"
    path.write_text(text)
    return load(path, folder)


def from_ssh_config(home: Path, **files: str) -> tuple[Fleet, str]:
    (home / ".ssh").mkdir(exist_ok=True)
    for name, text in files.items():
        (home / ".ssh" / name).write_text(text)
    text = render(read_ssh_config(home / ".ssh/config", home))
    return read_back(home, text), text


def from_ansible(folder: Path, text: str, name: str = "hosts") -> tuple[Fleet, str]:
    (folder / name).write_text(text)
    written = render(read_ansible(folder / name))
    return read_back(folder, written), written


def test_aliases_become_hosts_and_their_settings_stay_in_ssh_config(tmp_path: Path) -> None:
    config = """
        # the fleet
        Host web1 web2
            HostName 192.0.2.1
            Port 2222
        Host *.internal !no ?x
            User root
        Host=mail.example.net
        Match host db
        HOST "db"
        """
    fleet, _ = from_ssh_config(tmp_path, config=config)
    assert [host.name for host in fleet.hosts] == ["web1", "web2", "mail.example.net", "db"]
    assert all((host.address, host.port, host.user) == ("", None, None) for host in fleet.hosts)
    assert fleet.hosts[0].ssh_config == "~/.ssh/config"


def test_includes_are_followed_and_may_include_themselves(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("Host far\n")
    fleet, _ = from_ssh_config(
        tmp_path,
        config="Include conf_*\nInclude ~/elsewhere /not/there\nHost last\n",
        conf_a="Host a\nInclude config\n",
        conf_b="Host b\n",
    )
    assert sorted(host.name for host in fleet.hosts) == ["a", "b", "far", "last"]


def test_somebody_elses_code_host_is_not_scanned(tmp_path: Path) -> None:
    fleet, text = from_ssh_config(tmp_path, config="Host github.com\n  User git\nHost web1\n  User ops\n")
    assert [host.name for host in fleet.hosts] == ["web1"]
    assert "#   github.com: logs in as git" in text


def test_another_ssh_config_is_named_in_the_file(tmp_path: Path) -> None:
    other = tmp_path / "work_config"
    other.write_text("Host web1\n")
    fleet = read_back(tmp_path, render(read_ssh_config(other, tmp_path)))
    assert fleet.hosts[0].ssh_config == str(other)


def test_an_ssh_config_without_servers(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no servers; expected at least one line such as: Host web1"):
        from_ssh_config(tmp_path, config="Host *\n  User x\n")
    with pytest.raises(ConfigError, match="no such file"):
        read_ssh_config(tmp_path / "gone", tmp_path)


INI = """
lonely.example.net  ansible_host=192.0.2.9   # ungrouped
[web]
web[01:03].example.net ansible_user=deploy http_port=80
special ansible_port=2222 ansible_host={{ lookup('pipe', 'rm -rf /') }}
[web:vars]
ansible_password=hunter2
[db]
db1:2200
[prod:children]
web
db
[all:children]
prod
[here]
localhost ansible_connection=local
"""


def test_an_ini_inventory(tmp_path: Path) -> None:
    fleet, text = from_ansible(tmp_path, INI)
    hosts = {host.name: host for host in fleet.hosts}
    assert list(hosts) == [
        "lonely.example.net",
        "web01.example.net",
        "web02.example.net",
        "web03.example.net",
        "special",
        "db1",
        "localhost",
    ]
    assert '[hosts."web[01:03].example.net"]' in text
    assert hosts["lonely.example.net"].address == "192.0.2.9"
    assert hosts["lonely.example.net"].groups == ()
    assert (hosts["web02.example.net"].user, hosts["web02.example.net"].groups) == ("deploy", ("prod", "web"))
    assert (hosts["special"].address, hosts["special"].port) == ("", 2222)
    assert hosts["db1"].port == 2200
    assert hosts["localhost"].reach is Reach.LOCAL
    assert "#   special: its ansible_host is a template" in text
    assert "hunter2" not in text
    assert "rm -rf" not in text


def test_a_range_of_which_one_host_differs_is_written_host_by_host(tmp_path: Path) -> None:
    fleet, text = from_ansible(tmp_path, "[web]\nweb[1:3]\n[eu]\nweb2\n")
    assert "web[" not in text
    assert [host.groups for host in fleet.hosts] == [("web",), ("web", "eu"), ("web",)]


YAML = """
all:
  hosts:
    mail.example.net:
      ansible_host: 192.0.2.7
      ansible_port: 2222
      ansible_become_pass: !vault |
        $ANSIBLE_VAULT;1.1;AES256
        3132
  vars: {ansible_user: nobody}
  children:
    prod:
      children:
        web:
          hosts:
            web[01:02]:
            special: {ansible_user: ops}
"""


@pytest.mark.parametrize("name", ["hosts.yml", "inventory"])
def test_a_yaml_inventory(tmp_path: Path, name: str) -> None:
    fleet, text = from_ansible(tmp_path, YAML, name)
    hosts = {host.name: host for host in fleet.hosts}
    assert list(hosts) == ["mail.example.net", "web01", "web02", "special"]
    assert (hosts["mail.example.net"].address, hosts["mail.example.net"].port) == ("192.0.2.7", 2222)
    assert hosts["web01"].groups == ("prod", "web")
    assert (hosts["web01"].user, hosts["special"].user) == (None, "ops")
    assert "VAULT" not in text


def test_groups_in_a_circle_end(tmp_path: Path) -> None:
    fleet, _ = from_ansible(tmp_path, "[a:children]\nb\n[b:children]\na\n[a]\nweb1\n")
    assert set(fleet.hosts[0].groups) == {"a", "b"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("all:\n  hosts:\n\t- x", r"hosts\.yml:3:1: "),
        ("all:\n  - web1", r"hosts\.yml:2:3: not a mapping; expected groups with hosts and children"),
        ("[" * 3000, r"hosts\.yml:1:1: nested too deep"),
        ("a: &a {children: {b: *a}}", r"hosts\.yml:\d+:\d+: groups more than 32 deep"),
        ("", "no hosts; expected an Ansible inventory"),
        ("!!python/object/apply:os.system ['true']", "not a mapping"),
    ],
)
def test_yaml_that_is_no_inventory(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        from_ansible(tmp_path, text, "hosts.yml")


def test_a_bomb_of_aliases_does_not_go_off(tmp_path: Path) -> None:
    levels = [
        f"l{level}: &l{level} {{children: {{{', '.join(f'g{level}{n}: *l{level - 1}' for n in range(9))}}}}}"
        for level in range(1, 10)
    ]
    with pytest.raises(ConfigError, match="more than 200000 entries"):
        from_ansible(tmp_path, "l0: &l0 {hosts: {a: }}\n" + "\n".join(levels), "hosts.yml")


def test_a_quote_left_open_in_an_ini_inventory(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"hosts:2:3: a quote is not closed"):
        from_ansible(tmp_path, "[web]\n  web1 note='open\n")
