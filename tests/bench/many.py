"""Many addresses at once, all of them of the lab: SSH offers of 100, against ssh-audit; TLS of 50 times 9 services, while
somebody uses the screen.

apt install ssh-audit      # or pip install ssh-audit; one that has a test of rates runs without it
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from schouw.checks.ssh_grades import DEFAULT, Kind, bad
from schouw.model.outside import SshOffer
from schouw.model.protocol import Protocol
from schouw.model.tls import Endpoint
from schouw.probe.blocked import Watch
from schouw.probe.budget import Budget
from schouw.probe.reach import Way
from schouw.probe.tls import TlsLook
from schouw.probe.tls.certified import certified
from schouw.probe.visit import visit
from schouw.scan.service import NICE
from tests.bench import live
from tests.bench.measure import Cost, Result, cost, in_turn
from tests.bench.tls import accepted
from tests.lab import spaces
from tests.lab.hosts import HOSTS, NETWORK

SSH, SSH_ADDRESSES = "olddebian", tuple(f"{NETWORK}.{number}" for number in range(100, 200))
"""Its sshd is as Debian has it: there is something to look at."""
TLS, TLS_ADDRESSES = "mailgood", tuple(f"{NETWORK}.{number}" for number in range(200, 250))
AT_ONCE = 32
"""As many threads as ssh-audit has."""
SERVICES = {
    21: Protocol.FTP, 25: Protocol.SMTP, 110: Protocol.POP3, 143: Protocol.IMAP, 465: Protocol.SMTPS, 587: Protocol.SUBMISSION,
    990: Protocol.FTPS, 993: Protocol.IMAPS, 995: Protocol.POP3S,
}  # fmt: skip
SSLYZE = 602
"""Connections of sslyze's full scan of one port of a server in good order: see `tls`."""

#: Its one sshd is a hundred here.
_ROOM = "echo MaxStartups 1000 >> /etc/ssh/sshd_config; kill -HUP $(cat /run/sshd.pid)"

#: What ssh-audit condemns and schouw does not, and why.
_NOT_SHARED = {
    r"ecdh-sha2-nistp\d+|ecdsa-sha2-nistp\d+": "NIST's curves are doubted for where they come from; no attack is known, and "
    "OpenSSH, Mozilla and NCSC-NL take them"
}
_KINDS = {"kex": Kind.KEX, "key": Kind.HOST_KEY, "enc": Kind.CIPHER, "mac": Kind.MAC}


def run() -> Iterator[Result]:
    hosts = [host for host in HOSTS if host.name in (SSH, TLS, "weakssh", "trixie")]
    running = spaces.running(hosts)
    started = [host for host in hosts if host not in running]
    if started:
        spaces.up(started, spaces.STATE / "many.toml")
    try:
        for name, addresses in ((SSH, SSH_ADDRESSES), (TLS, TLS_ADDRESSES)):
            batch = "".join(f"address replace {address}/32 dev eth0\n" for address in addresses)
            spaces.execute(name, "ip", "-batch", "-", stdin=batch)
        spaces.execute(SSH, "sh", "-c", _ROOM)
        yield from _ssh()
        yield from _tls()
    finally:
        if started:
            spaces.down(started)


