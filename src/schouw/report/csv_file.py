"""CSV for spreadsheets: one row a finding. A host without findings has one row too, so that none goes missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from schouw.report.contents import HostReport, Report, rfc3339
from schouw.report.spreadsheet import row

COLUMNS = (
    "host", "address", "host_state", "error", "severity", "state", "area", "check", "subject", "title",
    "first_seen", "last_seen", "fixed_at", "owner", "accepted_until",
    "accepted_by", "accepted_reason", "claim", "outside", "inside", "location", "fix", "references", "cves", "key",
)  # fmt: skip


def render(report: Report) -> Iterator[str]:
    yield row(COLUMNS)
    for host in report.hosts:
        yield from map(row, _rows(host))


def _moment(at: datetime | None) -> str:
    return rfc3339(at) if at is not None else ""


def _rows(report: HostReport) -> Iterator[tuple[str, ...]]:
    about = (report.host.name, report.address, report.state, ": ".join(report.problem or ()))
    if not report.findings:
        yield about + ("",) * (len(COLUMNS) - len(about))
    for one in report.findings:
        finding, evidence = one.finding, one.finding.evidence
        yield (
            *about,
            finding.severity.value,
            one.state.value,
            finding.area.value,
            finding.check,
            finding.subject,
            finding.title,
            rfc3339(one.first_seen),
            rfc3339(one.last_seen),
            _moment(one.fixed_at),
            one.assigned,
            _moment(one.accepted_until),
            one.accepted_by,
            one.accepted_reason,
            one.claim.outcome.value if one.claim is not None else "",
            evidence.outside,
            evidence.inside,
            evidence.location,
            finding.fix,
            " ".join(finding.references),
            " ".join(finding.cves),
            finding.key,
        )
