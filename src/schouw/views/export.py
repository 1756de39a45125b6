"""What a screen shows, as JSON, CSV or Markdown."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from schouw.model.finding import TrackedFinding
from schouw.model.severity import Area, Severity
from schouw.views.status import Row, condition, lane

Record = Mapping[str, str | int]


def fleet_rows(rows: Iterable[Row], now: datetime) -> list[Record]:
    return [
        {
            "host": row.name,
            "os": row.summary.os,
            "state": condition(row, now).value,
            "scanned_at": row.summary.scanned_at.isoformat() if row.summary.scanned_at else "",
            **{severity.value: row.summary.total(severity) for severity in Severity},
            **{area.value: lane(row.summary, area, now)[0] for area in Area},
            "error": row.summary.error,
        }
        for row in rows
    ]


def finding_rows(host: str, findings: Iterable[TrackedFinding]) -> list[Record]:
    return [
        {
            "host": host,
            "severity": tracked.finding.severity.value,
            "area": tracked.finding.area.value,
            "state": tracked.state.value,
            "title": tracked.finding.title,
            "subject": tracked.finding.subject,
            "outside": tracked.finding.evidence.outside,
            "inside": tracked.finding.evidence.inside,
            "location": tracked.finding.evidence.location,
            "fix": tracked.finding.fix,
            "first_seen": tracked.first_seen.isoformat(),
            "planned_until": tracked.planned_until.isoformat() if tracked.planned_until else "",
            "key": tracked.key,
        }
        for tracked in findings
    ]


def render(rows: Sequence[Record], format: str) -> str:
    """`format` is "json", "csv" or "md"."""
    if format == "json":
        return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
    if not rows:
        return ""
    heads = list(rows[0])
    if format == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(heads)
        writer.writerows([_cell(row[head]) for head in heads] for row in rows)
        return out.getvalue()
    lines = [heads, ["---"] * len(heads), *([_markdown(row[head]) for head in heads] for row in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _cell(value: str | int) -> str | int:
    """Spreadsheets run what begins with these signs as a formula; an apostrophe makes it text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _markdown(value: str | int) -> str:
    text = str(value).replace("\\", "\\\\")
    for sign in "|<>[]`*_":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "<br>")
