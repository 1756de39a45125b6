"""Host keys against a real sshd: unknown, changed and revoked are three things, and none of them is scanned."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
import pytest

from schouw.errors import ErrorClass, HostError
from schouw.model.host import Host
from schouw.transport.ssh import HostKeyError, SshTransport, accept_host_key
from tests.unit.transport_lab import Home, Server, run


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
async def server(home: Home) -> AsyncIterator[Server]:
    async with home.sshd() as server:
        yield server


def another_key(kind: str = "ssh-ed25519") -> str:
    return asyncssh.generate_private_key(kind).export_public_key().decode().strip()


def fingerprint(key: str) -> str:
    return asyncssh.import_public_key(key).get_fingerprint()


async def refusal(home: Home, host: Host) -> HostKeyError:
    ssh = SshTransport({}, home.around())
    with pytest.raises(HostKeyError) as caught:
        await ssh.connect(host)
    await ssh.close()
    return caught.value


async def connects(home: Home, host: Host) -> bool:
    ssh = SshTransport({}, home.around())
    try:
        await (await ssh.connect(host)).close()
    except HostKeyError:
        return False
    finally:
        await ssh.close()
    return True


async def test_an_unknown_key_can_be_accepted_as_it_was_seen(home: Home, server: Server) -> None:
    host = home.host(server.port)
    error = await refusal(home, host)
    assert error.kind is ErrorClass.KEY_UNKNOWN
    assert (error.known_as, error.key, error.fingerprint) == (server.name, server.key, fingerprint(server.key))
    assert f"web1: host key {fingerprint(server.key)} is not known; not scanned" in str(error)
    assert "schouw doctor web1 --accept-host-key" in str(error)
    accept_host_key(home.accepted, error.known_as, error.key)
    assert await connects(home, host)
    assert not (home.path / ".ssh" / "known_hosts").exists()


async def test_accepting_counts_at_once_in_a_transport_that_is_in_use(home: Home, server: Server) -> None:
    ssh = SshTransport({}, home.around())
    with pytest.raises(HostKeyError) as caught:
        await ssh.connect(home.host(server.port))
    accept_host_key(home.accepted, caught.value.known_as, caught.value.key)
    await (await ssh.connect(home.host(server.port))).close()
    await ssh.close()


async def test_a_changed_key_names_both(home: Home, server: Server) -> None:
    known = another_key()
    home.know(f"{server.name} {known}")
    error = await refusal(home, home.host(server.port))
    assert error.kind is ErrorClass.KEY_CHANGED
    assert f"web1: host key changed (known {fingerprint(known)}, now {fingerprint(server.key)}); not scanned" in str(error)
    assert server.logins == 0


async def test_a_key_of_another_kind_is_a_change_too(home: Home, server: Server) -> None:
    home.know(f"{server.name} {another_key('ssh-rsa')}")
    assert (await refusal(home, home.host(server.port))).kind is ErrorClass.KEY_CHANGED


@pytest.mark.parametrize(
    "lines",
    [
        ("@revoked {name} {key}", "{name} {key}"),
        ("@revoked {name} {key}", "127.0.0.1 {key}"),
        ("@revoked 127.0.0.1 {key}", "{name} {key}"),
        ("@revoked * {key}", "{name} {key}"),
        ("@revoked {name} {key}",),
    ],
)
async def test_a_key_revoked_in_either_form_is_refused(home: Home, server: Server, lines: tuple[str, ...]) -> None:
    home.know(*(text.format(name=server.name, key=server.key) for text in lines))
    error = await refusal(home, home.host(server.port))
    assert error.kind is ErrorClass.KEY_REVOKED
    assert fingerprint(server.key) in error.message
    assert error.key == "", "nothing to accept"


@pytest.mark.parametrize("names", ["127.0.0.1", "[127.0.0.1]:*", "other,{name}", "*,!192.0.2.1"])
async def test_names_match_as_in_openssh(home: Home, server: Server, names: str) -> None:
    home.know(f"{names.format(name=server.name)} {server.key}")
    assert await connects(home, home.host(server.port))


@pytest.mark.parametrize("names", ["other,,more", "{name},!{name}", "# {name}"])
async def test_names_that_do_not_match(home: Home, server: Server, names: str) -> None:
    home.know(f"{names.format(name=server.name)} {server.key}")
    assert not await connects(home, home.host(server.port))


async def test_hashed_names(home: Home, server: Server) -> None:
    home.know(f"{server.name} {server.key}")
    await run("ssh-keygen", "-q", "-H", "-f", str(home.path / ".ssh" / "known_hosts"))
    assert await connects(home, home.host(server.port))


async def test_lines_that_nobody_can_read_fail_no_host(home: Home, server: Server) -> None:
    rubbish = ("what is this", "@marker x y", "|1|xx|yy ssh-ed25519 AAAA", "alone", "\ud800".encode("utf-8", "replace").decode())
    home.know(*rubbish)
    error = await refusal(home, home.host(server.port))
    assert "lines of known_hosts files cannot be read" in error.message
    home.know(f"{server.name} {server.key}")
    assert await connects(home, home.host(server.port))


async def test_named_files_replace_the_personal_ones_but_not_what_was_accepted(home: Home, server: Server) -> None:
    home.know(f"{server.name} {server.key}")
    host = home.host(server.port, known_hosts=("~/elsewhere",))
    assert not await connects(home, host)
    (home.path / "elsewhere").write_text(f"{server.name} {server.key}\n")
    assert await connects(home, host)
    (home.path / "elsewhere").unlink()
    accept_host_key(home.accepted, server.name, server.key)
    assert await connects(home, host)


async def test_a_file_that_cannot_be_read_may_revoke_keys(home: Home, server: Server) -> None:
    home.know(f"{server.name} {server.key}")
    (home.path / "system" / "ssh_known_hosts").mkdir()
    ssh = SshTransport({}, home.around())
    with pytest.raises(HostError) as caught:
        await ssh.connect(home.host(server.port))
    assert caught.value.kind is ErrorClass.CONFIG
    assert server.count("Connection from") == 0


async def test_certificates_of_a_known_authority(home: Home) -> None:
    authority = home.new_key("authority")
    trusted = authority.with_name("authority.pub").read_text().strip()
    async with home.sshd() as server:
        folder = home.path / f"sshd-{server.port}"
        await run("ssh-keygen", "-q", "-s", str(authority), "-h", "-I", "web1", "-n", "127.0.0.1", f"{folder}/host_key.pub")
    settings = f"HostCertificate {folder}/host_key-cert.pub"
    async with home.sshd(settings, f"HostKey {folder}/host_key") as server:
        home.know(f"@cert-authority *,[127.0.0.1]:* {trusted}")
        assert await connects(home, home.host(server.port))
        home.know(f"@revoked * {trusted}")
        error = await refusal(home, home.host(server.port))
        assert error.kind is ErrorClass.KEY_REVOKED
        assert fingerprint(trusted) in error.message


async def test_an_unknown_authority_is_an_unknown_key(home: Home, server: Server) -> None:
    home.know(f"@cert-authority [127.0.0.1]:* {another_key()}")
    error = await refusal(home, home.host(server.port))
    assert error.kind is ErrorClass.KEY_UNKNOWN


def test_accepting_keeps_other_hosts_and_replaces_the_same(tmp_path: Path) -> None:
    path = tmp_path / "state" / "known_hosts"
    old, new = another_key(), another_key()
    accept_host_key(path, "web1", old)
    accept_host_key(path, "[web1]:2222", old)
    accept_host_key(path, "web1", new)
    assert path.read_text() == f"[web1]:2222 {old}\nweb1 {new}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["known_hosts"]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("web1\n*", "ssh-ed25519 AAAAC3NzaC1lZDI1"),
        ("*", "ssh-ed25519 AAAAC3NzaC1lZDI1"),
        ("web1", "ssh-ed25519 AAAA\n* x"),
        ("", "x y"),
    ],
)
def test_only_names_and_keys_are_written(tmp_path: Path, name: str, key: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        accept_host_key(tmp_path / "known_hosts", name, key)
    assert not (tmp_path / "known_hosts").exists()
