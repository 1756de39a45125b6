"""The looks at TLS from outside, against sslyze, sslscan, nmap's ssl-enum-ciphers and testssl.sh: what they cost and what
they find, on servers of the lab.

What is compared is one look by a process that has looked before, without its start and its imports: the median of some of
schouw's, with the certificate and, where there is a web server, its HSTS; the second scan of sslyze's library, whose first
was of another server. The others are whole programs. Mail and FTP are looked at one connection after another, with the
pauses of the budget: the wall time is printed as it is, with what the pauses make of it, and only the CPU is promised.

Every difference between two answers has its explanation in `differences.toml`, or the bench fails. What is weak and in
the light look's reach must be known to the light look already. Whoever is not installed is left out, and that is said:

    apt install sslscan nmap testssl.sh; schouw sslyze install
"""

from __future__ import annotations

import asyncio
import os
import re
import statistics
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from schouw.model.attempt import seen
from schouw.model.protocol import Protocol
from schouw.model.tls import CertificateOffer, Endpoint, Looked, TlsOffer
from schouw.probe import http
from schouw.probe.blocked import Watch
from schouw.probe.budget import Budget
from schouw.probe.reach import Way
from schouw.probe.tls import TlsLook
from schouw.probe.tls.certified import certified
from schouw.probe.tls.session import Session
from tests.bench.measure import Cost, Result
from tests.bench.scanners import Items, Report, Scanner, installed, offer, ours
from tests.lab import spaces
from tests.lab.hosts import HOSTS
from tests.unit.facts import NOW
from tests.unit.tls_facts import found, view

#: Host, port and what it speaks. Mail and FTP are looked at one connection after another, with a pause after some.
ENDPOINTS = (
    ("webgood", 443, Protocol.HTTPS),
    ("webweak", 443, Protocol.HTTPS),
    ("webweak", 4443, Protocol.HTTPS),
    ("trixieweak", 443, Protocol.HTTPS),
    ("quantum", 443, Protocol.HTTPS),
    ("mailweak", 25, Protocol.SMTP),
    ("mailweak", 993, Protocol.IMAPS),
    ("trixieweak", 21, Protocol.FTP),
    ("eximweak", 465, Protocol.SMTPS),
)
SLOW = {"testssl": ("webweak", 443)}
"""Who takes minutes is asked about one endpoint alone."""
RUNS = 5


@dataclass(frozen=True, slots=True)
class Difference:
    """Patterns for the whole of each: who, "theirs" (only the other sees it) or "ours", where, and the item; then why."""

    who: str
    side: str
    where: str
    item: str
    why: str

    def covers(self, who: str, side: str, where: str, item: str) -> bool:
        pairs = ((self.who, who), (self.side, side), (self.where, where), (self.item, item))
        return all(re.fullmatch(pattern, value) for pattern, value in pairs)


@dataclass(frozen=True, slots=True)
class Own:
    """schouw's own looks at one endpoint, and what they cost."""

    light: TlsOffer
    full: TlsOffer
    certificates: tuple[Looked[CertificateOffer], ...]
    connections: int
    """Of the light look and the certificate together."""
    cost: Cost
    """Of the same: the median of some runs."""
    full_cost: Cost
    """Of the light look and the full one that goes on from it."""
    paused: float
    """Seconds of a light look that were pauses of the budget."""
    full_paused: float
    """The same of both looks."""


def run() -> Iterator[Result]:
    scanners = list(installed())
    if lacking := {"sslyze", "sslscan", "nmap", "testssl"} - {one.name for one in scanners}:
        print(f"not installed, and so not compared with: {', '.join(sorted(lacking))}")
    hosts = [host for host in HOSTS if host.name in {name for name, *_ in ENDPOINTS}]
    running = spaces.running(hosts)
    started = [host for host in hosts if host not in running]
    if started:
        spaces.up(started, spaces.STATE / "tls.toml")
    os.environ["SSL_CERT_FILE"] = str(spaces.CERTIFICATES / "ca.pem")  # as on a machine that trusts the servers' authority
    try:
        with tempfile.TemporaryDirectory(prefix="schouw-bench-") as folder:
            yield from _compare(scanners, Path(folder))
    finally:
        if started:
            spaces.down(started)


