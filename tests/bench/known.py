"""The screen while the vulnerability database works: an import of all real feeds beside it, and CVEs asked of 1,000 hosts.

Needs the real feeds: SCHOUW_DATA names their folder.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from schouw.history import History
from schouw.model.facts import Facts, Packages, System
from schouw.model.finding import Verdict
from schouw.model.host import Host
from schouw.scan.keeper import now
from schouw.tui.history import HistorySource
from schouw.vulnerabilities.database import Database
from schouw.vulnerabilities.inventory import Inventory
from schouw.vulnerabilities.schema import DATABASE
from tests.bench import live, vulns
from tests.bench.measure import Result
from tests.unit.facts import facts, inside

CVES = ("CVE-2024-6387", "CVE-2024-3094", "CVE-2023-45853", "CVE-2024-1086")
ASKED = 20
Manager = Literal["dpkg", "rpm"]
_PROMISE = "key press to painted screen, 95th percentile"


def run() -> Iterator[Result]:
    if not vulns.DATA.is_dir():
        print("known: set SCHOUW_DATA to a folder with the real feeds", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory(prefix="schouw-bench-") as name:
        shown, kept = Path(name, "shown"), Path(name, "kept")
        shown.mkdir()
        kept.mkdir()
        presses, _, _ = asyncio.run(live.measure(shown, beside=partial(_import, shown / DATABASE)))
        yield live.answered(f"{_PROMISE} during an import", presses, f"in {len(presses)} presses")
        shutil.move(shown / DATABASE, kept / DATABASE)
        source = _fleet(kept)
        seconds: list[float] = []
        presses, _, _ = asyncio.run(live.measure(shown, beside=partial(_ask, source, seconds)))
        source.close()
    yield live.answered(f"{_PROMISE} while CVEs are asked", presses, f"in {len(presses)} presses")
    first, *others = seconds
    detail = f"the first question reads them: {first:.1f} s"
    yield Result(f"one CVE asked of {vulns.HOSTS:,} hosts of {vulns.PACKAGES} packages", max(others), 1, " s", detail)


async def _import(database: Path, app: live.Painted) -> None:
    """`schouw db import`, until the screen has taken up what it brought."""
    command = [str(Path(sys.executable).with_name("schouw")), "db", "import", "--allow-fewer", "--database", str(database)]
    files = [str(vulns.DATA / file) for file in vulns.FILES]
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, *files, stdout=quiet, stderr=quiet)
    await process.wait()
    while app.known is None or app.known.known < 100_000:  # noqa: ASYNC110 (what the screen knows is no event)
        await asyncio.sleep(0.1)


async def _ask(source: HistorySource, seconds: list[float], _: live.Painted) -> None:
    hosts = {name: summary.scanned_at for name, summary in source.summaries().items()}
    for number in range(ASKED):
        began = time.perf_counter()
        await asyncio.to_thread(source.lookup.cve, CVES[number % len(CVES)], hosts)
        seconds.append(time.perf_counter() - began)


def _fleet(folder: Path) -> HistorySource:
    """A history of the fleet that `vulns` judges."""
    database, history = Database.open(folder / DATABASE), History.open(folder / "history.db")
    for number, inventory in enumerate(vulns.hosts(database)):
        host = Host(name=f"host{number}")
        history.record(host, replace(_facts(inventory), host=host.name), Verdict((), ()), now(), now())
    history.close()
    database.close()
    return HistorySource(folder / "history.db", folder / DATABASE)


def _facts(inventory: Inventory) -> Facts:
    release = inventory.release
    manager: Manager = "rpm" if release.kind == "rpm" else "dpkg"
    system = System(release.distribution, release.version, str(release), release.codename, (), "x86_64")
    return facts(inside(system=system, packages=Packages(manager, inventory.packages)))
