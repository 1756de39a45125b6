"""What the history holds, for other programs and for paper. One file a format; this tuple is all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from schouw.errors import ConfigError
from schouw.report import csv_file, markdown, scan_json, table
from schouw.report.contents import HostReport, Report, collect_report, exit_status

__all__ = ["FORMATS", "HostReport", "Report", "collect_report", "exit_status", "render"]

Renderer = Callable[[Report], Iterator[str]]

#: Name on the command line, and what writes it: text in pieces, to be written as UTF-8 one after the other.
FORMATS: tuple[tuple[str, Renderer], ...] = (
    ("table", table.render),
    ("json", scan_json.render),
    ("ndjson", scan_json.render_lines),
    ("csv", csv_file.render),
    ("markdown", markdown.render),
)


def render(report: Report, name: str) -> Iterator[str]:
    """`report` in the format of that name; `ConfigError` where there is none."""
    for known, renderer in FORMATS:
        if known == name:
            return renderer(report)
    raise ConfigError(f"{name!r} is not a format; expected one of: {', '.join(known for known, _ in FORMATS)}")
