"""SARIF 2.1.0 (OASIS): findings for code-scanning dashboards and ticket importers.

A finding is a *result*, its check a *rule*. Where a line of configuration causes it, the place is that file on its host;
else only the logical location (host and subject) is known. Accepted risks are suppressed results, and what could not be
checked is a notification of the run: it is neither a result nor fine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

from schouw.model.finding import Finding, NotChecked, TrackedFinding
from schouw.model.severity import FindingState, Severity
from schouw.report.contents import HostReport, Report, one_line, rfc3339

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

Object = dict[str, object]

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "none",
}
#: What code-scanning dashboards order by: from 9.0 it is critical to them, from 7.0 high, from 4.0 medium.
_SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
    Severity.INFO: "0.0",
}
_BASELINE = {
    FindingState.NEW: "new", FindingState.REGRESSED: "new", FindingState.FIXED: "absent", FindingState.RETRACTED: "absent",
}  # fmt: skip


def render(report: Report) -> Iterator[str]:
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report)]}
    yield json.dumps(log, indent=1, ensure_ascii=True, allow_nan=False)
    yield "\n"


def _run(report: Report) -> Object:
    rules: dict[str, Finding] = {}
    for host in report.hosts:
        for one in host.findings:
            rules.setdefault(one.finding.check, one.finding)
    index = {check: number for number, check in enumerate(rules)}
    return {
        "tool": {
            "driver": {
                "name": "schouw",
                "version": report.version,
                "rules": [_rule(finding) for finding in rules.values()],
            }
        },
        "invocations": [
            {
                "executionSuccessful": True,
                "startTimeUtc": rfc3339(report.started_at),
                "endTimeUtc": rfc3339(report.finished_at),
                "toolExecutionNotifications": [notice for host in report.hosts for notice in _notices(host)],
            }
        ],
        "results": [_result(host, one, index) for host in report.hosts for one in host.findings],
    }


def _rule(finding: Finding) -> Object:
    rule: Object = {
        "id": finding.check,
        "shortDescription": {"text": finding.check},
        "fullDescription": {"text": finding.why or finding.check},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {"tags": ["security", finding.area.value], "security-severity": _SCORES[finding.severity]},
    }
    if finding.references:
        rule["helpUri"] = finding.references[0]
    return rule


def _result(host: HostReport, one: TrackedFinding, index: dict[str, int]) -> Object:
    finding, evidence = one.finding, one.finding.evidence
    seen = [f"Seen from {side}: {text}" for side, text in (("outside", evidence.outside), ("inside", evidence.inside)) if text]
    result: Object = {
        "ruleId": finding.check,
        "ruleIndex": index[finding.check],
        "kind": "fail" if finding.severity is not Severity.INFO else "informational",
        "level": _LEVELS[finding.severity],
        "message": {"text": one_line("\n".join([f"{host.host.name}: {finding.title}.", *seen]), 4000)},
        "locations": [_location(host.host.name, finding)],
        "partialFingerprints": {"schouw/v1": f"{host.host.name}/{finding.key}"},
        "baselineState": _BASELINE.get(one.state, "unchanged"),
        "properties": {
            "state": one.state.value,
            "severity": finding.severity.value,
            "firstSeen": rfc3339(one.first_seen),
            "lastSeen": rfc3339(one.last_seen),
            "fix": finding.fix,
            "cves": list(finding.cves),
        },
    }
    if one.state is FindingState.PLANNED and one.planned_until is not None:
        justification = f"phase-out {one.phaseout}, until {rfc3339(one.planned_until)}"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": one_line(justification)}]
    if one.state is FindingState.ACCEPTED:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": one.accepted_reason}]
    return result


def _location(host: str, finding: Finding) -> Object:
    place = f"{host}/{finding.subject}" if finding.subject else host
    location: Object = {"logicalLocations": [{"fullyQualifiedName": place, "name": finding.subject or host, "kind": "resource"}]}
    file, _, line = finding.evidence.location.rpartition(":")
    if file.startswith("/") and line.isascii() and line.isdigit() and 0 < int(line) < 1 << 31:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": quote(f"{host}{file}")},
            "region": {"startLine": int(line)},
        }
    return location


def _notices(host: HostReport) -> Iterator[Object]:
    name = host.host.name
    if host.problem is not None:
        yield {"level": "warning", "message": {"text": one_line(f"{name}: {': '.join(host.problem)}")}}
    for gap in host.not_checked:
        yield {"level": "note", "message": {"text": one_line(f"{name}: {_what(gap)} was not checked: {gap.reason}")}}


def _what(gap: NotChecked) -> str:
    return f"{gap.check} ({gap.subject})" if gap.subject else gap.check
