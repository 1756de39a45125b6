"""One HTML file that a manager can read and mail: no scripts, nothing fetched, safe whatever a server said.

Jinja2 escapes every value; the page's own policy (``default-src 'none'``) lets nothing run or load even if one slipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template

from schouw.model.finding import TrackedFinding
from schouw.model.severity import Area, FindingState, HostState, Severity
from schouw.report.contents import HostReport, Report, headline, old_data, one_line, reasons
from schouw.report.planned import figures
from schouw.text import block
from schouw.views.trends import bars, duration


@dataclass(frozen=True, slots=True)
class Row:
    """One finding on its host."""

    host: HostReport
    one: TrackedFinding

    @property
    def owner(self) -> str:
        """Who sees to it: whoever it was assigned to, else the host's owner."""
        return self.one.assigned or self.host.host.owner

    @property
    def claimed(self) -> str:
        """What became of a claim that something was done, "" without one."""
        claim = self.one.claim
        if claim is None:
            return ""
        return f"claimed by {claim.by}, {_day(claim.at)}: {claim.outcome.value}{f' ({claim.reason})' if claim.reason else ''}"

    @property
    def days(self) -> int:
        return max(0, (self.one.last_seen - self.one.first_seen).days)


def render(report: Report) -> Iterator[str]:
    rows = [Row(host, one) for host in report.hosts for one in host.findings]
    rows.sort(key=lambda row: (row.one.finding.severity.rank, row.host.host.name, row.one.key))
    yield from _template().generate(
        report=report,
        severities=tuple(Severity),
        areas=tuple(Area),
        states=[(state.value, count) for state in HostState if (count := report.count(state))],
        active=[row for row in rows if row.one.state.active],
        accepted=sorted((row for row in rows if row.one.state is FindingState.ACCEPTED), key=_ends),
        planned=sorted((row for row in rows if row.one.state is FindingState.PLANNED), key=_planned),
        phaseouts=[figures(one, report.finished_at) for one in report.phaseouts],
        fixed_when=f"since {_day(report.fixed_since)}" if report.fixed_since else "by the last scan",
        fixed=[row for row in rows if row.one.state is FindingState.FIXED],
        lacking=[(host, reasons(host.not_checked)) for host in report.hosts if host.not_checked or host.problem],
    )


def _ends(row: Row) -> tuple[float, str]:
    until = row.one.accepted_until
    return until.timestamp() if until is not None else 0.0, row.one.key


def _planned(row: Row) -> tuple[float, str]:
    until = row.one.planned_until
    return until.timestamp() if until is not None else 0.0, row.one.key


def _day(moment: datetime | None) -> str:
    return f"{moment.astimezone():%-d %b %Y}" if moment is not None else "never"


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone():%-d %b %Y, %H:%M}"


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "line": one_line,
        "headline": headline,
        "aged": old_data,
        "block": block,
        "day": _day,
        "minute": _minute,
        "bars": bars,
        "duration": duration,
    }
    return environment.from_string(files(__package__).joinpath("report.html.j2").read_text("utf-8"))
