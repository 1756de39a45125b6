"""What a report is about, as plain values, and the exit status that it stands for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import schouw
from schouw.model.facts import Facts
from schouw.model.finding import NotChecked, TrackedFinding
from schouw.model.host import Host
from schouw.model.severity import HostState, Severity
from schouw.model.summary import Summary
from schouw.report.knowledge import NO_DATABASE, Knowledge
from schouw.text import line

if TYPE_CHECKING:  # loading it takes long, and whoever has one has done so
    from schouw.history import History
    from schouw.history.values import LastKnown
    from schouw.views.standing import Standing
    from schouw.views.trends import FixTime, FleetTrend

#: Of the inside view, what a report shows: the others are not read.
SECTIONS = ("system", "kernel", "packages", "listeners")


@dataclass(frozen=True, slots=True)
class HostReport:
    """All that is known of one host. What an unreachable host shows is as old as `summary.scanned_at`."""

    host: Host
    summary: Summary
    facts: Facts | None
    """Only `SECTIONS` of the inside view were read."""
    findings: tuple[TrackedFinding, ...]
    """Active and accepted ones, and those that ended since `Report.fixed_since`: active first, worst first."""
    not_checked: tuple[NotChecked, ...]

    @property
    def state(self) -> str:
        """``scanned``, ``partial`` or ``unreachable``; never scanned is unreachable too, and `problem` says so."""
        return (HostState.UNREACHABLE if self.summary.state is HostState.NEVER else self.summary.state).value

    @property
    def problem(self) -> tuple[str, str] | None:
        """Class and message of what went wrong or was lacking; None where all was seen."""
        match self.summary.state:
            case HostState.SCANNED:
                return None
            case HostState.NEVER:
                return "never", "it was never scanned"
            case _:
                return self.summary.error_class or self.state, self.summary.error

    @property
    def address(self) -> str:
        """As the fleet file says, else where the outside view went, else the name."""
        outside = self.facts.outside.result if self.facts is not None else None
        return self.host.address or (outside.addresses[0] if outside is not None and outside.addresses else self.host.name)


@dataclass(frozen=True, slots=True)
class Report:
    version: str
    started_at: datetime
    finished_at: datetime
    hosts: tuple[HostReport, ...]
    knowledge: Knowledge = NO_DATABASE
    trend: FleetTrend | None = None
    """Over the last three months; None where nobody asked, or less than two days are known."""
    fix_times: tuple[FixTime, ...] = ()
    fixed_since: datetime | None = None
    """From when on fixed findings are part of it; None: what the last good scan of each host saw fixed."""
    phaseouts: tuple[Standing, ...] = ()
    """Those that run on any of its hosts, with all of theirs; none where nobody asked. No report shows who their accounts are."""

    def count(self, state: HostState) -> int:
        return sum(host.state == state.value for host in self.hosts)

    def total(self, severity: Severity) -> int:
        """Findings that count, over all hosts."""
        return sum(host.summary.total(severity) for host in self.hosts)


def collect_report(
    history: History,
    hosts: Iterable[Host],
    started_at: datetime | None,
    finished_at: datetime,
    version: str = schouw.__version__,
    knowledge: Knowledge = NO_DATABASE,
    trends: bool = False,
    fixed_since: datetime | None = None,
) -> Report:
    """What the history holds of `hosts`, in their order. `started_at` None: when the oldest scan in it began.

    `trends`: also what was counted over the last months, and how phase-outs stand, which takes longer to read.
    """
    chosen = tuple(hosts)
    known = history.last_known((host.name for host in chosen), SECTIONS)
    reports = tuple(_host(host, last, fixed_since) for host, last in zip(chosen, known, strict=True))
    if started_at is None:
        newest = [scan.started_at for report in reports for scan in history.scans(report.host.name, 1)]
        started_at = min(newest, default=finished_at)
    if not trends:
        return Report(version, started_at, finished_at, reports, knowledge, fixed_since=fixed_since)
    from schouw.views.standing import standings
    from schouw.views.trends import SINCE, fix_times, fleet_trend

    today, names = finished_at.astimezone(UTC).date(), {host.name for host in chosen}
    found = history.trends(today - timedelta(days=SINCE))
    trend = fleet_trend(found.days, names, today, SINCE)
    times = fix_times(found.mends, names)
    trend_told = trend if len(trend.days) > 1 else None
    running = (one for one in standings(history, finished_at) if one.phaseout.running)
    planned = tuple(one for one in running if names & set(one.phaseout.hosts))
    return Report(version, started_at, finished_at, reports, knowledge, trend_told, times, fixed_since, planned)


def exit_status(report: Report, fail_on: Severity | None) -> int:
    """1: a finding that counts is at or above `fail_on`; else 3: a host could not be scanned fully; else 0."""
    if fail_on is not None and any(report.total(severity) for severity in Severity if severity.at_least(fail_on)):
        return 1
    return 3 if report.count(HostState.SCANNED) < len(report.hosts) else 0


def headline(one: TrackedFinding) -> str:
    """Its title, on one line, with the day by which it has to be dealt with."""
    due = f", due {one.due}" if one.due is not None and one.state.active else ""
    return one_line(one.finding.title) + due


def old_data(report: HostReport, now: datetime) -> str:
    """Says so where its vulnerabilities were judged by data that should have been renewed; else ""."""
    basis = report.summary.basis
    return f"vulnerability data of {basis.date}, which is old" if basis is not None and basis.old(now.date()) else ""


def rfc3339(moment: datetime) -> str:
    """``2026-11-24T01:52:43Z``"""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def one_line(text: str, limit: int = 1000) -> str:
    """Evidence of several lines on one, safe to print."""
    return line(" ".join(text.split("\n")), limit)


def reasons(gaps: Sequence[NotChecked]) -> list[tuple[str, list[str]]]:
    """(reason, checks) of what was not checked, most checks first: one missing right explains many of them."""
    grouped: dict[str, dict[str, None]] = {}
    for gap in gaps:
        grouped.setdefault(gap.reason, {})[gap.check] = None
    return sorted(((reason, list(checks)) for reason, checks in grouped.items()), key=lambda one: -len(one[1]))


def remarks(one: TrackedFinding) -> list[str]:
    """What people said of a finding and what came of it, a line each."""
    told = []
    if one.accepted_until is not None:
        by = f" by {one.accepted_by}" if one.accepted_by else ""
        told.append(f"accepted until {rfc3339(one.accepted_until)}{by}: {one.accepted_reason}")
    if one.claim is not None:
        why = f" ({one.claim.reason})" if one.claim.reason else ""
        told.append(f"claimed by {one.claim.by} {rfc3339(one.claim.at)}: {one.claim.outcome.value}{why}")
    if one.assigned:
        told.append(f"assigned to {one.assigned}")
    return [one_line(text) for text in told]


def _host(host: Host, last: LastKnown, fixed_since: datetime | None) -> HostReport:
    since = fixed_since or last.summary.scanned_at
    findings = tuple(one for one in last.findings if not one.state.ended or (since and one.fixed_at and one.fixed_at >= since))
    return HostReport(host, last.summary, last.facts, findings, last.not_checked)
