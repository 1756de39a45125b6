"""The object ``schouw.scan/1``: a promise to other programs. Every key is always there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from schouw.model.attempt import seen
from schouw.model.facts import Facts, Inside, Listener
from schouw.model.finding import Claim, TrackedFinding
from schouw.model.outside import PortState
from schouw.model.ports import join, reaches_out
from schouw.model.severity import HostState, Severity
from schouw.report.contents import HostReport, Report, rfc3339

SCHEMA = "schouw.scan/1"

Object = dict[str, object]


def render(report: Report) -> Iterator[str]:
    """One object."""
    yield _text(as_object(report), indent=2)
    yield "\n"


def render_lines(report: Report) -> Iterator[str]:
    """One host a line, as in the object's ``hosts``."""
    for host in report.hosts:
        yield _text(host_object(host))
        yield "\n"


def _text(value: Object, indent: int | None = None) -> str:
    # ASCII: nothing that a terminal or a log viewer could take for a command, whatever a server said.
    return json.dumps(value, indent=indent, ensure_ascii=True, allow_nan=False)


def as_object(report: Report) -> Object:
    return {
        "schema": SCHEMA,
        "tool": {"name": "schouw", "version": report.version},
        "started_at": rfc3339(report.started_at),
        "finished_at": rfc3339(report.finished_at),
        "database": _database(report),
        "summary": {
            "hosts": len(report.hosts),
            **{state.value: report.count(state) for state in HostState if state is not HostState.NEVER},
            **{severity.value: report.total(severity) for severity in Severity},
        },
        "hosts": [host_object(host) for host in report.hosts],
    }


def _database(report: Report) -> Object:
    known, today = report.knowledge, report.finished_at.date()
    return {
        "updated_at": rfc3339(known.updated_at) if known.updated_at is not None else None,
        "vulnerabilities": known.vulnerabilities,
        "sources": [{"name": one.name, "date": one.date.isoformat(), "old": one.old(today)} for one in known.sources],
    }


def host_object(report: HostReport) -> Object:
    """What was not seen is null, or an empty list beside a reason in ``not_checked``."""
    problem = report.problem
    inside = report.facts.inside.result if report.facts is not None else None
    packages = inside.packages.result if inside is not None else None
    return {
        "name": report.host.name,
        "address": report.address,
        "state": report.state,
        "error": None if problem is None else {"class": problem[0], "message": problem[1]},
        "os": _system(inside),
        "kernel": _kernel(inside),
        "packages": len(packages.packages) if packages is not None else None,
        "listeners": _listeners(report.facts) if report.facts is not None else [],
        "not_checked": [{"check": one.check, "subject": one.subject, "reason": one.reason} for one in report.not_checked],
        "findings": [_finding(one) for one in report.findings],
    }


def _system(inside: Inside | None) -> Object:
    system = inside.system.result if inside is not None else None
    if system is None:
        return {"id": None, "version": None, "pretty": None}
    return {"id": system.id, "version": system.version, "pretty": system.pretty}


def _kernel(inside: Inside | None) -> Object:
    kernel = inside.kernel.result if inside is not None else None
    if kernel is None:
        return {"running": None, "installed": None}
    return {"running": kernel.running, "installed": kernel.installed[-1] if kernel.installed else None}


def _listeners(facts: Facts) -> list[Object]:
    listeners = facts.inside.result.listeners.result if facts.inside.result is not None else None
    return [
        {
            "proto": one.proto,
            "address": one.address,
            "port": one.port,
            "process": one.process,
            "outside": met.value if (met := _met(one, facts)) is not None else None,
        }
        for one in listeners or ()
    ]


def _met(listener: Listener, facts: Facts) -> PortState | None:
    """What the outside view met where this one listens: the most open answer, None where nothing was tried."""
    outside = facts.outside.result
    if outside is None:
        return None
    tried = tuple(one for one in outside.ports.result or () if one.port == listener.port)
    rows = join(seen((listener,)), seen(replace(outside, ports=seen(tried))))
    met = {row.outside for row in rows if row.proto == listener.proto and listener.address in row.inside}
    if not reaches_out(listener.address):
        met.discard(PortState.OPEN)  # somebody else answers there: this one cannot be reached
    return next((state for state in (PortState.OPEN, PortState.FILTERED, PortState.CLOSED) if state in met), None)


def _accepted(one: TrackedFinding) -> Object | None:
    if one.accepted_until is None:
        return None
    return {"until": rfc3339(one.accepted_until), "by": one.accepted_by, "reason": one.accepted_reason}


def _claim(claim: Claim) -> Object:
    judged = rfc3339(claim.judged_at) if claim.judged_at else None
    return {
        "by": claim.by, "at": rfc3339(claim.at), "note": claim.note,
        "outcome": claim.outcome.value, "reason": claim.reason, "judged_at": judged,
    }  # fmt: skip


def _finding(one: TrackedFinding) -> Object:
    finding = one.finding
    return {
        "key": finding.key,
        "check": finding.check,
        "area": finding.area.value,
        "severity": finding.severity.value,
        "title": finding.title,
        "subject": finding.subject,
        "state": one.state.value,
        "first_seen": rfc3339(one.first_seen),
        "last_seen": rfc3339(one.last_seen),
        "fixed_at": rfc3339(one.fixed_at) if one.fixed_at else None,
        "owner": one.assigned,
        "accepted": _accepted(one),
        "claim": None if one.claim is None else _claim(one.claim),
        "due": one.due.isoformat() if one.due is not None else None,
        "evidence": {
            "outside": finding.evidence.outside,
            "inside": finding.evidence.inside,
            "location": finding.evidence.location,
        },
        "fix": finding.fix,
        "impact": finding.impact,
        "references": list(finding.references),
        "cves": list(finding.cves),
        **({"planned_until": rfc3339(one.planned_until)} if one.planned_until else {}),
    }
