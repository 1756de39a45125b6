"""The inside view of the lab's web, mail and FTP servers: real daemons, their real configuration, against the answer key."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from schouw.collect import COLLECTORS, Collection
from schouw.model.daemons import DAEMONS, Block, Daemon, Setting
from schouw.model.facts import Inside
from tests.lab import spaces
from tests.lab.configured import CONFIGURED, INSTALLED
from tests.lab.hosts import NETWORK
from tests.unit.collect_lab import collection, look, said, section

pytestmark = pytest.mark.usefixtures("lab")

_WANTED = tuple(collector for collector in COLLECTORS if collector.name in (*DAEMONS, "identity", "exemptions", "sshd"))
_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


@asynccontextmanager
async def inside_of(name: str, *become: str) -> AsyncIterator[Collection]:
    """A shell as sshd would start it on the host, as root unless `become` makes it somebody else."""
    enter = [
        "nsenter",
        f"--target={spaces.first_process(name)}",
        "--mount",
        "--uts",
        "--ipc",
        "--net",
        "--pid",
        "--root",
        "--wd=/",
    ]
    surroundings = ["env", "-i", f"SSH_CONNECTION={NETWORK}.1 50000 {NETWORK}.2 22"]
    async with collection(*enter, "--", *surroundings, *become, "sh", "-s", collectors=_WANTED) as (found, _):
        yield found


async def seen_of(name: str, *become: str) -> Inside:
    async with inside_of(name, *become) as found:
        return (await look(found))[0]


def daemon(inside: Inside, name: str) -> Daemon:
    attempt = getattr(inside, name)
    assert attempt.result is not None, attempt.reason
    result: Daemon = attempt.result
    return result


def block(found: Daemon, port: int) -> Block:
    """The one that answers there; of several names that of the default."""
    mine = [one for one in found.blocks if port in one.ports]
    return next((one for one in mine if port in one.default_ports), mine[0])


@pytest.mark.parametrize("name", CONFIGURED)
async def test_answer_key(name: str) -> None:
    inside = await seen_of(name)
    for daemon_name, ports in CONFIGURED[name].items():
        found = daemon(inside, daemon_name)
        assert getattr(inside, daemon_name).complete
        assert found.running and found.panel == ""
        for port, (tls, plain_login, settings) in ports.items():
            one = block(found, port)
            assert (one.tls, one.plain_login) == (tls, plain_login), (daemon_name, port)
            for keyword, (value, file) in settings.items():
                setting = one.settings[keyword]
                assert setting.value == value, (daemon_name, port, keyword)
                assert setting.file.endswith(file) if file else setting.file == "", setting
    installed = {one for one in DAEMONS if getattr(inside, one).result}
    assert {one for one in installed if daemon(inside, one).running} == set(CONFIGURED[name])


@pytest.mark.parametrize("name", INSTALLED)
async def test_versions_and_what_does_their_tls(name: str) -> None:
    inside = await seen_of(name)
    for daemon_name, (version, library) in INSTALLED[name].items():
        found = daemon(inside, daemon_name)
        assert found.version.startswith(version) and found.library.startswith(library), found


@pytest.mark.parametrize("name", CONFIGURED)
async def test_every_location_is_a_line_that_says_so(name: str) -> None:
    inside = await seen_of(name)
    settings: dict[str, tuple[str, Setting]] = {}
    for one in CONFIGURED[name]:
        for part in daemon(inside, one).blocks:
            settings |= {s.location: (keyword, s) for keyword, s in part.settings.items() if s.file}
            if part.line:
                assert spaces.execute(name, "sed", "-n", f"{part.line}p", part.file).strip(), part
    assert len(settings) >= 5
    for keyword, setting in settings.values():
        line = spaces.execute(name, "sed", "-n", f"{setting.line}p", setting.file)
        written_as = keyword.partition(" (")[0].split()[-1]
        assert written_as.lower() in line.lower() or setting.file.endswith(f"/{written_as}"), (keyword, setting, line)
        for word in setting.value.split():
            assert word in line, (keyword, setting, line)


@pytest.mark.parametrize("name", CONFIGURED)
async def test_an_unchanged_host_costs_a_hash_a_daemon(name: str) -> None:
    async with inside_of(name) as found:
        first, _ = await look(found)
        moved = found.received
        second, _ = await look(found, first)
        assert found.received * 8 < moved
    for one in CONFIGURED[name]:
        assert getattr(second, one) is getattr(first, one)


async def test_an_ordinary_account_sees_what_everybody_may_read() -> None:
    for name in ("webweak", "mailweak", "trixieweak"):
        whole, ordinary = await seen_of(name), await seen_of(name, *_NOBODY)
        for one in CONFIGURED[name]:
            assert daemon(ordinary, one).blocks == daemon(whole, one).blocks, one


async def test_what_only_root_may_read_is_said() -> None:
    spaces.execute("webgood", "chmod", "600", "/etc/nginx/sites-enabled/shop")
    spaces.execute("mailgood", "chmod", "600", "/etc/dovecot/local.conf")
    try:
        nginx = (await seen_of("webgood", *_NOBODY)).nginx
        assert "needs root: allow `/usr/sbin/nginx -T` in sudoers" in nginx.reason and nginx.result
        assert nginx.result.blocks == () and nginx.result.running
        dovecot = (await seen_of("mailgood", *_NOBODY)).dovecot
        assert "needs root: allow `/usr/bin/doveconf -n` in sudoers" in dovecot.reason and dovecot.result
        assert dovecot.result.blocks == ()
    finally:
        spaces.execute("webgood", "chmod", "644", "/etc/nginx/sites-enabled/shop")
        spaces.execute("mailgood", "chmod", "644", "/etc/dovecot/local.conf")


@pytest.mark.parametrize(
    ("host", "name", "file", "reload"),
    [
        ("webweak", "nginx", "/etc/nginx/sites-enabled/shop", ("nginx", "-s", "reload")),
        ("webweak", "apache", "/etc/apache2/sites-enabled/panel.conf", ("apachectl", "graceful")),
        ("mailweak", "dovecot", "/etc/dovecot/local.conf", ("doveadm", "reload")),
        ("mailweak", "postfix", "/etc/postfix/main.cf", ("postfix", "reload")),
        ("trixieweak", "nginx", "/etc/nginx/sites-enabled/shop", ("nginx", "-s", "reload")),
        ("trixieweak", "dovecot", "/etc/dovecot/conf.d/99-shop.conf", ("doveadm", "reload")),
        ("trixieweak", "postfix", "/etc/postfix/main.cf", ("postfix", "reload")),
    ],
)
async def test_a_change_is_in_force_once_it_is_reloaded(host: str, name: str, file: str, reload: tuple[str, ...]) -> None:
    def pending(found: Daemon) -> bool:
        return bool(found.started_at and found.changed_at and found.changed_at > found.started_at)

    async with inside_of(host) as found:
        first, _ = await look(found)
        spaces.execute(host, "touch", file)
        edited = await _until(found, first, lambda inside: pending(daemon(inside, name)))
        spaces.execute(host, *reload)
        await _until(found, edited, lambda inside: not pending(daemon(inside, name)))


async def _until(found: Collection, before: Inside, true: Callable[[Inside], bool]) -> Inside:
    """Look again until it is so: a daemon takes its own time to act on a signal."""
    async with asyncio.timeout(20):
        while True:
            before, _ = await look(found, before)
            if true(before):
                return before


async def test_openssh_10_does_not_spare_us_until_it_is_told_to() -> None:
    def penalties(inside: Inside) -> dict[str, tuple[bool, str]]:
        return {one.tool: (one.exempt, one.fix) for one in inside.exemptions.result or ()}

    exempt, fix = penalties(await seen_of("trixie"))["sshd"]
    line = next(line for line in fix.splitlines() if line.startswith("PerSourcePenaltyExemptList"))
    assert not exempt and line == f"PerSourcePenaltyExemptList {NETWORK}.1"
    spaces.execute("trixie", "sed", "-i", f"$ a {line}", "/etc/ssh/sshd_config")
    try:
        assert penalties(await seen_of("trixie"))["sshd"] == (True, "")
    finally:
        spaces.execute("trixie", "sed", "-i", "/^PerSourcePenaltyExemptList/d", "/etc/ssh/sshd_config")
    assert "sshd" not in penalties(await seen_of("webgood"))


async def test_lines_of_sshd_know_the_match_that_they_stand_in() -> None:
    match = "Match Group sftp\\n  PasswordAuthentication yes\\nMatch all\\nLogLevel INFO"
    spaces.execute("trixie", "sed", "-i", f"$ a {match}", "/etc/ssh/sshd_config")
    try:
        sshd = (await seen_of("trixie")).sshd.result
    finally:
        spaces.execute("trixie", "sed", "-i", "/^Match Group sftp/,$ d", "/etc/ssh/sshd_config")
    assert sshd
    lines = {(one.keyword, one.value): one.match for one in sshd.directives}
    assert lines["PasswordAuthentication", "yes"] == "Group sftp"
    assert lines["PasswordAuthentication", "no"] == "" and lines["LogLevel", "INFO"] == ""


async def test_processes_of_containers_are_not_the_hosts(tmp_path: Path) -> None:
    """A program of that name in a process namespace below ours does not run here; beside it, one that does."""
    program = tmp_path / "schouwtestd"
    shutil.copy(shutil.which("cat") or "", program)
    asked = section("sshd", "tree '' . /etc/passwd; alive schouwtestd ''; printf 'x\\t%s %s\\n' \"$pid\" \"$since\"")
    processes: list[asyncio.subprocess.Process] = []
    try:
        async with collection(collectors=(asked,)) as (found, _):
            processes.append(await _started("unshare", "--pid", "--fork", "--kill-child", program))
            assert said((await look(found))[0].sshd) == (" ",)
            began = time.time()
            processes.append(await _started(program))
            rows = said((await look(found))[0].sshd)
    finally:
        for process in processes:
            process.kill()
            await process.wait()
    assert isinstance(rows, tuple)
    pid, since = rows[0].split()
    assert int(pid) == processes[1].pid and began - 2 < int(since) < time.time() + 1


async def _started(*command: str | Path) -> asyncio.subprocess.Process:
    """It answers, so it is the program that it is to become."""
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    assert process.stdin and process.stdout
    process.stdin.write(b"there?\n")
    assert await process.stdout.readline() == b"there?\n"
    return process
