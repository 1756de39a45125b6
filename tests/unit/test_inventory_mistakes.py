"""What someone reads who made a mistake in the fleet file."""

from __future__ import annotations

from pathlib import Path

import pytest

from schouw.errors import ConfigError
from schouw.inventory import load


def mistakes(folder: Path, text: str | bytes) -> list[str]:
    path = folder / "hosts.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as raised:
        load(path)
    return [line.removeprefix(f"{path}:") for line in str(raised.value).split("\n")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[hosts.a]\nprot = 22", '2:1: unknown key "prot" in [hosts.a]; did you mean "port"?'),
        ("[host.a]", '1:2: unknown key "host"; did you mean "hosts"?'),
        ("[hosts.a]\nconcurrent = 3", '2:1: unknown key "concurrent" in [hosts.a]; it belongs in [limits]'),
        ('[defaults]\naddress = "x"\n[hosts.a]', '2:1: unknown key "address" in [defaults]; it belongs in [hosts.NAME]'),
        ('user = "x"\n[hosts.a]', '1:1: unknown key "user"; it belongs in [defaults] or [hosts.NAME]'),
        ("[hosts.a]\nzzzz = 1", '2:1: unknown key "zzzz" in [hosts.a]; expected one of address, '),
        ("[hosts.a]\nport = 70000", "2:8: port = 70000; expected a number from 1 to 65535"),
        ("[hosts.a]\n  port = '22'", '2:10: port = "22"; expected a number from 1 to 65535'),
        ('[hosts.a]\ntimeouts = { connect = "10" }', '2:24: connect = "10"; expected a time such as "10s"'),
        ('[hosts.a]\ntimeouts = { conect = "10s" }', '2:14: unknown key "conect" in [hosts.a.timeouts]; did you mean "connect"?'),
        ('[hosts.a]\nrescan = "soon"', '2:10: rescan = "soon"; expected a time such as "6h"'),
        ("[hosts.a]\nrescan = 3600", '2:10: rescan = 3600; expected a time such as "6h"'),
        ("[hosts.a]\nrescan = 2026-01-01", '2:10: rescan = the date 2026-01-01; expected a time such as "6h"'),
        ('[hosts.a]\ntags = "public"', '2:8: tags = "public"; expected a list of words'),
        ("[hosts.a]\nlisten = [\n  22,\n  '99999/tcp',\n]", '4:3: listen has "99999/tcp" in it; expected a list of the ports'),
        ("[hosts.a]\nknown_hosts = []", "2:15: known_hosts = a list; expected a list of paths"),
        ('[hosts.a]\nprivilege = "root"', '2:13: privilege = "root"; expected "sudo"'),
        (
            '[defaults]\nssh_profile = "modren"\n[hosts.a]',
            '2:15: ssh_profile = "modren"; did you mean "modern"? Expected the bar for SSH algorithms, "default" or "modern"',
        ),
        ('[hosts.a]\nssh_profile = "x"', '2:15: ssh_profile = "x"; expected the bar for SSH algorithms, "default" or "modern"'),
        ('[hosts.a]\nuser = "-oProxyCommand=x"', '2:8: user = "-oProxyCommand=x"; expected the account'),
        ('[hosts.a]\njump = "-w"', '2:8: jump = "-w"; expected a way in'),
        ("[hosts]\na = '192.0.2.1'", '2:5: a = "192.0.2.1"; expected a table [hosts.a]'),
        ("[[hosts]]\nport = 1", "1:3: hosts = a list; expected tables such as [hosts.web1]"),
        ('[hosts."-rf"]', '1:8: "-rf" is not a name; expected letters, digits'),
        ('[hosts."a]"]', '1:8: "a]" is not a name; expected letters, digits'),
        ("version = 2\n[hosts.a]", "1:11: version = 2; expected 1"),
        ('[hosts.a]\naddress = "192.0.2.300"', '2:11: "192.0.2.300" is not an IP address; expected four numbers up to 255'),
        (
            '[hosts.a]\naddress = "web1:22"',
            '2:11: "web1:22" is not an IP address; expected an IPv6 address, or a name without a port',
        ),
        ('[hosts.a]\naddress = "[::1]"', '2:11: "[::1]" is not '),
        ('[hosts.a]\ngroups = ["wbe"]\n[groups.web]', '2:11: unknown group "wbe"; did you mean "web"?'),
        ('[hosts.a]\ngroups = ["web"]', '2:11: unknown group "web"; expected a table [groups.web], which may be empty'),
        ('[hosts.a]\nsite = "ams"\n[sites.ams1]', '2:8: unknown site "ams"; did you mean "ams1"?'),
        ("[hosts.a]\nlocal = true\nssh = false", "3:7: ssh = false beside local = true; expected one of the two"),
        ('[hosts.a]\njump = "b"\n[hosts.b]\njump = "a"', "2:8: jump leads in a circle: a → b → a"),
        ('[hosts.a]\njump = "me@b"\n[hosts.b]\nssh = false', '2:8: jump leads through "b", which is not reached over SSH'),
        ('[hosts."db[1:3]"]\n[hosts.db2]', '2:8: "db2" is in the fleet already'),
        ('[hosts."db[3:1]"]', '1:8: "[3:1]" is empty: its start comes after its end'),
        ('[hosts."db[1:99999]"]', '1:8: "[1:99999]" stands for 99999 hosts; expected at most 4096'),
        ('[hosts."db[1:99][1:99]"]', '1:8: "db[1:99][1:99]" stands for 9801 hosts; expected at most 4096'),
        ('[hosts."db[1:2]"]\naddress = "10.0.0.[1:3]"', '2:11: "10.0.0.[1:3]" stands for 3 addresses; expected one, or one for'),
        ('[hosts.a]\nnote = "\\u001b[2J"', '2:8: "�[2J" has control characters'),
        ('[hosts.a]\naddress = "web1\\n"', '2:11: "web1" has control characters'),
    ],
)
def test_a_mistake_has_its_place_and_says_what_was_expected(tmp_path: Path, text: str, message: str) -> None:
    (mistake, *rest) = mistakes(tmp_path, text)
    assert mistake.startswith(message)
    assert not rest or "circle" in message


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("[hosts.web1.example.net]", '[hosts."web1.example.net"]'),
        ("[hosts.192.0.2.1]\nport = 22", '[hosts."192.0.2.1"]'),
        ("[hosts.web1.user]", '[hosts."web1.user"]'),
    ],
)
def test_a_name_with_dots_wants_quotes(tmp_path: Path, text: str, quoted: str) -> None:
    (mistake,) = mistakes(tmp_path, text)
    assert mistake.endswith(f"quote the name: {quoted}")


