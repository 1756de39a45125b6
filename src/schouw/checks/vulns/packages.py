"""Vulnerable packages: which update closes what, and what no update closes."""

from __future__ import annotations

from collections.abc import Iterator

from schouw.checks.advice import plural
from schouw.checks.base import Case, Found, Unsure, check
from schouw.checks.vulns import needs, words
from schouw.checks.vulns.affected import Affected, ByCve, affected, newest, without_reboot
from schouw.checks.vulns.urgency import Urgency, counted, urgency
from schouw.model.finding import Evidence
from schouw.model.vulnerability import Assessment, Knowledge
from schouw.vulnerabilities.exposure import Reach, exposed, reach
from schouw.vulnerabilities.versions import Kind

EXPLOITED = "exploited"


@check("vulns.package.fixable", needs.known)
def fixable(case: Case, known: Knowledge) -> Iterator[Found | Unsure]:
    seen = reach(case.facts, case.rows)
    for one in affected(known.assessment):
        if fixes := without_reboot(one, known.assessment.kernel):
            yield _fixable(case, known, one, fixes, seen)
        if one.paid:
            yield _paid(case, known, one, seen)
        yield from (Unsure(why, one.source) for why in one.doubts)


def _fixable(case: Case, known: Knowledge, one: Affected, fixes: ByCve, seen: Reach) -> Found:
    kernel = _runs(one, known.assessment)
    fix = words.upgrade_kernel(case) if kernel else words.upgrade(case, one.packages)
    return _closed(known, one, fixes, _urgency(one, fixes, known, seen), one.source, fix, "")


def _paid(case: Case, known: Knowledge, one: Affected, seen: Reach) -> Found:
    """A fix that the host does not get as it is; a finding of its own, which no `apt-get` closes."""
    what = ", ".join(sorted({match.needs for match in one.paid.values()}))
    fix = f"pro attach TOKEN     # {what}\n{words.upgrade(case, one.packages)}"
    how_soon = _urgency(one, one.paid, known, seen)
    return _closed(known, one, one.paid, how_soon, f"{one.source} (Ubuntu Pro)", fix, f" with {what}")


def _closed(known: Knowledge, one: Affected, fixes: ByCve, how_soon: Urgency, subject: str, fix: str, condition: str) -> Found:
    cves, kind = words.by_name(fixes), _kind(known.assessment)
    fixed = newest((match.fixed for match in fixes.values()), kind)
    closes = f"closes {counted(cves, how_soon.exploited)}" if cves else "is a security update"
    return Found(
        subject=subject,
        evidence=Evidence(inside=words.evidence(one, fixes, kind)),
        fix=fix,
        variant=how_soon.variant,
        words={"name": one.source, "installed": one.installed(cves), "fixed": fixed, "closes": closes + condition},
        because=how_soon.because,
        cves=cves,
        deadlines=how_soon.deadlines,
        exploited=how_soon.exploited > 0,
        references=words.references(one.source, fixes, known.assessment.release),
    )


@check("vulns.package.unfixed", needs.known)
def unfixed(case: Case, known: Knowledge) -> Iterator[Found | Unsure]:
    seen = reach(case.facts, case.rows)
    for one in affected(known.assessment):
        matches = one.unfixed | one.undetermined
        if matches:
            yield _unfixed(known, one, matches, _urgency(one, one.unfixed, known, seen) if one.unfixed else None)
        if one.unsupported:
            yield Unsure(one.unsupported, one.source)
        # `fixable` says it too; what is not known closes nothing here either.
        yield from (Unsure(why, one.source, unasked=True) for why in one.doubts)
    if limit := known.assessment.gap or known.assessment.limit:
        yield Unsure(limit, unasked=True)


def _unfixed(known: Knowledge, one: Affected, matches: ByCve, how_soon: Urgency | None) -> Found:
    cves = words.by_name(matches)
    count = plural(len(one.unfixed), "CVE") + " without a fix" if one.unfixed else ""
    if one.undetermined:
        count += (", " if count else "") + f"{plural(len(one.undetermined), 'CVE')} not yet looked at"
    bad = how_soon is not None and how_soon.exploited > 0
    return Found(
        subject=one.source,
        evidence=Evidence(inside=words.reasons(one, matches)),
        fix=f"no update closes it: shield or stop what uses {one.source}, or remove it" if bad else "",
        variant=EXPLOITED if bad else "",
        words={
            "name": one.source,
            "installed": one.installed(cves),
            "count": count + (f", {how_soon.exploited} exploited" if bad and how_soon else ""),
            "names": words.states(one.unfixed) or "undetermined",
        },
        because=how_soon.because if bad and how_soon else "",
        cves=cves,
        deadlines=how_soon.deadlines if bad and how_soon else (),
        exploited=bad,
        references=words.references(one.source, {}, known.assessment.release),
    )


def _urgency(one: Affected, cves: ByCve, known: Knowledge, seen: Reach) -> Urgency:
    kernel = _runs(one, known.assessment)
    told = {exposed(seen, judged, kernel) for judged in one.judged}
    reached = True if True in told else None if None in told else False
    return urgency(tuple(filter(None, cves)), known, reached)


def _runs(one: Affected, assessment: Assessment) -> bool:
    """Whether it is the kernel that runs."""
    kernel = assessment.kernel
    return kernel is not None and any(kernel.package in judged.packages for judged in one.judged)


def _kind(assessment: Assessment) -> Kind:
    return "deb" if assessment.release.startswith(("debian:", "ubuntu:")) else "rpm"