def _compare(scanners: list[Scanner], folder: Path) -> Iterator[Result]:
    known = [Difference(**one) for one in tomllib.loads(_DIFFERENCES.read_text())["difference"]]
    used: Counter[Difference] = Counter()
    unexplained, missed = [], []
    ratios: list[tuple[str, float, str]] = []
    most = (0, "")
    for name, port, protocol in ENDPOINTS:
        where, endpoint = f"{name}:{port}", _endpoint(name, port, protocol)
        own = asyncio.run(_own(endpoint))
        most = max(most, (own.connections, where))
        answer, weak = ours(own.full, own.certificates), _weaknesses(own.light, endpoint)
        if own.light.groups.reason:
            print(f"{where}: the light look says: {own.light.groups.reason}")
            weak |= {key for key in _weaknesses(own.full, endpoint) if key.startswith("tls.group:")}
        light = len(ours(own.light, own.certificates))
        said = (
            f"{count} items, {paused:.1f} s of it pauses"
            for count, paused in ((light, own.paused), (len(answer), own.full_paused))
        )
        print(_row(where, "schouw, light", own.cost, own.connections, next(said)), flush=True)
        print(_row(where, "schouw, full", own.full_cost, own.full.connections, next(said)), flush=True)
        for scanner in scanners:
            if SLOW.get(scanner.name, (name, port)) != (name, port):
                continue
            before = accepted(name)
            report = scanner.look(endpoint, folder)
            differences = list(_differences(scanner, report, answer))
            found = f"{len(report.items)} items, {len(differences)} differ"
            print(_row(where, scanner.name, report.cost, accepted(name) - before, found), flush=True)
            for side, item in differences:
                because = next((one for one in known if one.covers(scanner.name, side, where, item)), None)
                if because is None:
                    unexplained.append(f"{where} {scanner.name}, only {side}: {item}")
                else:
                    used[because] += 1
            missed += [f"{where} {one}, as {scanner.name} says" for one in _weaknesses(offer(report.items), endpoint) - weak]
            if scanner.name == "sslyze" and len(report.items) > len(answer) / 2:  # else it was turned away
                ratios += _against(own, report, where, paced=protocol not in (Protocol.HTTPS, Protocol.TLS))
    for difference, count in used.most_common():
        print(f"{count:4} × only {difference.side}, {difference.who}: {difference.item}\n       {difference.why}")
    yield Result("connections of a light look, at most", most[0], 12, "", most[1])
    for promise in dict.fromkeys(promise for promise, *_ in ratios):
        worst, detail = max((ratio, detail) for other, ratio, detail in ratios if other == promise)
        yield Result(promise, worst, 1, detail=detail)
    yield Result("differences without an explanation", len(unexplained), 0, "", "; ".join(unexplained[:40]))
    yield Result("weaknesses that a light look misses and others see", len(missed), 0, "", "; ".join(missed))


_DIFFERENCES = Path(__file__).with_name("differences.toml")


def _against(own: Own, theirs: Report, where: str, paced: bool) -> Iterator[tuple[str, float, str]]:
    """Promise, how much of it was used up, and where."""
    ports = "mail or FTP port" if paced else "web port"
    for what, mine, part in (("light", own.cost, 50), ("full", own.full_cost, 4)):
        for unit, a, b in (("wall time", mine.wall, theirs.cost.wall), ("CPU", mine.cpu, theirs.cost.cpu)):
            if not paced or unit == "CPU":
                detail = f"{where}: {a * 1000:.0f} ms, {b * 1000:.0f} ms"
                yield f"{what} look at a {ports}, {unit}, against 1/{part} of sslyze's", a / b * part, detail


def _weaknesses(seen_: TlsOffer, endpoint: Endpoint) -> set[str]:
    """What is wrong with it under NCSC-NL."""
    return {key for key in found(view(Looked(endpoint, NOW, seen(seen_)))) if key.startswith("tls.") and "no_pq" not in key}


def _differences(scanner: Scanner, report: Report, answer: Items) -> Iterator[tuple[str, str]]:
    visible = {item for item in answer if item.split(" ", 1)[0] in scanner.kinds}
    yield from (("theirs", item) for item in sorted(report.items - visible))
    yield from (("ours", item) for item in sorted(visible - report.items))


async def _own(endpoint: Endpoint) -> Own:
    """The full look once: at mail and FTP it takes its time."""
    paused: list[float] = []

    async def pause(seconds: float) -> None:
        paused.append(seconds)
        await asyncio.sleep(seconds)

    async def ask(session: Session) -> None:
        await http.ask_over(session, endpoint)

    costs, pauses = [], []
    for _ in range(RUNS):
        paused.clear()
        way = Way(endpoint, Budget(1_000_000, sleep=pause), Watch())
        look, began, busy = TlsLook.at(way), time.perf_counter(), time.process_time()
        until = asyncio.get_running_loop().time() + 600
        light = (await look.look(until)).result
        certificates = await certified(way, look.chains, ask if endpoint.protocol is Protocol.HTTPS else None)
        costs.append(Cost(time.perf_counter() - began, time.process_time() - busy, 0))
        pauses.append(sum(paused))
        connections = way.connections
    full = (await look.go_on(until)).result
    full_cost = Cost(time.perf_counter() - began, time.process_time() - busy, 0)
    assert light is not None and full is not None
    looked = tuple(Looked(endpoint, NOW, one) for one in certificates)
    return Own(light, full, looked, connections, _median(costs), full_cost, statistics.median(pauses), sum(paused))


def _median(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(one.wall for one in costs), statistics.median(one.cpu for one in costs), 0)


def _endpoint(name: str, port: int, protocol: Protocol) -> Endpoint:
    return Endpoint(next(host.address for host in HOSTS if host.name == name), port, protocol, f"{name}.example.net")


def accepted(name: str) -> int:
    """Connections that the host's kernel has accepted so far."""
    head, row = (line.split() for line in spaces.execute(name, "cat", "/proc/net/snmp").splitlines() if line.startswith("Tcp:"))
    return int(row[head.index("PassiveOpens")])


def _row(where: str, who: str, spent: Cost, connections: int, what: str) -> str:
    return f"{where:16} {who:14} {spent.wall:8.3f} s {spent.cpu:8.3f} s CPU {connections:5} connections  {what}"
