"""Known vulnerabilities: one host against debsecan, a fleet with and without sharing, a feed's update, an import.

Needs the real feeds: SCHOUW_DATA names their folder.
"""

from __future__ import annotations

import gc
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from schouw.cli.listing import read_listing
from schouw.model.facts import Package
from schouw.scan.service import COLLECT_AFTER
from schouw.vulnerabilities import overview, versions
from schouw.vulnerabilities.build import Source, build
from schouw.vulnerabilities.database import Database
from schouw.vulnerabilities.feeds import by_name
from schouw.vulnerabilities.inventory import Inventory
from schouw.vulnerabilities.judge import Changed, Judge
from schouw.vulnerabilities.releases import named
from tests.bench.measure import Result, cost
from tests.unit import debsecan

DATA = Path(os.environ.get("SCHOUW_DATA", "/nowhere"))
FILES = (
    "debian-tracker-rebuilt-2025-02.json.gz",
    "debian-osv-2025-02.zip",
    "debian-osv-cve-2025-02.csv.gz",
    "almalinux-osv-2026-08.zip",
    "alma-errata-2025-02.csv.gz",
    "rocky-errata-2025-01.csv.gz",
    "ubuntu-cve-2024-08.csv.gz",
    "cisa-ssvc-2024-10.csv.gz",
    "redhat-cve-severity-2025-02.csv.gz",
    "epss-2021-08-31.csv.gz",
    "kev-2025-08-25.json.gz",
    "kev-epss-cvss-2026-08.csv.gz",
)
RELEASES = (
    "debian:11",
    "debian:12",
    "debian:13",
    "ubuntu:20.04",
    "ubuntu:22.04",
    "ubuntu:24.04",
    "almalinux:8",
    "almalinux:9",
    "rocky:8",
    "rocky:9",
)
HOSTS, PACKAGES, COHORTS, DRIFT = 1000, 600, 12, 0.02
QUERY = r"${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${db:Status-Abbrev}\n"
RUNS = 5


def run() -> Iterator[Result]:
    if not DATA.is_dir():
        print("vulns: set SCHOUW_DATA to a folder with the real feeds", file=sys.stderr)
        return
    gc.set_threshold(COLLECT_AFTER)  # as in the engine
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from _import(folder)
        database = Database.open(folder / "vulnerabilities.db")
        yield from _one_host(folder, database)
        yield from _fleet(database)
        yield from _update(folder, database)


def _import(folder: Path) -> Iterator[Result]:
    command = [str(Path(sys.executable).with_name("schouw")), "db", "import", "--database", str(folder / "vulnerabilities.db")]
    spent = cost([*command, *(str(DATA / file) for file in FILES)])
    size = (folder / "vulnerabilities.db").stat().st_size
    rows = overview.figures(Database.open(folder / "vulnerabilities.db")).rows
    yield Result("import of all feeds, peak memory", spent.peak / 1024, 300, " MiB", f"{rows:,} fix rows in {spent.wall:.0f} s")
    yield Result("its database", size / (1 << 20), 150, " MiB")


def _one_host(folder: Path, database: Database) -> Iterator[Result]:
    """This machine's packages. debsecan is a process; ours is what the engine does, from an open database, cold."""
    (folder / "bookworm").write_bytes(debsecan.feed(json.loads(gzip.decompress((DATA / FILES[0]).read_bytes())), "bookworm"))
    status = Path("/var/lib/dpkg/status")
    text = subprocess.run(["dpkg-query", "-W", "-f", QUERY], capture_output=True, text=True, check=True).stdout
    packages = read_listing(text, "debian").packages
    host = Inventory(named("debian:12"), packages)

    def ours() -> object:
        versions.deb_key.cache_clear()
        versions._deb_part.cache_clear()
        return Judge(database, plain=True).host(host)

    theirs = min(cost(debsecan.command(folder, "bookworm", status)).wall for _ in range(RUNS))
    best = min(_seconds(ours) for _ in range(RUNS))
    found = {
        (name, cve)
        for one in Judge(database, plain=True).host(host).judged
        for cve, match in one.by_cve().items()
        if match.verdict.vulnerable
        for name in one.packages
    }
    different = found ^ debsecan.found(folder, "bookworm", status)
    detail = f"{len(packages)} packages, {len(found):,} findings: {best * 1000:.1f} ms, debsecan {theirs * 1000:.0f} ms"
    yield Result("one host against a twentieth of debsecan", best * 20 / theirs, 1, detail=detail)
    yield Result("pairs that differ from debsecan's", len(different), 0, "")


