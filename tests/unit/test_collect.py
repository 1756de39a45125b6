"""The inside view of this machine over real shells, and the protocol under it."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import fields, replace
from pathlib import Path

import pytest

from schouw.collect import COLLECTORS, SUDO_COMMANDS, Collection, sudoers
from schouw.collect.script import request, script
from schouw.model.facts import Inside, Privilege
from schouw.model.host import Host
from schouw.transport.local import LocalTransport
from tests.unit.collect_lab import collection, look, said, section

SHELLS = [
    pytest.param(argv, marks=pytest.mark.skipif(shutil.which(argv[0]) is None, reason=f"no {argv[0]} here"), id=" ".join(argv))
    for argv in (("sh", "-s"), ("dash", "-s"), ("bash", "--posix", "-s"), ("bash", "-s"), ("busybox", "sh", "-s"))
]


def test_every_field_of_the_inside_view_has_a_collector() -> None:
    assert {collector.name for collector in COLLECTORS} == {field.name for field in fields(Inside)} - {"fingerprints"}


async def test_this_machine_over_the_local_transport() -> None:
    connection = await LocalTransport().connect(Host(name="here"))
    found = Collection(connection)
    inside, steps = await look(found)
    await found.close()
    await connection.close()

    assert inside.identity.result and inside.identity.result.hostname == os.uname().nodename
    assert (inside.identity.result.privilege is Privilege.ROOT) == (os.getuid() == 0)
    assert inside.identity.result.clock > 1_700_000_000
    assert inside.kernel.result and inside.kernel.result.running == os.uname().release
    assert inside.system.result and inside.system.result.id
    assert inside.packages.result and len(inside.packages.result.packages) > 50
    assert not inside.packages.reason
    assert inside.listeners.result is not None
    assert steps[0] == "identity 1/26" and steps[-1] == "logins 26/26"
    for field in fields(Inside):
        if field.name != "fingerprints":
            attempt = getattr(inside, field.name)
            assert attempt.result is not None or attempt.reason, field.name


async def test_an_unchanged_host_sends_next_to_nothing_again() -> None:
    async with collection() as (found, host):
        first, _ = await look(found)
        moved = found.sent + found.received
        await look(found, first)
        second, steps = await look(found, first)
        assert (found.sent + found.received) * 20 <= moved
        assert len(host.shells) == 1 and len(steps) == 26
        assert second.packages is first.packages and second.origins is first.origins
        assert second.fingerprints["packages"] == first.fingerprints["packages"]


async def test_fingerprints_hold_over_a_new_shell() -> None:
    async with collection() as (found, _):
        first, _ = await look(found)
    async with collection() as (found, _):
        second, _ = await look(found, first)
        assert second.packages is first.packages
        assert found.received < 8000


async def test_ages_and_the_clock_move_on_in_unchanged_sections() -> None:
    async with collection() as (found, _):
        first, _ = await look(found)
        assert first.identity.result
        moment = first.identity.result.clock - 60
        early = replace(first.identity.result, clock=moment)
        second, _ = await look(found, replace(first, identity=replace(first.identity, result=early)))
        assert second.packages is first.packages
        assert (age := second.age(moment)) is not None and age >= 60


async def test_hosts_that_say_the_same_share_what_was_read() -> None:
    async with collection() as (one, _), collection() as (other, _):
        (mine, _), (theirs, _) = await look(one), await look(other)
    assert mine.packages is theirs.packages and mine.sshd is theirs.sshd


async def test_sections_that_differ_in_status_alone_are_told_apart() -> None:
    whole = section("packages", r"printf 'x\tsame\nx\tcut\n'")
    async with collection(collectors=(whole,)) as (found, _):
        first, _ = await look(found)
    async with collection(collectors=(replace(whole, limit=8),)) as (found, _):
        second, _ = await look(found)
    assert said(first.packages) == ("same", "cut") and first.packages.complete
    assert said(second.packages) == ("same",) and not second.packages.complete


@pytest.mark.parametrize("argv", SHELLS)
async def test_every_shell_frames_alike(argv: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("1")
    collectors = (
        section("sshd", r"printf 'x\tplain\nx\tb\303\244d \377\n\n\n'"),
        section("system", ":"),
        section("kernel", f"x=$(cat {file}); printf 'x\\t%s\\n' \"$x\"", stamp=f"cat {file}"),
        section("packages", "yes x | tr x '\\011' ", limit=5000),
        section("restarts", r"printf 'x\tlast, unended'"),
    )
    async with collection(*argv, collectors=collectors) as (found, _):
        first, _ = await look(found)
        assert said(first.sshd) == ("plain", "bäd �")
        assert said(first.system) == ()
        assert first.packages.reason.startswith("its output was cut at 4 KB")
        assert said(first.restarts) == ("last, unended",)
        file.write_text("2")
        second, _ = await look(found, first)
        assert said(second.kernel) == ("2",)
        assert second.restarts is first.restarts


def test_nothing_is_answered_before_the_whole_script_was_read() -> None:
    """Shells read their script in pieces (busybox of 1023 bytes): one that came back for more would eat the next request."""
    before, _, last = script(COLLECTORS, request("0" * 16, "sudo", {})).decode().removesuffix("\n").rpartition("\n")
    assert before.endswith("\n}") and "answer" in last and last.endswith("done")
    assert all(line.startswith("answer()") for line in before.split("\n") if "answer" in line.split(" ")[0])


async def test_a_stamp_that_says_nothing_leaves_it_to_what_the_section_prints(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("1")
    sections = (section("sshd", f"x=$(cat {file}); printf 'x\\t%s\\n' \"$x\"", stamp=":"),)
    async with collection(collectors=sections) as (found, _):
        first, _ = await look(found)
        again, _ = await look(found, first)
        file.write_text("2")
        changed, _ = await look(found, again)
    assert again.sshd is first.sshd and said(changed.sshd) == ("2",)


async def test_what_a_host_does_not_have_runs_nothing(tmp_path: Path) -> None:
    sections = (section("sshd", f"touch {tmp_path}/ran", there=f"[ -e {tmp_path}/there ]", otherwise="it has none"),)
    async with collection(collectors=sections) as (found, _):
        inside, _ = await look(found)
        assert said(inside.sshd) == () and not (tmp_path / "ran").exists()
        (tmp_path / "there").touch()
        await look(found, inside)
        assert (tmp_path / "ran").exists()


async def test_a_slow_section_is_ended_by_the_host_and_harms_no_other() -> None:
    collectors = (
        section("sshd", r"printf 'x\tbefore\n'; sleep 60", seconds=1),
        section("system", r"printf 'x\tafter\n'"),
    )
    async with collection(collectors=collectors) as (found, _):
        inside, _ = await look(found)
    assert inside.sshd.reason == "it took longer than 1 seconds"
    assert said(inside.system) == ("after",)
    assert "sshd" not in inside.fingerprints


async def test_sections_cannot_eat_requests_nor_harm_the_shell() -> None:
    collectors = (
        section("sshd", "cat; exec >&-; exit 3"),
        section("system", r"kill -9 $$"),
        section("kernel", r"set -eu; false; :"),
        section("restarts", r"printf 'x\tstill here\n'"),
    )
    async with collection(collectors=collectors) as (found, host):
        for _ in range(2):
            inside, _ = await look(found)
            assert said(inside.restarts) == ("still here",)
        assert len(host.shells) == 1


async def test_a_kept_shell_that_ended_meanwhile_is_started_anew() -> None:
    async with collection(collectors=(section("sshd", r"printf 'x\there\n'"),)) as (found, host):
        await look(found)
        await host.shells[0].close()
        inside, _ = await look(found)
        assert said(inside.sshd) == ("here",)
        assert len(host.shells) == 2


async def test_a_cancelled_look_ends_its_shell() -> None:
    arrived = asyncio.Event()
    collectors = (section("sshd", ":"), section("system", "sleep 30"))
    async with collection(collectors=collectors) as (found, host):
        task = asyncio.create_task(found.collect(None, lambda name, done, total: arrived.set(), 60))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert host.shells[0].process.returncode is not None


@pytest.mark.skipif(os.getuid() != 0 or shutil.which("setpriv") is None, reason="needs root, to become somebody else")
async def test_an_ordinary_account_says_what_it_could_not_see() -> None:
    ordinary = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-s")
    async with collection(*ordinary) as (found, _):
        inside, _ = await look(found)
    assert inside.identity.result and inside.identity.result.privilege is Privilege.NONE
    assert inside.packages.result
    assert inside.restarts.result is None and "root" in inside.restarts.reason
    if shutil.which("ss"):
        assert inside.listeners.complete
        assert inside.processes.result is None
        assert inside.processes.reason.startswith("needs root: allow `/") and "ss -Htulpne`" in inside.processes.reason


async def test_a_full_disk_does_not_matter() -> None:
    if os.getuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("needs root, to fill a file system of its own")
    full = "mount -t tmpfs -o size=4k none /tmp 2>/dev/null && cat /dev/zero > /tmp/fill 2>/dev/null; TMPDIR=/tmp exec bash -s"
    async with collection("unshare", "-m", "sh", "-c", full) as (found, _):
        inside, _ = await look(found)
    assert inside.packages.result


def test_sudo_commands_are_exact_and_sudoers_forbids_arguments_where_there_are_none() -> None:
    assert not any(character in command for command in SUDO_COMMANDS for character in "*?[],:=\\")
    assert all(command.startswith("/") for command in SUDO_COMMANDS)
    line = sudoers("schouw")
    assert line.startswith("schouw ALL=(root) NOPASSWD: /usr/bin/ss -Htulpne, ")
    assert '/usr/sbin/iptables-save ""' in line


def test_the_script_says_nothing_of_itself_and_quotes_what_it_is_given() -> None:
    text = script(COLLECTORS, request("token", "none", {"packages": "abc", "bad": "x'; rm -rf /"})).decode()
    assert "request='token none packages=abc'" in text
    assert "rm -rf" not in text and "\n#" not in text
