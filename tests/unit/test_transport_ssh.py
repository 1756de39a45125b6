"""Logging in on a real sshd: shells, keys, what is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from schouw.errors import ErrorClass, HostError
from schouw.model.host import Host
from schouw.transport import Surroundings
from schouw.transport.ssh import SshTransport
from tests.unit.transport_lab import USER, Home, Server, free_port, run, running, say


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
async def server(home: Home) -> AsyncIterator[Server]:
    async with home.sshd() as server:
        home.know(f"{server.name} {server.key}")
        yield server


@contextlib.asynccontextmanager
async def transport(around: Surroundings, hosts: Mapping[str, Host] | None = None) -> AsyncIterator[SshTransport]:
    made = SshTransport(hosts or {}, around)
    try:
        yield made
    finally:
        await made.close()


async def refused(home: Home, host: Host, agent: str = "") -> HostError:
    """The error that connecting gives."""
    async with transport(home.around(agent)) as ssh:
        with pytest.raises(HostError) as caught:
            await ssh.connect(host)
    return caught.value


async def test_runs_a_script_and_tells_about_the_server(home: Home, server: Server) -> None:
    async with transport(home.around()) as ssh:
        connection = await ssh.connect(home.host(server.port))
        assert (await say(connection, "echo $((6*7)); id -un; echo lost >&2")).split() == ["42", USER]
        assert connection.peer == "127.0.0.1"
        assert connection.server_version.startswith("SSH-2.0-OpenSSH")
        assert connection.kexinit is not None
        assert b"curve25519-sha256" in connection.kexinit
        assert connection.alive
        await connection.close()
        assert not connection.alive
    assert server.logins == 1


async def test_several_shells_share_one_login(home: Home, server: Server) -> None:
    async with transport(home.around()) as ssh:
        connection = await ssh.connect(home.host(server.port))
        assert await asyncio.gather(*(say(connection, f"echo {n}") for n in range(4))) == ["0\n", "1\n", "2\n", "3\n"]
        await connection.close()
    assert server.logins == 1


async def test_bytes_that_are_not_text_arrive_as_they_are(home: Home, server: Server) -> None:
    async with transport(home.around()) as ssh:
        connection = await ssh.connect(home.host(server.port))
        shell = await connection.shell()
        await shell.send(b"printf '\\377\\000x'; exit\n")
        out = b""
        while piece := await shell.receive(10):
            out += piece
        assert out == b"\xff\x00x"
        await shell.close()
        await connection.close()


@pytest.mark.parametrize("how", ["close", "cancel"])
async def test_a_hanging_command_is_gone_after_close(home: Home, server: Server, how: str) -> None:
    seconds = str(100_000 + server.port)  # found again by its argument
    async with transport(home.around()) as ssh:
        connection = await ssh.connect(home.host(server.port))
        shell = await connection.shell()
        await shell.send(f"echo on; timeout 99 sleep {seconds}; echo never\n".encode())
        assert await shell.receive(100) == b"on\n"
        if how == "cancel":
            reading = asyncio.create_task(shell.receive(100))
            await asyncio.sleep(0)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
        await shell.close()
        assert running(seconds) == []
        await connection.close()


async def test_a_shell_that_ignores_the_signal_ends_too(home: Home, server: Server) -> None:
    seconds = str(200_000 + server.port)
    async with transport(home.around()) as ssh:
        connection = await ssh.connect(home.host(server.port))
        shell = await connection.shell()
        await shell.send(f"trap '' TERM; echo on; sleep {seconds}\n".encode())
        assert await shell.receive(100) == b"on\n"
        await shell.close()
        assert running(seconds) == []
        await connection.close()


async def test_an_idle_shell_ends_with_its_input_and_nobody_waits_for_it(home: Home, server: Server) -> None:
    async with transport(home.around()) as ssh:
        connection = await ssh.connect(home.host(server.port))
        shell = await connection.shell()
        await shell.send(b"echo $$; while IFS= read -r request; do :; done\n")
        there = os.pidfd_open(int(await shell.receive(100)))
        ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(there, ended.set)
        try:
            await shell.close(idle=True)
            await asyncio.wait_for(ended.wait(), 10)
        finally:
            asyncio.get_running_loop().remove_reader(there)
            os.close(there)
        assert await say(connection, "echo the login stays") == "the login stays\n"
        await connection.close()


async def test_a_lost_connection_is_an_error_not_an_end(home: Home, server: Server) -> None:
    async with transport(home.around()) as ssh:
        connection = await ssh.connect(home.host(server.port))
        shell = await connection.shell()
        await shell.send(b"kill -9 $(ps -o ppid= -p $PPID); sleep 60\n")
        with contextlib.suppress(HostError):
            assert await shell.receive(100) == b""
        await asyncio.wait_for(connection.connection.wait_closed(), 10)
        assert not connection.alive
        with pytest.raises(HostError) as caught:
            await connection.shell()
        assert caught.value.kind is ErrorClass.DROPPED
        await shell.close()
        await connection.close()


async def test_an_unknown_login_key_is_refused_after_one_attempt(home: Home, server: Server) -> None:
    other = home.new_key("other")
    error = await refused(home, home.host(server.port, identity=(str(other),)))
    assert error.kind is ErrorClass.LOGIN_REFUSED
    assert f"login as {USER} refused (offered SHA256:" in error.message
    assert server.count("Connection from") == 1


@pytest.mark.parametrize("kind", ["ssh-rsa", "ecdsa-sha2-nistp256"])
async def test_other_kinds_of_login_keys(home: Home, kind: str) -> None:
    key = home.new_key("another", kind=kind)
    async with home.sshd(authorized=key) as server, transport(home.around()) as ssh:
        home.know(f"{server.name} {server.key}")
        connection = await ssh.connect(home.host(server.port, identity=(str(key),)))
        await connection.close()


async def test_a_user_certificate_beside_the_key(home: Home) -> None:
    authority = home.new_key("authority")
    await run("ssh-keygen", "-q", "-s", str(authority), "-I", "me", "-n", USER, "-V", "+1h", f"{home.key}.pub")
    other = home.new_key("other")
    async with home.sshd(f"TrustedUserCAKeys {authority}.pub", authorized=other) as server, transport(home.around()) as ssh:
        home.know(f"{server.name} {server.key}")
        connection = await ssh.connect(home.host(server.port))
        await connection.close()
        assert server.count("CA ED25519") >= 1


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda home: home.path / "missing", "does not exist"),
        (lambda home: home.new_key("locked", passphrase="secret"), "has a passphrase and the agent does not hold it"),
        (lambda home: home.path, "cannot be read"),
        (lambda home: home.accepted.parent, "does not exist"),
    ],
)
async def test_a_key_that_cannot_be_used(home: Home, server: Server, make: object, says: str) -> None:
    assert callable(make)
    error = await refused(home, home.host(server.port, identity=(str(make(home)),)))
    assert error.kind is ErrorClass.NO_KEY
    assert says in error.message
    assert server.count("Connection from") == 0


async def test_no_key_at_all(home: Home, server: Server) -> None:
    error = await refused(home, home.host(server.port, identity=()))
    assert error.kind is ErrorClass.NO_KEY
    assert "no private key" in error.message


async def test_default_keys_are_found_in_the_home(home: Home, server: Server) -> None:
    home.key.rename(home.path / ".ssh" / "id_ed25519")
    async with transport(home.around()) as ssh:
        await (await ssh.connect(home.host(server.port, identity=()))).close()


async def test_a_key_with_a_passphrase_that_the_agent_holds(home: Home, server: Server) -> None:
    locked = home.path / "locked"
    locked.write_bytes(home.key.read_bytes())
    locked.chmod(0o600)
    locked.with_name("locked.pub").write_bytes(home.key.with_name("id_test.pub").read_bytes())
    await run("ssh-keygen", "-q", "-p", "-N", "secret", "-f", str(locked))
    async with home.agent(home.new_key("first"), home.key) as agent, transport(home.around(agent)) as ssh:
        await (await ssh.connect(home.host(server.port, identity=(str(locked),)))).close()
    assert server.count("Failed publickey") == 0, "only the key that was named is offered"


async def test_few_keys_of_a_full_agent_are_offered(home: Home, server: Server) -> None:
    others = [home.new_key(f"other{n}") for n in range(6)]
    async with home.agent(*others, home.key) as agent:
        error = await refused(home, home.host(server.port, identity=()), agent)
    assert error.kind is ErrorClass.LOGIN_REFUSED
    assert error.message.count("SHA256:") == 3
    assert server.count("Connection from") == 1


async def test_cancelling_a_login_leaves_nothing(home: Home, server: Server) -> None:
    before = asyncio.all_tasks()
    async with transport(home.around()) as ssh:
        for turns in range(0, 60, 4):  # at a different point each time
            task = asyncio.create_task(ssh.connect(home.host(server.port)))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await (await task).close()
    assert asyncio.all_tasks() - before == set()


async def test_ssh_config_gives_what_the_fleet_file_leaves_out(home: Home, server: Server) -> None:
    config = home.path / "ssh_config"
    config.write_text(
        f"Host web1\n HostName 127.0.0.1\n Port {server.port}\n User nobody\n IdentityFile {home.key}\n"
        f" UserKnownHostsFile none\n HostKeyAlias the-alias\n"
    )
    host = Host(name="web1", user=USER, ssh_config=str(config))
    error = await refused(home, host)
    assert error.kind is ErrorClass.KEY_UNKNOWN, "UserKnownHostsFile none never switches verification off"
    home.accepted.parent.mkdir()
    home.accepted.write_text(f"the-alias {server.key}\n")
    async with transport(home.around()) as ssh:
        connection = await ssh.connect(host)
        assert (await say(connection, "id -un")).strip() == USER
        await connection.close()


async def test_a_missing_ssh_program_leaves_a_note(home: Home, server: Server) -> None:
    (home.path / ".ssh" / "config").write_text("Host *\n Port 1\n")
    around = home.around()
    lacking = Surroundings(home=around.home, user=USER, accepted=around.accepted, system=around.system, ssh="no-such-ssh")
    async with transport(lacking) as ssh:
        await (await ssh.connect(home.host(server.port, ssh_config="~/.ssh/config"))).close()
        assert len(ssh.notes) == 1
        assert "not installed" in ssh.notes[0]


@pytest.mark.parametrize(
    ("lines", "says"),
    [("ProxyCommand nc %h %p", "ProxyCommand"), ("Port many", "ssh_config cannot be used")],
)
async def test_ssh_config_that_cannot_be_used(home: Home, lines: str, says: str) -> None:
    config = home.path / "ssh_config"
    config.write_text(f"Host *\n {lines}\n")
    error = await refused(home, Host(name="web1", ssh_config=str(config)))
    assert error.kind is ErrorClass.CONFIG
    assert says in error.message


@pytest.mark.parametrize("fields", [{"address": "-oProxyCommand=x"}, {"address": "a;b"}, {"user": "$(id)"}])
async def test_names_that_must_not_reach_a_command_line(home: Home, fields: dict[str, str]) -> None:
    error = await refused(home, home.host(free_port(), **fields))
    assert error.kind is ErrorClass.CONFIG


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("ed25519", ("KexAlgorithms diffie-hellman-group14-sha1", "Ciphers aes128-cbc", "MACs hmac-sha1")),
        ("ed25519", ("KexAlgorithms diffie-hellman-group1-sha1", "Ciphers 3des-cbc", "MACs hmac-md5")),
        ("rsa", ("HostKeyAlgorithms ssh-rsa",)),
    ],
)
@pytest.mark.filterwarnings("ignore")  # the cryptography library says what it thinks of these
async def test_a_server_with_only_weak_algorithms_can_still_be_seen(home: Home, kind: str, settings: tuple[str, ...]) -> None:
    async with home.sshd(*settings, kind=kind) as server, transport(home.around()) as ssh:
        home.know(f"{server.name} {server.key}")
        connection = await ssh.connect(home.host(server.port))
        assert await say(connection, "echo seen") == "seen\n"
        await connection.close()