@pytest.mark.parametrize("key", ["password", "sudo_password", "passphrase", "become_pass", "private_key", "api_token"])
def test_a_secret_is_refused_and_not_repeated(tmp_path: Path, key: str) -> None:
    (mistake,) = mistakes(tmp_path, f'[hosts.a]\n{key} = "hunter2"')
    assert f'"{key}" is a secret, and none belongs here' in mistake
    assert "hunter2" not in mistake


def test_a_pasted_private_key_is_not_repeated(tmp_path: Path) -> None:
    (mistake,) = mistakes(tmp_path, '[hosts.a]\nidentity = """-----BEGIN PRIVATE KEY-----\nhunter2\n"""')
    assert mistake.startswith("2:12: the text of a private key")
    assert "hunter2" not in mistake


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = '[defaults]\nport = 0\nlisten = [0, 1, "x"]\n[groups.web]\nport = 1\n[hosts.a]\ngroups = ["web", "wob"]\nprot = 1\n'
    found = mistakes(tmp_path, text)
    assert [mistake.split(" ")[0] for mistake in found] == ["2:8:", "3:11:", "3:17:", "7:18:", "8:1:"]


def test_hundreds_of_mistakes_do_not_flood_the_screen(tmp_path: Path) -> None:
    found = mistakes(tmp_path, "".join(f"[hosts.a{number}]\nprot = 1\n" for number in range(300)))
    assert len(found) == 51
    assert found[-1].endswith("and 250 more like these")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1:1: no hosts; expected at least one table such as [hosts.web1]"),
        ("# nothing yet\n", "1:1: no hosts;"),
        ("[hosts.a\n", "1:9: "),
        ("[hosts.a]\nport = \n", "2:8: "),
        ("[hosts.a]\naddress = web1\n", '2:11: Invalid value; expected TOML (texts are quoted, such as address = "192.0.2.10")'),
        ("[hosts.a]\nport = 1\nport = 2", "3:"),
        ("a = " + "[" * 5000, "1:1: lists or tables inside each other"),
        ("a = " + "9" * 5000, "1:1: a number with thousands of digits"),
        ('[hosts.a]\nnote = "caf\xe9"'.encode("latin-1"), "2:12: byte 0xe9 is not UTF-8"),
        (b"\xff\xfe[\x00h\x00", "1:1: byte 0xff is not UTF-8"),
    ],
)
def test_a_file_that_is_no_fleet_file(tmp_path: Path, text: str | bytes, message: str) -> None:
    (mistake,) = mistakes(tmp_path, text)
    assert mistake.startswith(message)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.toml: no such file"):
        load(tmp_path / "gone.toml")
    with pytest.raises(ConfigError, match="this is a directory; expected a file"):
        load(tmp_path)
    loop = tmp_path / "loop.toml"
    loop.symlink_to(loop)
    with pytest.raises(ConfigError, match=r"loop\.toml: cannot be read: "):
        load(loop)
    with (tmp_path / "big.toml").open("wb") as file:
        file.truncate(17 << 20)
    with pytest.raises(ConfigError, match="larger than 16 MiB"):
        load(tmp_path / "big.toml")


def test_a_mistake_beside_the_file_names_that_file(tmp_path: Path) -> None:
    (tmp_path / "hosts.d").mkdir()
    (tmp_path / "hosts.d" / "web.toml").write_text("[defaults]\nport = 1\n[hosts.a]")
    (tmp_path / "hosts.toml").write_text("[hosts.a]")
    with pytest.raises(ConfigError) as raised:
        load(tmp_path / "hosts.toml")
    unknown, twice = str(raised.value).split("\n")
    assert unknown.startswith(f'{tmp_path}/hosts.d/web.toml:1:2: unknown key "defaults"')
    assert twice.startswith(f'{tmp_path}/hosts.d/web.toml:3:8: "a" is in the fleet already ({tmp_path}/hosts.toml:1:8)')
