"""The outside view through a real packet filter, of a real sshd: one network namespace, linked to this one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from schouw.model.facts import Listener
from schouw.model.outside import PortState
from schouw.probe.budget import Budget
from schouw.probe.look import look
from schouw.probe.targets import Targets

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, ("ip", "nft", "sshd"))), reason="needs root, ip, nft and sshd"
)

SPACE, OURS, THEIRS = f"probe{os.getpid()}", "10.213.77.1", "10.213.77.2"

SERVE = """
import socket, sys, time
servers = [socket.create_server(("", int(port))) for port in sys.argv[1:]]
print("ready", flush=True)
while True: time.sleep(3600)
"""


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=20)


def inside(*command: str) -> None:
    run("ip", "netns", "exec", SPACE, *command)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[None]:
    """10.213.77.2: sshd on 22, silent services on 3306, 8080 and 9001; no firewall yet, no IPv6."""
    link = f"p{os.getpid()}"
    run("ip", "netns", "add", SPACE)
    started: list[subprocess.Popen[bytes]] = []
    try:
        run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", SPACE)
        run("ip", "address", "add", f"{OURS}/30", "dev", link)
        run("ip", "link", "set", link, "up")
        inside("ip", "address", "add", f"{THEIRS}/30", "dev", "eth0")
        inside("ip", "link", "set", "eth0", "up")
        inside("nft", "add table inet wall; add chain inet wall in { type filter hook input priority 0; }")
        key = tmp_path / "key"
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
        Path("/run/sshd").mkdir(exist_ok=True)
        prefix = ["ip", "netns", "exec", SPACE]
        options = ["-f", "/dev/null", "-h", str(key), "-o", "PidFile=none", "-o", "UsePAM=no"]
        sshd = subprocess.Popen([*prefix, shutil.which("sshd") or "", "-D", "-e", *options], stderr=subprocess.PIPE)
        started.append(sshd)
        assert sshd.stderr is not None
        while b"listening" not in (line := sshd.stderr.readline()):
            assert line, "sshd did not start"
        services = subprocess.Popen([*prefix, sys.executable, "-c", SERVE, "3306", "8080", "9001"], stdout=subprocess.PIPE)
        started.append(services)
        assert services.stdout is not None
        assert services.stdout.readline() == b"ready\n"
        yield
    finally:
        # All in the namespace, and only those: sshd leaves a child behind for each connection that fell silent.
        for pid in subprocess.run(
            ["ip", "netns", "pids", SPACE], capture_output=True, text=True, timeout=20, check=False
        ).stdout.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        for one in started:
            one.communicate(timeout=10)
        # The link by name: a deleted namespace takes its own away only later.
        subprocess.run(["ip", "link", "delete", link], capture_output=True, timeout=20, check=False)
        run("ip", "netns", "delete", SPACE)


LISTENING = tuple(Listener("tcp", "0.0.0.0", port) for port in (22, 3306, 8080, 9001))


async def test_a_firewall_is_seen_and_the_ssh_server_shows_its_offer(host: None) -> None:
    inside(
        "nft",
        "add rule inet wall in tcp dport 3306 drop; add rule inet wall in tcp dport 8080 reject with icmpx admin-prohibited",
    )
    seen = await look(Targets((THEIRS,), LISTENING), Budget())
    states = {one.port: one.state for one in seen.ports.result or ()}
    assert (states[22], states[9001]) == (PortState.OPEN, PortState.OPEN)
    assert (states[3306], states[8080]) == (PortState.FILTERED, PortState.FILTERED)
    assert states[5432] is PortState.CLOSED
    assert seen.ports.complete
    (offer,) = (attempt.result for attempt in seen.ssh)
    assert offer is not None
    assert offer.software.startswith("OpenSSH_")
    assert "ssh-ed25519" in offer.host_keys
    assert offer.ciphers
    assert offer.macs


async def test_a_ban_in_the_middle_is_noticed_and_hides_no_port(host: None) -> None:
    """As port-scan detection does: whoever knocks at telnet is dropped from then on."""
    inside("nft", "add set inet wall banned { type ipv4_addr; flags dynamic; }")
    inside("nft", "add rule inet wall in ip saddr @banned drop")
    inside("nft", "add rule inet wall in tcp dport 23 add @banned { ip saddr } drop")
    before = frozenset((THEIRS, port) for port in (3306, 9001))
    seen = await look(Targets((THEIRS,), LISTENING, open_before=before), Budget())
    assert seen.blocked.startswith("we are probably being blocked: ")
    assert {one.state for one in seen.ports.result or ()} == {PortState.OPEN}
    again = await look(Targets((THEIRS,), LISTENING, open_before=before), Budget())
    assert "all 2 ports that answered last time are silent now" in again.blocked
    assert again.ports.result is None


async def test_a_host_that_answers_nowhere_is_not_said_to_be_filtered_alone(host: None) -> None:
    inside("nft", "add rule inet wall in drop")
    seen = await look(Targets((THEIRS,), None, scope="top"), Budget())
    assert not seen.ports.complete
    assert "down, or filters all" in seen.ports.reason
    assert "were not tried" in seen.ports.reason


async def test_one_silent_address_of_a_host_that_answers_is_filtered_and_nothing_is_lacking(host: None) -> None:
    other = "10.213.77.129"
    inside("ip", "address", "add", f"{other}/32", "dev", "eth0")
    run("ip", "route", "add", f"{other}/32", "via", THEIRS)
    inside("nft", f"add rule inet wall in ip daddr {other} drop")
    seen = await look(Targets((THEIRS, other), LISTENING), Budget())
    assert seen.ports.complete
    assert {one.state for one in seen.ports.result or () if one.address == other} == {PortState.FILTERED}


async def test_no_ipv6_here_is_not_checked(host: None) -> None:
    """Run inside the namespace, which has no route to anywhere."""
    code = (
        "import asyncio; from schouw.probe.budget import Budget; from schouw.probe.look import look;"
        "from schouw.probe.targets import Targets;"
        "print(asyncio.run(look(Targets(('2001:db8::1',), ()), Budget())).ports.reason)"
    )
    process = await asyncio.create_subprocess_exec(
        "ip", "netns", "exec", SPACE, sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
    )
    assert (await process.communicate())[0] == b"no route from here to 2001:db8::1\n"


async def test_cancelling_a_sweep_ends_it_at_once(host: None) -> None:
    inside("nft", "add rule inet wall in tcp dport != { 22, 3306, 8080, 9001 } drop")
    swept = asyncio.Event()
    targets = Targets((THEIRS,), LISTENING, scope="all")
    asked = len(targets.ports())
    running = asyncio.create_task(look(targets, Budget(), lambda _step, done, _total: swept.set() if done >= asked else None))
    await swept.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
