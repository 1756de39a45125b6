"""What a fleet file makes of its hosts."""

from __future__ import annotations

from pathlib import Path

import pytest

from schouw.errors import ConfigError
from schouw.inventory import Fleet, Limits, discover, load, this_machine
from schouw.model.host import Host, Port, Reach, Timeouts, TlsPort
from schouw.model.protocol import Protocol

HOME = Path("/home/anna")


def fleet(folder: Path, text: str, **beside: str) -> Fleet:
    (folder / "hosts.toml").write_text(text)
    for name, part in beside.items():
        (folder / "hosts.d").mkdir(exist_ok=True)
        (folder / "hosts.d" / f"{name}.toml").write_text(part)
    return load(folder / "hosts.toml", HOME)


def only(folder: Path, text: str) -> Host:
    (host,) = fleet(folder, text).hosts
    return host


def test_a_bare_table_is_a_host_and_leaves_the_rest_to_ssh_config(tmp_path: Path) -> None:
    assert only(tmp_path, "[hosts.web1]\n") == Host(name="web1")


def test_the_most_specific_wins(tmp_path: Path) -> None:
    host = only(
        tmp_path,
        """
        [defaults]
        user = "a"
        port = 1
        owner = "defaults"
        rescan = "1h"
        stale_after = "2d"
        [sites.ams]
        port = 2
        owner = "site"
        rescan = "2h"
        [groups.one]
        owner = "one"
        rescan = "3h"
        [groups.two]
        rescan = "4h"
        [hosts.web1]
        site = "ams"
        groups = ["one", "two"]
        user = "me"
        """,
    )
    assert (host.user, host.port, host.owner, host.rescan, host.stale_after) == ("me", 2, "one", 4 * 3600, 2 * 86400)


def test_of_two_groups_the_later_in_the_hosts_list_wins(tmp_path: Path) -> None:
    groups = (
        '[groups.one]\nport = 1\n[groups.two]\nport = 2\n[hosts.a]\ngroups = ["one", "two"]\n[hosts.b]\ngroups = ["two", "one"]\n'
    )
    assert [host.port for host in fleet(tmp_path, groups).hosts] == [2, 1]


def test_lists_add_up_and_an_exclamation_mark_starts_afresh(tmp_path: Path) -> None:
    text = """
        [defaults]
        tags = ["all"]
        listen = ["22/tcp"]
        [groups.web]
        tags = ["public", "all"]
        listen = [443, "53/udp"]
        [hosts.adds]
        groups = ["web"]
        listen = ["8443"]
        [hosts.afresh]
        groups = ["web"]
        tags = ["!", "odd"]
        listen = ["!"]
        """
    adds, afresh = fleet(tmp_path, text).hosts
    assert adds.tags == ("all", "public")
    assert adds.listen == (Port(22), Port(443), Port(53, "udp"), Port(8443))
    assert afresh.tags == ("odd",)
    assert afresh.listen == ()


