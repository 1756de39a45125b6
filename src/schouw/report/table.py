"""Plain text for people: the hosts, worst first, then what is wrong on each and how to fix it. No colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from schouw.model.finding import TrackedFinding
from schouw.model.severity import HostState, Severity
from schouw.report.contents import HostReport, Report, headline, old_data, one_line, reasons, remarks
from schouw.text import block
from schouw.views.segments import pad, width

_INDENT = " " * 9


def render(report: Report) -> Iterator[str]:
    hosts = sorted(report.hosts, key=_worst_first)
    yield from _lines(_overview(hosts))
    for host in hosts:
        yield from _lines(_host(host, report.finished_at))
    yield from _lines(_totals(report))


def _lines(lines: Iterator[str]) -> Iterator[str]:
    # What was stored is clean already; this is the last net before a terminal.
    return (f"{block(text.rstrip())}\n" for text in lines)


def _overview(hosts: Sequence[HostReport]) -> Iterator[str]:
    heads = ["HOST", "STATE", *(severity.letter for severity in Severity), "WORST"]
    rows = [heads] + [
        [
            host.host.name,
            host.state,
            *(str(host.summary.total(severity) or "·") for severity in Severity),
            _worst(host),
        ]
        for host in hosts
    ]
    widths = [max(width(row[column]) for row in rows) for column in range(len(heads))]
    for row in rows:
        yield "  ".join(pad(cell, cells) for cell, cells in zip(row, widths, strict=True))


def _worst(report: HostReport) -> str:
    if report.summary.worst:
        return one_line(report.summary.worst[0].title)
    return one_line(report.problem[1]) if report.problem is not None else "nothing found"


def _host(report: HostReport, now: datetime) -> Iterator[str]:
    summary = report.summary
    seen = f"seen {summary.scanned_at:%Y-%m-%d %H:%M} UTC" if summary.scanned_at is not None else "never seen"
    yield ""
    yield " · ".join(part for part in (report.host.name, one_line(summary.os), report.state, seen) if part)
    if report.problem is not None:
        kind, message = report.problem
        yield f"  {kind}: {one_line(message)}" if kind != report.state else f"  {one_line(message)}"
    if old := old_data(report, now):
        yield f"  {old}"
    for one in report.findings:
        yield from _finding(one)
    if report.not_checked:
        yield "  not checked, because"
        for reason, checks in reasons(report.not_checked):
            shown = ", ".join(checks[:3]) + (f" and {len(checks) - 3} more" if len(checks) > 3 else "")
            yield f"{_INDENT}{one_line(reason)}: {one_line(shown)}"


def _finding(one: TrackedFinding) -> Iterator[str]:
    finding, evidence = one.finding, one.finding.evidence
    title, subject = headline(one), one_line(finding.subject)
    about = f" ({subject})" if subject not in title else ""  # most titles name their subject already
    yield f"  {finding.severity.letter}  {pad(one.state.value, 9)}  {title}{about}"
    if evidence.outside:
        yield f"{_INDENT}outside  {one_line(evidence.outside)}"
    if evidence.inside:
        yield f"{_INDENT}inside   {one_line(evidence.inside)}{f' ({one_line(evidence.location)})' if evidence.location else ''}"
    for text in remarks(one):
        yield f"{_INDENT}said     {text}"
    for number, text in enumerate(block(finding.fix).strip().split("\n") if finding.fix else ()):
        yield f"{_INDENT}{'fix' if number == 0 else '   '}      {text}"


def _totals(report: Report) -> Iterator[str]:
    counts = "  ".join(f"{severity.letter} {report.total(severity)}" for severity in Severity)
    states = [f"{count} {state.value}" for state in HostState if (count := report.count(state))]
    yield ""
    yield f"{len(report.hosts)} host{'s' if len(report.hosts) != 1 else ''}: {', '.join(states) or 'none'}    {counts}"


def _worst_first(report: HostReport) -> tuple[bool, list[int], str]:
    reached = report.state != HostState.UNREACHABLE.value
    return not reached, [-report.summary.total(severity) for severity in Severity], report.host.name
