"""Ubuntu: the release's own word, then that of the pockets of Ubuntu Pro, then what only VEX tells (UBU-1 to UBU-7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from schouw.model.vulnerability import CveVerdict, Match
from schouw.vulnerabilities.database import Part, Record
from schouw.vulnerabilities.rules.item import Item, unknown
from schouw.vulnerabilities.schema import Status
from schouw.vulnerabilities.versions import deb_key

#: UBU-5: other builds of the same sources.
_OTHER_BUILDS = ("fips", "realtime", "bluefield")


@dataclass(slots=True)
class _Case:
    """All that is said of one CVE."""

    base: Record | None = None
    esm: list[tuple[str, Record]] = field(default_factory=list)
    """(pocket, record)"""
    overlay: Record | None = None


def judge(item: Item, found: Sequence[tuple[Part, list[Record]]]) -> list[Match]:
    """A match a CVE."""
    try:
        installed = deb_key(item.version)
    except ValueError as error:
        return [unknown("UBU-1", f"the installed version makes no sense: {error}")]
    build = next((word for word in _OTHER_BUILDS if word in f"{item.version} {item.source}".lower()), "")
    cases: dict[tuple[str, ...], _Case] = {}
    for part, records in found:
        other = next((word for word in _OTHER_BUILDS if word in part.pocket), "")
        if other == build:
            for record in records:
                _add(cases.setdefault(record.cves, _Case()), part, record, bool(build))
    if build and not cases:
        return [unknown("UBU-5", f"a build of its own ({build}) that no feed here speaks of")]
    return [_judge(item, installed, cves, case) for cves, case in cases.items()]


def _add(case: _Case, part: Part, record: Record, alone: bool) -> None:
    if part.overlay:
        case.overlay = case.overlay if case.overlay and part.pocket else record
    elif not part.pocket or alone:
        case.base = record
    else:
        case.esm.append((part.pocket, record))


def _judge(item: Item, installed: bytes, cves: tuple[str, ...], case: _Case) -> Match:
    base, esm = case.base, _best(case.esm, installed)
    if base is not None and base.status == Status.NOT_AFFECTED:
        return Match(cves, CveVerdict.NOT_AFFECTED, "UBU-1", note=base.note or "never had it")
    if base is not None and base.status == Status.FIXED and installed >= base.key:
        return Match(cves, CveVerdict.NOT_AFFECTED, "UBU-1", base.fixed)
    if esm is not None and esm[1].status == Status.FIXED:
        return _by_esm(item, installed, cves, base, *esm)
    if base is not None and base.status == Status.FIXED:
        return Match(cves, CveVerdict.FIXABLE, "UBU-1", base.fixed)
    if case.overlay is not None and case.overlay.status == Status.NOT_AFFECTED:
        return Match(cves, CveVerdict.NOT_AFFECTED, "UBU-7", note=case.overlay.note)
    if esm is not None and esm[1].status == Status.NOT_AFFECTED and (base is None or _has(item, esm[0])):
        return Match(cves, CveVerdict.NOT_AFFECTED, "UBU-3", note=f"not affected in {esm[0]}")
    said = base or (esm[1] if esm else None)
    if said is not None and said.status == Status.UNDETERMINED:
        return Match(cves, CveVerdict.UNKNOWN, "UBU-1", note=said.note)
    if case.overlay is not None:  # won't-fix is told by VEX alone
        return Match(cves, CveVerdict.NO_FIX, "UBU-7", note=case.overlay.note)
    return Match(cves, CveVerdict.NO_FIX, "UBU-1" if base else "UBU-2", note=said.note if said else "")


def _best(esm: Iterable[tuple[str, Record]], installed: bytes) -> tuple[str, Record] | None:
    """Of several pockets the one that helps most: fixed here, then fixed at all."""
    return min(esm, key=lambda one: (one[1].status != Status.FIXED, installed < one[1].key), default=None)


def _by_esm(item: Item, installed: bytes, cves: tuple[str, ...], base: Record | None, pocket: str, record: Record) -> Match:
    if installed >= record.key:
        return Match(cves, CveVerdict.NOT_AFFECTED, "UBU-4", record.fixed, note=f"fixed in {pocket}")
    if _has(item, pocket):
        return Match(cves, CveVerdict.FIXABLE, "UBU-4" if _marked(item) else "UBU-3", record.fixed, note=f"from {pocket}")
    if base is not None and base.status == Status.FIXED:
        return Match(cves, CveVerdict.FIXABLE, "UBU-1", base.fixed)
    needs = f"Ubuntu Pro ({pocket})"
    note = f"available with {needs}" + ("; whether this host has it is not known" if item.pro is None else "")
    return Match(cves, CveVerdict.FIXABLE, "UBU-3" if base else "UBU-2", record.fixed, note=note, needs=needs)


def _has(item: Item, pocket: str) -> bool:
    return (
        _marked(item) or pocket in (item.pro or ()) or (pocket == "esm" and any(one.startswith("esm") for one in item.pro or ()))
    )


def _marked(item: Item) -> bool:
    """UBU-4: the installed version itself proves the pocket, whatever `pro status` says."""
    return "~esm" in item.version or "+esm" in item.version