def test_services_with_tls_add_up_and_the_most_specific_says_what_a_port_is(tmp_path: Path) -> None:
    host = only(
        tmp_path,
        """
        [defaults]
        tls = [{ port = 8843, protocol = "https" }, { port = 6514, protocol = "tls" }]
        [hosts.a]
        tls = [{ port = 8843, protocol = "imaps", names = ["mail.example.net", "imap.example.net"] }]
        """,
    )
    assert host.tls == (
        TlsPort(8843, Protocol.IMAPS, ("mail.example.net", "imap.example.net")),
        TlsPort(6514, Protocol.TLS),
    )


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("{ port = 99999, protocol = 'https' }", "expected a list of services"),
        ("{ port = 443, protocol = 'gopher' }", "expected a list of services"),
        ("{ port = 443 }", "expected a list of services"),
        ("{ port = 443, protocol = 'https', names = ['-x'] }", "expected a list of services"),
    ],
)
def test_a_service_that_cannot_be_is_refused(table: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        only(tmp_path, f"[hosts.a]\ntls = [{table}]\n")


def test_no_word_about_ports_is_not_an_empty_list_of_them(tmp_path: Path) -> None:
    assert only(tmp_path, "[hosts.a]").listen is None


def test_timeouts_are_merged_one_by_one(tmp_path: Path) -> None:
    host = only(tmp_path, '[defaults.timeouts]\nconnect = "5s"\nlogin = "5s"\n[hosts.a]\ntimeouts = { login = "1m" }')
    assert host.timeouts == Timeouts(connect=5, login=60, collect=60)


def test_never_means_only_when_asked(tmp_path: Path) -> None:
    host = only(tmp_path, '[hosts.a]\nrescan = "never"\nsweep_all_ports = "2w"')
    assert (host.rescan, host.sweep_all_ports) == (0, 14 * 86400)


def test_paths_are_relative_to_the_file_and_the_home_folder(tmp_path: Path) -> None:
    text = '[hosts.a]\nidentity = "keys/a"\nknown_hosts = ["~/.ssh/known_hosts", "/etc/known"]\nssh_config = "own_config"'
    host = only(tmp_path, text)
    assert host.identity == (str(tmp_path / "keys/a"),)
    assert host.known_hosts == ("/home/anna/.ssh/known_hosts", "/etc/known")
    assert host.ssh_config == str(tmp_path / "own_config")


@pytest.mark.parametrize("written", ["", "~/.ssh/config"])
def test_no_ssh_config_and_the_usual_one_stay_as_written(tmp_path: Path, written: str) -> None:
    assert only(tmp_path, f'[hosts.a]\nssh_config = "{written}"').ssh_config == written


def test_several_keys_replace_those_of_the_defaults(tmp_path: Path) -> None:
    host = only(tmp_path, '[defaults]\nidentity = "/old"\n[hosts.a]\nidentity = ["/a", "/b"]')
    assert host.identity == ("/a", "/b")


def test_ways_to_look_inside(tmp_path: Path) -> None:
    hosts = fleet(tmp_path, "[hosts.a]\n[hosts.b]\nlocal = true\n[hosts.c]\nssh = false").hosts
    assert [host.reach for host in hosts] == [Reach.SSH, Reach.LOCAL, Reach.OUTSIDE]


def test_a_range_stands_for_many_hosts_and_its_address_runs_along(tmp_path: Path) -> None:
    hosts = fleet(tmp_path, '[hosts."db[08:10].example.net"]\naddress = "10.0.0.[1:3]"').hosts
    assert [(host.name, host.address) for host in hosts] == [
        ("db08.example.net", "10.0.0.1"),
        ("db09.example.net", "10.0.0.2"),
        ("db10.example.net", "10.0.0.3"),
    ]


def test_two_ranges_steps_and_letters(tmp_path: Path) -> None:
    hosts = fleet(tmp_path, '[hosts."r[a:b]-[0:10:5]"]').hosts
    assert [host.name for host in hosts] == ["ra-0", "ra-5", "ra-10", "rb-0", "rb-5", "rb-10"]


def test_the_jump_host_of_a_site_needs_no_jump_to_itself(tmp_path: Path) -> None:
    text = '[sites.ams]\njump = "bastion"\n[hosts.bastion]\nsite = "ams"\n[hosts.web1]\nsite = "ams"'
    assert [host.jump for host in fleet(tmp_path, text).hosts] == ["", "bastion"]


def test_more_hosts_and_groups_beside_the_file(tmp_path: Path) -> None:
    found = fleet(
        tmp_path,
        '[defaults]\nuser = "ops"\n[hosts.a]',
        web='[groups.web]\nport = 2222\n[hosts.b]\ngroups = ["web"]\nidentity = "key"',
    )
    assert [(host.name, host.user, host.port) for host in found.hosts] == [("a", "ops", None), ("b", "ops", 2222)]
    assert found.hosts[1].identity == (str(tmp_path / "hosts.d" / "key"),)
    assert found.groups == ("web",)


def test_another_fleet_file_has_another_folder_beside_it(tmp_path: Path) -> None:
    fleet(tmp_path, "[hosts.a]", more="[hosts.b]")
    (tmp_path / "lab.toml").write_text("[hosts.c]")
    assert [host.name for host in load(tmp_path / "lab.toml").hosts] == ["c"]


def test_limits(tmp_path: Path) -> None:
    found = fleet(tmp_path, "[limits]\nconcurrent = 5\nstart_rate = 2\n[hosts.a]")
    assert found.limits == Limits(concurrent=5, start_rate=2.0, per_jump=8)
    assert found.path == tmp_path / "hosts.toml"


def test_line_ends_and_the_mark_of_other_systems(tmp_path: Path) -> None:
    (tmp_path / "hosts.toml").write_bytes(b"\xef\xbb\xbf[hosts.a]\r\nport = 22\r\n")
    assert load(tmp_path / "hosts.toml").hosts[0].port == 22


def test_one_server_twice_is_a_warning(tmp_path: Path) -> None:
    same = 'address = "192.0.2.1"'
    text = f"[hosts.a]\n{same}\n[hosts.b]\n{same}\nport = 22\n[hosts.c]\n{same}\nport = 23"
    (warning,) = fleet(tmp_path, text).warnings
    assert warning == f'{tmp_path}/hosts.toml:4:11: "b" and "a" are both 192.0.2.1 port 22: one server, looked at twice'


def test_one_name_for_a_host_and_a_group_is_a_warning(tmp_path: Path) -> None:
    found = fleet(tmp_path, '[groups.db]\n[hosts.db]\n[hosts.db2]\ngroups = ["db"]')
    (warning,) = found.warnings
    assert 'hosts.toml:2:8: "db" is a host and a group' in warning
    assert [host.name for host in found.select(["db"])] == ["db"]


SOME = (
    '[groups.web]\ntags = ["public"]\n[groups.idle]\n[hosts.web1]\ngroups = ["web"]\n[hosts.web2]\ngroups = ["web"]\n[hosts.mail]'
)


def test_select_by_host_and_group_in_fleet_order_each_once(tmp_path: Path) -> None:
    found = fleet(tmp_path, SOME)
    assert [host.name for host in found.select(["mail", "web", "web2"])] == ["web1", "web2", "mail"]
    assert found.select([]) == found.hosts


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wbe1", 'no host or group "wbe1"; did you mean "web1"?'),
        ("zzz", 'no host or group "zzz"; expected one of web1, web2, mail, web, idle'),
        ("idle", 'group "idle" has no hosts'),
        ("\x1b[2J", 'no host or group "�[2J"'),
    ],
)
def test_a_name_that_means_nothing(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        fleet(tmp_path, SOME).select([name])
    assert str(raised.value).startswith(message)


def test_every_wrong_name_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        fleet(tmp_path, SOME).select(["wbe1", "web1", "mial"])
    assert str(raised.value).count("\n") == 1


def test_the_file_is_looked_for_where_it_says(tmp_path: Path) -> None:
    here, settings = tmp_path / "here", tmp_path / "settings"
    here.mkdir()
    settings.mkdir()
    assert discover(here, settings, {}) is None
    (settings / "hosts.toml").touch()
    assert discover(here, settings, {}) == settings / "hosts.toml"
    (here / "hosts.toml").touch()
    assert discover(here, settings, {"SCHOUW_CONFIG": ""}) == here / "hosts.toml"
    named = tmp_path / "named.toml"
    named.touch()
    assert discover(here, settings, {"SCHOUW_CONFIG": str(named)}) == named


def test_a_named_file_that_is_missing_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "hosts.toml").touch()
    with pytest.raises(ConfigError, match=r"gone\.toml: no such file; \$SCHOUW_CONFIG names it"):
        discover(tmp_path, tmp_path, {"SCHOUW_CONFIG": str(tmp_path / "gone.toml")})


def test_without_a_file_this_machine_is_the_fleet() -> None:
    found = this_machine()
    assert [host.reach for host in found.hosts] == [Reach.LOCAL]
    assert "." not in found.hosts[0].name
    assert found.path is None
