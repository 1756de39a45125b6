"""AlmaLinux, Rocky: name, epoch-version-release, architecture and module stream against advisories (RPM-1 to RPM-11)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from schouw.model.vulnerability import CveVerdict, Match
from schouw.vulnerabilities.database import Record
from schouw.vulnerabilities.rules.item import Item, unknown
from schouw.vulnerabilities.schema import Status
from schouw.vulnerabilities.streams import UNTOLD, is_modular
from schouw.vulnerabilities.versions import rpm_key


def judge(item: Item, records: Sequence[Record]) -> list[Match]:
    """A match for each advisory that speaks of this package, architecture and stream."""
    try:
        installed = rpm_key(item.version)
    except ValueError as error:
        return [unknown("RPM-1", f"the installed version makes no sense: {error}")]
    return list(_matches(item, installed, records))


def _matches(item: Item, installed: bytes, records: Sequence[Record]) -> Iterator[Match]:
    modular = bool(item.module) or is_modular(item.version)
    streams = {stream for record in records for stream in record.module.split(",") if stream not in ("", UNTOLD)}
    for record in records:
        if record.arch and item.arch not in (record.arch, "noarch", ""):  # RPM-3
            continue
        if bool(record.module) != modular:  # RPM-4: a stream's fix says nothing of the plain package, nor the reverse
            continue
        if modular and (doubt := _doubt(item, record, streams)) is not None:
            if doubt:
                yield Match(record.cves, CveVerdict.UNKNOWN, doubt[0], advisory=record.advisory, note=doubt[1])
            continue
        rule = "RPM-4" if modular else "RPM-1"
        if record.status == Status.UNDETERMINED:
            yield Match(record.cves, CveVerdict.UNKNOWN, rule, advisory=record.advisory, note=record.note)
        elif installed < record.key:
            yield Match(record.cves, CveVerdict.FIXABLE, rule, record.fixed, record.advisory)
        else:
            yield Match(record.cves, CveVerdict.NOT_AFFECTED, rule, record.fixed, record.advisory)


def _doubt(item: Item, record: Record, streams: set[str]) -> tuple[str, str] | tuple[()] | None:
    """None: the fix is for the installed stream; (): for another; else the rule and why it cannot be told."""
    if not item.module:
        return "RPM-4", "the package is of a module, but not which stream is known"
    installed = set(item.module.split(","))
    if record.module != UNTOLD:
        return () if installed.isdisjoint(record.module.split(",")) else None
    if len(streams) == 1:  # RPM-5
        return () if installed.isdisjoint(streams) else None
    return "RPM-5", f"the advisory does not say for which stream it is; {item.module} is installed"
