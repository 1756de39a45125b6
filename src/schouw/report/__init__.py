"""What the history holds, for other programs and for paper. One file a format; this tuple is all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from schouw.errors import ConfigError
from schouw.report.contents import HostReport, Report, collect_report, exit_status
from schouw.report.knowledge import read_knowledge

__all__ = ["FORMATS", "HostReport", "Report", "collect_report", "exit_status", "read_knowledge", "render"]

Renderer = Callable[[Report], Iterator[str]]

#: Name on the command line, the module here, and its function: text in pieces, to be written as UTF-8 one after the
#: other. Loaded when asked for: a table needs no template engine.
FORMATS: tuple[tuple[str, str, str], ...] = (
    ("table", "table", "render"),
    ("json", "scan_json", "render"),
    ("ndjson", "scan_json", "render_lines"),
    ("csv", "csv_file", "render"),
    ("markdown", "markdown", "render"),
    ("html", "html", "render"),
    ("sarif", "sarif", "render"),
    ("prometheus", "prometheus", "render"),
)


def render(report: Report, name: str) -> Iterator[str]:
    """`report` in the format of that name; `ConfigError` where there is none."""
    for known, module, function in FORMATS:
        if known == name:
            renderer: Renderer = getattr(import_module(f"{__name__}.{module}"), function)
            return renderer(report)
    raise ConfigError(f"{name!r} is not a format; expected one of: {', '.join(known for known, *_ in FORMATS)}")
