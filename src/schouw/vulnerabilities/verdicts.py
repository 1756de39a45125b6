"""Many installed things against their feeds at once: the records of all in one query, then the rules on each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from schouw.model.vulnerability import CveVerdict, Match
from schouw.vulnerabilities.database import Coverage, Database, Record, Wanted
from schouw.vulnerabilities.rules import debian, rpm, ubuntu
from schouw.vulnerabilities.rules.item import Asked, Item, foreign, set_aside, unknown
from schouw.vulnerabilities.streams import is_modular
from schouw.vulnerabilities.versions import deb_key, rpm_key

_Records = dict[int, dict[str, list[Record]]]
"""By platform and name."""


def verdicts(database: Database, asked: Sequence[Asked], settled: bool) -> Iterator[list[Match]]:
    """What is said of each, in turn. Unless `settled`, what is fixed long ago need not be in it: that is the bulk."""
    records, rejected = _fetch(database, asked, settled), database.rejected
    for item, aside in asked:
        coverage = database.coverage(item.release)
        if coverage is None:  # DEB-11: of the release that a backport comes from
            yield [unknown("DEB-11", f"{item.note}, which no feed covers")]
            continue
        matches = _by_family(database, item, coverage, records)
        if item.foreign:
            matches = foreign(item, matches)
        if aside[0]:
            matches = [set_aside(match, *aside) for match in matches]
        if rejected:
            matches = [match if rejected.isdisjoint(match.cves) else _less_rejected(match, rejected) for match in matches]
        yield matches


def _fetch(database: Database, asked: Sequence[Asked], settled: bool) -> _Records:
    wanted: dict[int, dict[str, Wanted]] = {}
    for item, _ in asked:
        coverage = database.coverage(item.release)
        if coverage is not None:
            one = Wanted(b"" if settled else _above(item, coverage), "" if item.arch == "noarch" else item.arch)
            for part in coverage.parts:
                names = wanted.setdefault(part.platform, {})
                other = names.get(item.name, one)
                names[item.name] = Wanted(min(one.above, other.above), one.arch if one.arch == other.arch else "")
    return {platform: database.records(platform, names) for platform, names in wanted.items()}


def _above(item: Item, coverage: Coverage) -> bytes:
    """The key below which fixes do not matter; b"" where everything that is said does."""
    if item.foreign or len(coverage.parts) > 1:
        return b""
    if coverage.kind == "rpm" and (item.module or is_modular(item.version)):
        return b""  # which streams there are is seen only in all of it
    try:
        return deb_key(item.version) if coverage.kind == "deb" else rpm_key(item.version)
    except ValueError:
        return b""


def _by_family(database: Database, item: Item, coverage: Coverage, records: _Records) -> list[Match]:
    if coverage.kind == "rpm":
        if coverage.keyed == "source" and not item.version:
            return [unknown("RPM-2", "no installed package of it tells the source's epoch")]
        return rpm.judge(item, records[coverage.parts[0].platform][item.name])
    if item.release.startswith("ubuntu:"):
        matches = ubuntu.judge(item, [(part, records[part.platform][item.name]) for part in coverage.parts])
    else:
        matches = debian.judge(item, records[coverage.parts[0].platform][item.name])
        matches += debian.unsupported(database.unsupported(item.release, item.name))
    if not coverage.notices or not any(match.fixed for match in matches):
        return matches
    notices = database.notices(item.release, item.name)
    return [match._replace(advisory=_advisory(match, notices)) if match.fixed in notices else match for match in matches]


def _advisory(match: Match, notices: dict[str, list[tuple[str, frozenset[str]]]]) -> str:
    return next((advisory for advisory, cves in notices[match.fixed] if not cves.isdisjoint(match.cves)), "")


def _less_rejected(match: Match, rejected: frozenset[str]) -> Match:
    if not rejected.issuperset(match.cves):
        return match
    return match._replace(verdict=CveVerdict.SUPPRESSED, rule="CVE", note="the CVE was rejected: it is no vulnerability")
