"""Counting over a gigabyte of mail log takes at most 1.5 times as long as a bare mawk that only counts its lines; what
came since then a fiftieth of that; a thousand accounts travel in under 100 kB.

The log is that of a busy mail server: of ten lines one is a login of one of 20,000 accounts, 541 of them in plaintext.
SCHOUW_BENCH_MB makes it smaller, to try this out.
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from schouw.collect import Collection
from schouw.collect.logins import COLLECTOR
from schouw.model.facts import Inside
from tests.bench.measure import Cost, Result, cost, in_turn
from tests.unit.collect_lab import Program

_ACCOUNTS = 20_000
_INSECURE = 541
_RUNS = 5


def run() -> Iterator[Result]:
    megabytes = int(os.environ.get("SCHOUW_BENCH_MB") or 1024)
    with tempfile.TemporaryDirectory(prefix="schouw-bench-") as folder:
        log = Path(folder) / "mail.log"
        _write(log, megabytes)
        host = _Host(Path(folder))
        whole, bare = in_turn(host.first, lambda: cost(["mawk", "END { print NR }", str(log)]), _RUNS)
        detail = f"{whole.wall:.2f} s of {os.cpu_count()} processors, {bare.wall:.2f} s; {whole.cpu / bare.cpu:.1f} times its CPU"
        yield Result(f"counting over {megabytes} MB of mail log", whole.wall / bare.wall, 1.5, detail=detail)
        first, again = in_turn(host.first, host.again, _RUNS)
        yield Result("what came since", again.wall / first.wall, 1 / 50, detail=f"{again.wall:.3f} s, {first.wall:.2f} s")
    with tempfile.TemporaryDirectory(prefix="schouw-bench-") as folder:
        _write(Path(folder) / "mail.log", 4, accounts=1000)
        small = _Host(Path(folder))
        small.first()
        yield Result("bytes for 1,000 accounts", small.received / 1000, 100, "kB")


class _Host:
    """A host with Dovecot and Postfix, whose /var/log is a folder of ours."""

    def __init__(self, folder: Path) -> None:
        script = COLLECTOR.script.replace("/var/log", str(folder)).replace("here=''", "here=,dovecot,postfix", 1)
        self._collector = replace(COLLECTOR, script=script, there="")
        self._log = folder / "mail.log"
        self._known: Inside | None = None
        self.received = 0

    def first(self) -> Cost:
        self._known = None
        return self._look()

    def again(self) -> Cost:
        with self._log.open("a") as file:
            file.write(_login("late@example.nl", 9, ""))
        return self._look()

    def _look(self) -> Cost:
        began, before = time.perf_counter(), os.times()
        asyncio.run(self._collect())
        after = os.times()
        spent = (after.children_user - before.children_user) + (after.children_system - before.children_system)
        return Cost(time.perf_counter() - began, spent, 0)

    async def _collect(self) -> None:
        shell = Program("sh", "-s")
        collection = Collection(shell, collectors=(self._collector,))
        try:
            self._known = await collection.collect(self._known, lambda *_: None, 120)
            self.received = collection.received
            assert self._known.logins.result is not None and not self._known.logins.reason, self._known.logins.reason
        finally:
            await collection.close()
            await shell.close()


def _write(log: Path, megabytes: int, accounts: int = _ACCOUNTS) -> None:
    """A few megabytes of lines, again and again."""
    lines = random.Random(541)
    block = "".join(_lines(lines, accounts, min(megabytes, 32) << 20))
    with log.open("w") as file:
        for _ in range(max(1, (megabytes << 20) // len(block))):
            file.write(block)


def _lines(lines: random.Random, accounts: int, size: int) -> Iterator[str]:
    written = number = 0
    while written < size:
        number += 1
        person = number % accounts
        name = f"user{person:05}@customer{person % 700}.example.nl"
        yield (text := "".join(_some(lines, name, number, person < accounts * _INSECURE // _ACCOUNTS)))
        written += len(text)


def _some(lines: random.Random, name: str, number: int, insecure: bool) -> Iterator[str]:
    """Ten lines: a login and its end, a connection, a message that comes and one that goes."""
    stamp = f"Nov 24 {number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02} mail1"
    pid, queue, client = lines.randrange(1000, 60000), f"{lines.randrange(1 << 40):010X}", f"203.0.113.{lines.randrange(256)}"
    yield _login(name, number, "" if insecure else ", TLS", stamp, client)
    yield f"{stamp} dovecot: imap({name})<{pid}><abcDEF{pid}ghIJ>: Disconnected: Logged out in=120 out=3456 deleted=0\n"
    yield f"{stamp} postfix/smtpd[{pid}]: connect from unknown[{client}]\n"
    yield f"{stamp} postfix/smtpd[{pid}]: {queue}: client=unknown[{client}]\n"
    yield f"{stamp} postfix/cleanup[{pid}]: {queue}: message-id=<{pid}.{number}@sender.example.com>\n"
    yield f"{stamp} postfix/qmgr[999]: {queue}: from=<news@sender.example.com>, size=24567, nrcpt=1 (queue active)\n"
    yield f"{stamp} postfix/smtpd[{pid}]: disconnect from unknown[{client}] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5\n"
    yield f"{stamp} spamd[{pid}]: spamd: result: . -1 - BAYES_00,HTML_MESSAGE scantime=0.5,size=24567,user=(unknown),uid=111\n"
    yield f"{stamp} dovecot: lmtp({name})<{pid}><abcDEF{pid}>: sieve: msgid=<{pid}.{number}@sender.example.com>: stored mail\n"
    yield f"{stamp} postfix/lmtp[{pid}]: {queue}: to=<{name}>, relay=mail1[private/dovecot-lmtp], delay=1.2, status=sent\n"


def _login(name: str, number: int, tls: str, stamp: str = "Nov 24 23:59:59 mail1", client: str = "203.0.113.9") -> str:
    return (
        f"{stamp} dovecot: imap-login: Login: user=<{name}>, method=PLAIN, rip={client}, lip=192.0.2.10, "
        f"mpid={number % 60000}{tls}, session=<abcDEF{number}ghIJ>\n"
    )
