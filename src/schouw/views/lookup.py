"""Whatever the CVE and package screen shows: its items, their lines, and what is taken away to a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from schouw.views import cves, packages
from schouw.views.cves import Listed, Listing
from schouw.views.export import Record
from schouw.views.header import plural
from schouw.views.known import ages, known_line
from schouw.views.segments import Line, fit, wrap
from schouw.vulnerabilities.answers import CveAnswer, Installed, Known, PackageAnswer, Row

Answer = Listing | CveAnswer | PackageAnswer
Item = Listed | Row | Installed

HINTS: dict[type, str] = {
    type(None): "asking…",
    Listing: "type a CVE or a package, or choose one; enter asks, esc leaves",
    CveAnswer: "enter opens the host, y copies its fix, / asks something else",
    PackageAnswer: "enter lists the open CVEs, / asks something else",
}


def items(found: Answer | None, typed: str = "") -> Sequence[Item]:
    """What is listed; of CVEs, those that have what is typed."""
    match found:
        case Listing():
            words = typed.strip().lower()
            return [one for one in found.cves if words in one.cve.lower() or any(words in name for name in one.packages)]
        case CveAnswer():
            return found.rows
        case PackageAnswer():
            return found.installed
    return ()


def key(item: Item | None) -> str:
    match item:
        case Row():
            return f"{item.host} {item.package}"
        case Installed():
            return f"{item.release} {item.source} {item.version}"
        case None:
            return ""
    return item.cve


def hosts_of(item: Item | None) -> tuple[str, ...]:
    if item is None:
        return ()
    return (item.host,) if isinstance(item, Row) else item.hosts


def head(found: Answer | None, name: str, known: Known | None, cells: int, today: date) -> list[Line]:
    match found:
        case CveAnswer():
            return cves.cve_lines(found, cells, today)
        case PackageAnswer():
            return packages.package_lines(found, cells, today)
    title = found.title if found is not None else name or "CVEs"
    many = f"   {plural(len(found.cves), 'CVE')}" if found is not None else ""
    line = fit(((" schouw › ", "dim"), (title, "title"), (many, "dim")), cells)
    return [line, known_line(known, today, cells) if known is not None else fit((), cells)]


def line(item: Item, cells: int, cursor: bool) -> Line:
    match item:
        case Row():
            return cves.row_line(item, cells, cursor)
        case Installed():
            return packages.installed_line(item, cells, cursor)
    return cves.listed_line(item, cells, cursor)


def detail(item: Item, found: Answer | None, cells: int, now: datetime) -> list[Line]:
    if isinstance(item, Row) and isinstance(found, CveAnswer):
        return cves.row_detail(item, found, cells, now)
    if isinstance(item, Installed) and isinstance(found, PackageAnswer):
        return packages.installed_detail(item, found, cells)
    return cves.listed_detail(item, cells) if isinstance(item, Listed) else []


def nothing(found: Answer | None, problem: str, typed: str) -> Line:
    """In place of the first line where none is listed."""
    if problem:
        return ((" no answer, because:", "error"),)
    match found:
        case None:
            return ((" asking the vulnerability database…", "dim"),)
        case PackageAnswer():
            return ((f" {packages.nothing(found)}", "unknown"),)
        case CveAnswer():
            return ((" no host to ask about", "dim"),)
    if typed.strip():
        return ((" no finding names it; enter asks the database", "dim"),)
    return ((" – no finding of the hosts that are shown names a CVE; type one", "dim"),)


def nothing_detail(known: Known | None, problem: str, cells: int, today: date) -> list[Line]:
    """By which data hosts are judged, and how old that is."""
    lines: list[Line] = [((piece, "error"),) for piece in wrap(problem, cells)] if problem else []
    for one in known.platforms if known is not None else ():
        role = "unknown" if one.gap else "stale" if one.old(today) else "text"
        lines.append(((f"{one.release}  {plural(one.hosts, 'host')}", "title"),))
        lines += [((f"  {piece}", role),) for text in ages(one, today) for piece in wrap(text, cells - 2)]
    return lines


def records(found: Answer | None) -> list[Record]:
    match found:
        case CveAnswer():
            return [_row(row, found.cve) for row in found.rows]
        case PackageAnswer():
            return [_installed(one, host) for one in found.installed for host in one.hosts]
        case Listing():
            return [{"cve": one.cve, "hosts": len(one.hosts), "packages": ", ".join(one.packages)} for one in found.cves]
    return []


def _row(row: Row, cve: str) -> Record:
    return {
        "cve": cve,
        "host": row.host,
        "standing": row.standing.value,
        "release": row.release,
        "package": row.package,
        "installed": row.installed,
        "fixed": row.fixed,
        "advisory": row.advisory,
        "rule": row.rule,
        "note": row.note,
    }


def _installed(one: Installed, host: str) -> Record:
    return {
        "host": host,
        "release": one.release,
        "package": one.source,
        "installed": one.version,
        "fixed": one.fixed,
        "fixable": one.fixable,
        "unfixed": one.unfixed,
        "unknown": one.unknown,
        "cves": " ".join(filter(None, one.open)),
    }
