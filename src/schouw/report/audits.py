"""What became of an audit's list, in the auditor's own numbering."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from schouw.audits.matching import Audited, Ending, Followed, follow
from schouw.model.baseline import Baseline
from schouw.model.host import Host
from schouw.report import rows as listing
from schouw.report.contents import one_line, rfc3339
from schouw.views.since import Since

if TYPE_CHECKING:
    from schouw.history import History
    from schouw.history.values import LastKnown

COLUMNS = ("number", "host", "port", "severity", "state", "since", "title")
SPREADSHEET = (
    "number", "title", "host", "port", "severity", "cves", "state", "since", "our_host", "our_finding", "our_key", "reason",
)  # fmt: skip


def followed(history: History, audit: Baseline, hosts: Sequence[Host], narrowed: bool = False) -> list[Followed]:
    """Each row; with `narrowed` only those about `hosts`."""
    known = history.last_known((host.name for host in hosts), ())
    found = follow(audit.rows, [_audited(host, last) for host, last in zip(hosts, known, strict=True)])
    return [one for one in found if one.host or not narrowed]


def _audited(host: Host, last: LastKnown) -> Audited:
    outside = last.facts.outside.result if last.facts is not None else None
    names = {host.name, host.address, *(outside.addresses if outside is not None else ())}
    return Audited(host.name, frozenset(name.lower() for name in names if name), last.findings, last.not_checked)


def render(found: Sequence[Followed], since: Since, format: str) -> Iterator[str]:
    rows = [_row(one) for one in found]
    source = since.audit.source if since.audit is not None else ""
    about = {"schema": "schouw.audit/1", "audit": since.words, "source": source, "at": rfc3339(since.at)}
    if format in ("table", "markdown"):
        heading = f"{since.words} ({source}, {rfc3339(since.at)}): {in_words(found)}"
        yield f"# {heading}\n\n" if format == "markdown" else f"{heading}\n\n"
        yield from listing.render(rows, COLUMNS, format, about)
    else:
        yield from listing.render(rows, SPREADSHEET, format, about)


def in_words(found: Sequence[Followed]) -> str:
    """ "12 fixed, 3 open, 1 no finding of ours" """
    counts = Counter(one.ending for one in found)
    return ", ".join(f"{counts[ending]} {ending.value}" for ending in Ending if counts[ending]) or "no rows"


def _row(one: Followed) -> listing.Row:
    row = one.row
    return {
        "number": row.number,
        "title": one_line(row.title),
        "host": row.host,
        "port": row.port,
        "severity": row.severity.value if row.severity else "",
        "cves": " ".join(row.cves),
        "state": one.ending.value,
        "since": rfc3339(one.since) if one.since else "",
        "our_host": one.host,
        "our_finding": one_line("; ".join(dict.fromkeys(found.finding.title for found in one.findings))),
        "our_key": one_line(" ".join(found.key for found in one.findings)),
        "reason": one_line(one.reason),
    }
