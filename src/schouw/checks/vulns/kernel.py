"""The kernel that runs: what a reboot closes (KRN-4)."""

from __future__ import annotations

from collections.abc import Iterator

from schouw.checks.base import Case, Found, Unsure, check
from schouw.checks.vulns import needs, words
from schouw.checks.vulns.urgency import counted, urgency
from schouw.model.finding import Evidence
from schouw.model.vulnerability import Judged, Knowledge, RunningKernel
from schouw.vulnerabilities.exposure import exposed, reach


@check("vulns.kernel.reboot", needs.kernel)
def reboot(case: Case, found: tuple[Knowledge, RunningKernel]) -> Iterator[Found | Unsure]:
    known, running = found
    if not running.closes:
        return
    cves = words.by_name(running.closes)
    judged = Judged(running.package, running.version, (running.package,), "", ())
    how_soon = urgency(cves, known, exposed(reach(case.facts, case.rows), judged, kernel=True))
    yield Found(
        evidence=Evidence(
            inside=f"runs {running.package} {running.version} (uname -r: {running.release}); installed: {running.newest} [KRN-4]"
        ),
        fix=words.REBOOT,
        variant=how_soon.variant,
        words={"installed": running.newest, "count": counted(cves, how_soon.exploited)},
        because=how_soon.because,
        cves=cves,
        deadlines=how_soon.deadlines,
        exploited=how_soon.exploited > 0,
    )