def _fleet(database: Database) -> Iterator[Result]:
    fleet = hosts(database)

    def anew() -> Judge:
        judge = Judge(database)
        for host in fleet:
            judge.host(host)
        return judge

    together = min(_seconds(anew) for _ in range(3))
    some = fleet[:: HOSTS // 50]
    alone = _seconds(lambda: [Judge(database).host(host) for host in some]) * len(fleet) / len(some)
    distinct = anew().remembered
    detail = f"{distinct:,} distinct of {HOSTS * PACKAGES:,}; {alone:.1f} s without sharing (from {len(some)} hosts)"
    yield Result(f"{HOSTS:,} hosts of {PACKAGES} packages judged anew", together, 2, " s", detail)
    yield Result("sharing equal packages, an eighth of the time without", together * 8 / alone, 1)


def _update(folder: Path, database: Database) -> Iterator[Result]:
    """The tracker with 200 packages changed: what the fleet's judge has to do again."""
    fleet = hosts(database)
    judge = Judge(database)
    full = _seconds(lambda: [judge.host(host) for host in fleet])
    tracker = json.loads(gzip.decompress((DATA / FILES[0]).read_bytes()))
    for package in random.Random(8).sample(sorted(tracker), 200):
        for entry in tracker[package].values():
            for said in entry["releases"].values():
                if said.get("fixed_version", "0") != "0":
                    said["fixed_version"] += "+changed1"
    path = folder / "tracker.json"
    path.write_text(json.dumps(tracker))
    build(database.path, [Source(by_name["debian-tracker"], path, "", date.today())])
    changed = judge.refresh()
    again = _seconds(lambda: _judge_again(judge, fleet, changed))
    detail = f"{len(changed.names) if changed else 0:,} names changed"
    yield Result("after an update of 200 packages, a tenth of the full time", again * 10 / full, 1, detail=detail)


def _judge_again(judge: Judge, hosts: list[Inventory], changed: Changed | None) -> None:
    for host in hosts:
        if changed is None or changed.concerns(host):
            judge.host(host, changed.names if changed else None)


def hosts(database: Database) -> list[Inventory]:
    """Cohorts that were patched on the same day, and a few packages of each host's own."""
    chance = random.Random(7)
    stock = {release: _stock(database, release) for release in RELEASES}
    cohorts = {(release, number): _cohort(stock[release], release, chance) for release in RELEASES for number in range(COHORTS)}
    made = []
    for number in range(HOSTS):
        release = RELEASES[number % len(RELEASES)]
        packages = list(cohorts[release, chance.randrange(COHORTS)])
        for place in chance.sample(range(len(packages)), int(len(packages) * DRIFT)):
            packages[place] = _package(release, packages[place].name, chance.choice(stock[release][packages[place].name]))
        made.append(Inventory(named(release), tuple(packages), foreign={}, pro=frozenset()))
    return made


def _stock(database: Database, release: str) -> dict[str, list[str]]:
    """Versions that fixes name, by package."""
    coverage = database.coverage(release)
    assert coverage is not None
    found: dict[str, list[str]] = {}
    sql = "select name, fixed from fix where platform = ? and fixed <> '' and module = ''"
    for name, fixed in database._connection.execute(sql, (coverage.parts[0].platform,)):
        found.setdefault(name, []).append(fixed)
    return found


def _cohort(stock: dict[str, list[str]], release: str, chance: random.Random) -> list[Package]:
    names = chance.sample(sorted(stock), min(PACKAGES, len(stock)))
    return [_package(release, name, chance.choice(stock[name])) for name in names]


def _package(release: str, name: str, version: str) -> Package:
    if release.startswith(("debian", "ubuntu")):
        return Package(name, version, "amd64", name, version)
    vendor = "AlmaLinux" if release.startswith("alma") else "Rocky Enterprise Software Foundation"
    return Package(name, version, "x86_64", name, version.partition(":")[2], vendor)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
