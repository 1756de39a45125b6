"""Metrics for node_exporter's textfile collector, in Prometheus' text format.

    schouw report --format prometheus --output /var/lib/prometheus/node-exporter/schouw.prom

The file is replaced in one step, as that collector asks for. Counts of zero are there too, so that an alert on a rise
works from the first finding on.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from schouw.model.severity import Area, FindingState, HostState, Severity
from schouw.report.contents import Report


def render(report: Report) -> Iterator[str]:
    registry = CollectorRegistry()

    def gauge(name: str, words: str, *labels: str) -> Gauge:
        return Gauge(f"schouw_{name}", words, labels, registry=registry)

    findings = gauge("findings", "Findings that count, by the last good scan.", "host", "area", "severity")
    accepted = gauge("findings_accepted", "Findings whose risk somebody accepted.", "host")
    unchecked = gauge("checks_not_made", "Checks that could not be made.", "host", "area")
    state = gauge("host_state", "1 for the state that the last scan came to.", "host", "state")
    scanned = gauge("host_scanned_timestamp_seconds", "End of the last good scan, 0 before the first.", "host")
    tried = gauge("host_tried_timestamp_seconds", "End of the last scan, good or not, 0 before the first.", "host")
    gauge("report_timestamp_seconds", "When these figures were read.").set(report.finished_at.timestamp())
    for host in report.hosts:
        name, summary = host.host.name, host.summary
        for area in Area:
            for severity in Severity:
                findings.labels(name, area.value, severity.value).set(summary.counts.get(area, {}).get(severity, 0))
            unchecked.labels(name, area.value).set(summary.unchecked.get(area, 0))
        accepted.labels(name).set(sum(one.state is FindingState.ACCEPTED for one in host.findings))
        for each in HostState:
            state.labels(name, each.value).set(each is summary.state)
        scanned.labels(name).set(summary.scanned_at.timestamp() if summary.scanned_at else 0)
        tried.labels(name).set(summary.tried_at.timestamp() if summary.tried_at else 0)
    yield generate_latest(registry).decode()
