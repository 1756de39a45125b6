"""A year of history of 200 hosts (hourly scans, 50 findings each) against a week's: the first picture and `changes --since`
within twice the time, and a file under 200 MB.

Findings, with what happened to them, are written by the code that writes them, some hosts' scans a week; the lines of the
scan log and the counts of a day between those are put in as retention leaves them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from schouw.demo.build import Server, facts
from schouw.demo.stock import DEBIAN_13
from schouw.history import History, schema
from schouw.history.database import open_database
from schouw.history.retention import EVERY_SCAN
from schouw.model.finding import Evidence, Finding, Verdict
from schouw.model.host import Host
from schouw.model.severity import Area, HostState, Severity
from tests.bench.measure import Cost, Result, cost, in_turn
from tests.bench.terminal import until_painted

HOSTS = 200
FINDINGS = 50
_CHANGED = 2
"""Findings of a host that are fixed each week, and as many that are new."""
_MEGABYTES = 200
_RUNS = 7
_SCHOUW = str(Path(sys.executable).with_name("schouw"))


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="schouw-bench-") as name:
        folder, now = Path(name), datetime.now(UTC)
        week, year = (_written(folder, days, now) for days in (7, int(os.environ.get("SCHOUW_BENCH_DAYS") or 365)))
        size = year.stat().st_size / 1e6
        yield Result("a year of 200 hosts on disk", size, _MEGABYTES, "MB", f"a week: {week.stat().st_size / 1e6:.0f} MB")
        env = {"XDG_STATE_HOME": name, "XDG_CONFIG_HOME": name, "XDG_RUNTIME_DIR": name}
        config = ["--config", str(_fleet(folder))]

        def picture(history: Path) -> Cost:
            return until_painted([_SCHOUW, *config, "--history", str(history)], b"scanned", env)

        def changes(history: Path) -> Cost:
            return cost([_SCHOUW, "changes", *config, "--history", str(history), "--since", "6d"], env)

        for promise, measured in (("first picture", picture), ("changes --since 6d", changes)):
            long, short = in_turn(lambda: measured(year), lambda: measured(week), _RUNS)  # noqa: B023 - called at once
            detail = f"{long.wall:.3f} s, {short.wall:.3f} s"
            yield Result(f"{promise} on a year against a week", long.wall / short.wall, 2.0, detail=detail)


def _written(folder: Path, days: int, now: datetime) -> Path:
    """A history that began so many days ago, the last scan of which was a few minutes ago."""
    path = folder / f"{days}.db"
    history = History.open(path, clock=lambda: now)
    begun = now - timedelta(days=days)
    look = facts("web1", Server(release=DEBIAN_13, addresses=("192.0.2.1",)))
    weeks = [begun + timedelta(days=number) for number in range(0, days, 7)]
    for number, at in enumerate([*weeks, now - timedelta(minutes=5)]):
        # Each of them: a week's history is the last week of a year's.
        first = (len(weeks) - number) * _CHANGED
        findings = tuple(_finding(1000 - first + which) for which in range(FINDINGS))
        for host in _hosts():
            seen = replace(look, host=host.name, taken_at=at)
            history.record(host, seen, Verdict(findings, ()), at - timedelta(seconds=20), at)
    history.close()
    _between(path, begun, now)
    return path


def _between(path: Path, begun: datetime, now: datetime) -> None:
    """The scan log, hourly for as long as all of it is kept and daily before that; and the counts of each day."""
    hours = int((now - begun).total_seconds() // 3600)
    moments = [begun + timedelta(hours=number, minutes=30) for number in range(hours)]
    kept = [at for at in moments if at > now - EVERY_SCAN or at.hour == 23]
    days = sorted({str(at.date()) for at in moments})
    database = open_database(path)
    with database.write() as connection:
        ids = connection.scalars(sa.select(schema.host.c.id)).all()
        for host_id in ids:
            connection.execute(sa.insert(schema.scan), [_scan(host_id, at) for at in kept])
            there = set(connection.scalars(sa.select(schema.daily.c.day).where(schema.daily.c.host_id == host_id)))
            rows = [_day(host_id, day) for day in days if day not in there]
            if rows:
                connection.execute(sa.insert(schema.daily), rows)
    database.close()


def _scan(host_id: int, at: datetime) -> dict[str, object]:
    moments = {"started_at": at - timedelta(seconds=20), "finished_at": at}
    counts = {"new": 0, "fixed": 0, "regressed": 0, "active": FINDINGS}
    return {"host_id": host_id, "state": HostState.SCANNED.value, "error_class": "", "error": ""} | moments | counts


def _day(host_id: int, day: str) -> dict[str, object]:
    return {"host_id": host_id, "day": day, "active": FINDINGS} | {severity.value: 10 for severity in Severity}


def _hosts() -> Iterator[Host]:
    for number in range(HOSTS):
        yield Host(name=f"web{number:03}.example.net")


def _finding(number: int) -> Finding:
    """About as long as those of our own checks."""
    return Finding(
        check="vulns.package.fixable",
        area=Area.VULNS,
        severity=tuple(Severity)[number % len(Severity)],
        title=f"package{number} 1.2.{number}-1+deb13u1: upgrading to 1.2.{number}-1+deb13u2 closes 3 CVEs",
        subject=f"package{number}",
        evidence=Evidence(inside=f"package{number} 1.2.{number}-1+deb13u1 is installed; CVE-2026-{number:04} and two more"),
        why="Known vulnerabilities in installed software are what automated attacks look for first. " * 3,
        fix=f"apt-get update\napt-get install --only-upgrade package{number}\nthen restart what uses it",
        references=(f"https://security-tracker.debian.org/tracker/CVE-2026-{number:04}",),
        cves=tuple(f"CVE-2026-{number + step:04}" for step in range(3)),
    )


def _fleet(folder: Path) -> Path:
    path = folder / "hosts.toml"
    # rescan = "never": the engine that the dashboard starts must not measure itself into the picture.
    tables = [f'[hosts."{host.name}"]\naddress = "192.0.2.1"\nport = {number + 1}\n' for number, host in enumerate(_hosts())]
    path.write_text('[defaults]\nrescan = "never"\nssh_config = ""\n' + "\n".join(tables))
    return path