def _ssh() -> Iterator[Result]:
    program = shutil.which("ssh-audit")
    if program is None:
        print("ssh-audit is not installed, and so not compared with")
        return
    said = subprocess.run([program, "--help"], capture_output=True, text=True)
    options = ["--skip-rate-test"] if "--skip-rate-test" in said.stdout + said.stderr else []
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as targets:
        targets.write("\n".join(SSH_ADDRESSES))
        targets.flush()
        command = [program, "-n", f"--threads={AT_ONCE}", *options, "-T", targets.name]
        mine, theirs = in_turn(_our_offers, lambda: cost(command), 3)
    for unit, a, b in (("time", mine.wall, theirs.wall), ("CPU", mine.cpu, theirs.cpu)):
        promise = f"SSH offers of {len(SSH_ADDRESSES)} addresses, against a tenth of ssh-audit's {unit}"
        yield Result(promise, a / b * 10, 1, detail=f"{a:.2f} s, {b:.2f} s")
    lacking = []
    for name in (SSH, "weakssh", "trixie"):
        address = next(host.address for host in HOSTS if host.name == name)
        offer = asyncio.run(_offer(address))
        condemned = subprocess.run([program, "-n", "-l", "fail", *options, address], capture_output=True, text=True).stdout
        for kind, algorithm in re.findall(r"^\((\w+)\) (\S+).*\[fail\]", condemned, re.MULTILINE):
            if algorithm not in _graded(offer, kind):
                why = next((why for pattern, why in _NOT_SHARED.items() if re.fullmatch(pattern, algorithm)), "")
                print(f"{name}: ssh-audit condemns {algorithm}, schouw does not: {why or 'unexplained'}")
                lacking += [] if why else [algorithm]
    yield Result(
        "SSH algorithms that ssh-audit condemns and schouw does not, unexplained", len(lacking), 0, "", ", ".join(lacking)
    )


def _graded(offer: SshOffer, kind: str) -> set[str]:
    offered = {"kex": offer.kex, "key": offer.host_keys, "enc": offer.ciphers, "mac": offer.macs}[kind]
    return {name for names in bad(_KINDS[kind], DEFAULT, offered).values() for name in names}


def _our_offers() -> Cost:
    began, busy = time.perf_counter(), time.process_time()
    offers = asyncio.run(_offers(SSH_ADDRESSES))
    assert len(offers) == len(SSH_ADDRESSES)
    return Cost(time.perf_counter() - began, time.process_time() - busy, 0)


async def _offers(addresses: Sequence[str]) -> list[SshOffer]:
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(address: str) -> SshOffer:
        async with slots:
            return await _offer(address)

    return await asyncio.gather(*map(one, addresses))


async def _offer(address: str) -> SshOffer:
    seen = await visit(address, 22, Budget(), True, 5.0)
    assert seen.offer is not None and seen.offer.result is not None, seen
    return seen.offer.result


def _tls() -> Iterator[Result]:
    before, took = accepted(TLS), [0.0]
    with tempfile.TemporaryDirectory(prefix="schouw-bench-") as folder, _elsewhere():
        presses, _, _ = asyncio.run(live.measure(Path(folder), beside=partial(_engine, took)))
    endpoints = len(TLS_ADDRESSES) * len(SERVICES)
    made = accepted(TLS) - before
    yield Result(
        f"connections of light looks at {endpoints} endpoints, against a hundredth of sslyze's",
        made / (SSLYZE * endpoints) * 100,
        1,
        detail=f"{made:,}, {SSLYZE * endpoints:,}; {took[0]:.0f} s",
    )
    yield live.answered("key press to painted screen meanwhile, 95th percentile", presses, f"in {len(presses)} presses")


@contextmanager
def _elsewhere() -> Iterator[None]:
    """The servers get what is left of the processors: where people use it they have processors of their own."""

    def nice(value: int) -> None:
        spaces.execute(TLS, "sh", "-c", f"cd /proc; renice -n {value} -p $(ls -d [0-9]*) || true")

    nice(19)
    try:
        yield
    finally:
        nice(0)


async def _engine(took: list[float], _: live.Painted) -> None:
    """The looks in a process of their own, as the engine is to the screen."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.bench.many")
    assert await process.wait() == 0
    took[0] = time.perf_counter() - began


async def _light_looks() -> None:
    """Every address with a budget of its own, as if they were hosts."""
    until = asyncio.get_running_loop().time() + 600

    async def one(way: Way) -> None:
        look = TlsLook.at(way)
        offer = await look.look(until)
        assert offer.result is not None, offer.reason
        await certified(way, look.chains)

    async with asyncio.TaskGroup() as group:
        for address in TLS_ADDRESSES:
            budget, watch = Budget(), Watch()
            for port, protocol in SERVICES.items():
                group.create_task(one(Way(Endpoint(address, port, protocol, f"{TLS}.example.net"), budget, watch)))


if __name__ == "__main__":
    os.nice(NICE)
    asyncio.run(_light_looks())
