"""``schouw scan``: one sweep without a screen, kept in the history."""

from __future__ import annotations

import argparse
import gc
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from schouw.cli.hosts import add_hosts, choose
from schouw.cli.output import write
from schouw.cli.places import Places, fleet, places, surroundings
from schouw.cli.progress import Progress
from schouw.model.severity import HostState, Severity

if TYPE_CHECKING:
    from schouw.history import History
    from schouw.inventory import Fleet
    from schouw.model.host import Host


def add(command: argparse.ArgumentParser) -> None:
    command.description = "Scan, keep the result in the history, and print it."
    add_hosts(command, "all that are enabled")
    add_report_options(command)
    depth = command.add_mutually_exclusive_group()
    depth.add_argument("--all-ports", action="store_true", help="also look at all 65,535 ports from outside (takes minutes)")
    depth.add_argument(
        "--deep", action="store_true", help="also sslyze's questions at every TLS port (some 45 connections each, all logged)"
    )
    depth.add_argument("--full-tls", action="store_true", help="every TLS cipher suite and group of every service (some minutes)")
    depth.add_argument("--inside", action="store_true", help="only what the hosts say themselves; nothing is probed from outside")
    command.add_argument("--failed", action="store_true", help="only hosts whose last scan failed")
    command.add_argument("--record", metavar="FILE", help="keep what was seen in FILE, for `schouw --replay FILE`")
    command.add_argument("--quiet", action="store_true", help="no progress on standard error")


def add_report_options(command: argparse.ArgumentParser) -> None:
    """What `scan` and `report` share."""
    command.add_argument(
        "--format",
        default="table",
        choices=("table", "json", "ndjson", "csv", "markdown", "html", "sarif", "prometheus"),
        help="(default: table)",
    )
    command.add_argument("--output", metavar="FILE", help="write the result to FILE")
    command.add_argument(
        "--fail-on",
        type=Severity,
        metavar="SEVERITY",
        help="exit status 1 when a finding is at or above it: " + ", ".join(severity.value for severity in Severity),
    )


def run(options: argparse.Namespace) -> int:
    # One sweep leaves some 15 kB a host for the collector, which would go through all that lives again and again for it.
    gc.disable()
    where = places(options)
    chosen = fleet(where)
    for warning in chosen.warnings:
        print(f"schouw: {warning}", file=sys.stderr)
    hosts = choose(chosen, options.hosts, where.history)
    hosts = tuple(host for host in hosts if host.enabled or host.name in options.hosts)
    started = datetime.now(UTC)
    if options.failed:
        hosts = _failed_last_time(hosts, where.history)
        if not hosts:
            print("no host failed in its last scan", file=sys.stderr)
    if hosts:
        import asyncio

        asyncio.run(_sweep(where, chosen, hosts, options))
    return print_report(options, where, hosts, started)


def print_report(
    options: argparse.Namespace, where: Places, hosts: tuple[Host, ...], started: datetime | None, since: str = ""
) -> int:
    """Print what the history holds of these hosts; the exit status that the contract promises.

    `since`: from when on fixed findings are part of it; "": what the last scans saw fixed.
    """
    from schouw import report
    from schouw.history import History

    now = datetime.now(UTC)
    history = History.open(where.history, read_only=True)
    try:
        fixed_since = _moment(since, now, history) if since else None
        known = report.read_knowledge(where.vulnerabilities)
        over_time = options.format in ("html", "markdown")
        result = report.collect_report(history, hosts, started, now, knowledge=known, trends=over_time, fixed_since=fixed_since)
    finally:
        history.close()
    write(report.render(result, options.format), options.output)
    return report.exit_status(result, options.fail_on)


def _moment(text: str, now: datetime, history: History) -> datetime:
    from schouw.views.since import resolve

    return resolve(text, now, history).at


def _failed_last_time(hosts: tuple[Host, ...], history: Path) -> tuple[Host, ...]:
    from schouw.history.snapshot import read_summaries

    known = read_summaries(history)
    return tuple(host for host in hosts if host.name in known and known[host.name].state is HostState.UNREACHABLE)


async def _sweep(where: Places, chosen: Fleet, hosts: tuple[Host, ...], options: argparse.Namespace) -> None:
    from schouw.scan import Look, open_runner

    around = surroundings(where, chosen.limits.per_jump)
    asked = {
        Look.ALL_PORTS: options.all_ports,
        Look.FULL_TLS: options.full_tls,
        Look.DEEP: options.deep,
        Look.INSIDE: options.inside,
    }
    look = next((look for look, wanted in asked.items() if wanted), Look.NORMAL)
    record = Path(options.record) if options.record else None
    async with open_runner(where.history, where.state, where.runtime, chosen.limits, around, record, where.data) as runner:
        # Any of them may be named as a jump host.
        await runner.fleet(chosen.hosts, notifiers=chosen.notifiers)
        with Progress(sys.stderr, len(hosts), quiet=options.quiet) as progress:
            watching = runner.watch()
            await anext(watching)  # the greeting: from here on no event is missed
            sweep = await runner.submit(hosts, look, "schouw scan")
            async for event in watching:
                if progress.show(event, sweep):
                    break
    if progress.failed:
        print(f"{len(progress.failed)} of {len(hosts)} hosts could not be scanned; again: schouw scan --failed", file=sys.stderr)
