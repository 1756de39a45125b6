"""Markdown, for a ticket or a wiki. What servers said is escaped: it can make no heading, link, image or HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from schouw.model.finding import TrackedFinding
from schouw.model.severity import Severity
from schouw.report.contents import HostReport, Report, headline, old_data, one_line, reasons, remarks, rfc3339
from schouw.report.planned import figures
from schouw.text import block
from schouw.views.trends import bars, duration

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&:@])")
_ADDRESS = re.compile(r"https://[A-Za-z0-9./_~%#?=&+:-]+")


def render(report: Report) -> Iterator[str]:
    yield f"# Security posture, {rfc3339(report.finished_at)}\n\n"
    letters = [severity.value for severity in Severity]
    yield f"| host | state | {' | '.join(letters)} |\n|---|---|{'---:|' * len(letters)}\n"
    for host in report.hosts:
        counts = " | ".join(str(host.summary.total(severity)) for severity in Severity)
        yield f"| {escape(host.host.name)} | {host.state} | {counts} |\n"
    yield from _trends(report)
    yield from _phaseouts(report)
    for host in report.hosts:
        yield from _host(host, report.finished_at)


def escape(text: str) -> str:
    """One line in which every character stands for itself."""
    return _SPECIAL.sub(r"\\\1", one_line(text))


def fenced(text: str) -> str:
    """A code block that its content cannot leave."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{block(text).strip()}\n{fence}\n"


def _trends(report: Report) -> Iterator[str]:
    trend = report.trend
    if trend is not None:
        yield f"\n## Trend since {trend.days[0]}\n\n| severity | then | now | by week |\n|---|---:|---:|---|\n"
        for severity, series in trend.series.items():
            yield f"| {severity.value} | {series[0]} | {series[-1]} | {bars(series)} |\n"
    if report.fix_times:
        yield "\n## Time to fix\n\n| area | fixed | mean | median |\n|---|---:|---:|---:|\n"
        for one in report.fix_times:
            yield f"| {one.area.value} | {one.fixed} | {duration(one.mean)} | {duration(one.median)} |\n"


def _phaseouts(report: Report) -> Iterator[str]:
    if not report.phaseouts:
        return
    yield "\n## Phase-outs\n\n| name | what | hosts | accounts left | until | how it stands |\n|---|---|---:|---:|---|---|\n"
    for one in report.phaseouts:
        yield f"| {' | '.join(escape(cell) for cell in figures(one, report.finished_at).values())} |\n"


def _host(report: HostReport, now: datetime) -> Iterator[str]:
    summary = report.summary
    seen = f"seen {rfc3339(summary.scanned_at)}" if summary.scanned_at is not None else "never seen"
    yield f"\n## {escape(report.host.name)}\n\n"
    yield ", ".join(part for part in (escape(summary.os), report.state, seen) if part) + "\n"
    if report.problem is not None:
        yield f"\n**{escape(report.problem[0])}**: {escape(report.problem[1])}\n"
    if old := old_data(report, now):
        yield f"\n{old}\n"
    for one in report.findings:
        yield from _finding(one)
    if report.not_checked:
        yield "\n### Not checked\n\n"
        for reason, checks in reasons(report.not_checked):
            yield f"- {escape(reason)}: {escape(', '.join(checks))}\n"


def _finding(one: TrackedFinding) -> Iterator[str]:
    finding, evidence = one.finding, one.finding.evidence
    yield f"\n### {finding.severity.value}: {escape(headline(one))}\n\n"
    yield f"{one.state.value} since {rfc3339(one.first_seen)}, {escape(finding.key)}\n"
    if evidence.outside:
        yield f"\n- Seen from outside: {escape(evidence.outside)}"
    if evidence.inside:
        where = f" in {escape(evidence.location)}" if evidence.location else ""
        yield f"\n- Seen from inside: {escape(evidence.inside)}{where}"
    yield from (f"\n- {escape(text)}" for text in remarks(one))
    yield f"\n\n{escape(finding.why)}\n" if finding.why else "\n"
    if finding.fix:
        yield "\n" + fenced(finding.fix)
    if finding.impact:
        yield f"\nWho would notice: {escape(finding.impact)}\n"
    if finding.references:
        yield "\n" + "\n".join(f"- {_link(reference)}" for reference in finding.references) + "\n"


def _link(reference: str) -> str:
    return f"<{reference}>" if _ADDRESS.fullmatch(reference) else escape(reference)
