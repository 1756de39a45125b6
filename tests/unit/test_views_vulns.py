"""Known vulnerabilities on the screen: by when, what is folded away, how old the data is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from schouw.model.basis import Basis, Deadline
from schouw.model.finding import Evidence, Finding, TrackedFinding
from schouw.model.severity import Area, FindingState, Severity
from schouw.views import hostpage
from schouw.views.detail import finding_detail
from schouw.views.due import due_line, due_word
from schouw.views.findings import finding_row, state_words
from schouw.views.folding import Folded, unfold
from schouw.views.segments import plain
from schouw.views.status import judged_by
from tests.tui.fleet import NOW, SOME, summary


def unfixed(package: str, *cves: str, severity: Severity = Severity.INFO) -> TrackedFinding:
    title = f"{package} 1: {len(cves)} CVEs without a fix"
    finding = Finding("vulns.package.unfixed", Area.VULNS, severity, title, package, Evidence(), "", "", cves=cves)
    return TrackedFinding(finding, FindingState.OPEN, NOW - timedelta(days=2), NOW)


def fixable(days: int, state: FindingState = FindingState.OPEN) -> TrackedFinding:
    finding = Finding(
        "vulns.package.fixable", Area.VULNS, Severity.HIGH, "openssl 1 → 2 closes 9 CVEs", "openssl", Evidence(), "", "",
        deadlines=(Deadline(days),),
    )  # fmt: skip
    return TrackedFinding(finding, state, NOW - timedelta(days=2), NOW)


@pytest.mark.parametrize(
    ("days", "word", "line"),
    [
        (5, "due 3d", "27 Nov, in 3 days"),
        (3, "due 1d", "25 Nov, in 1 day"),
        (2, "due today", "24 Nov, today"),
        (0, "late 2d", "22 Nov, 2 days ago"),
    ],
)
def test_by_when_it_has_to_be_fixed(days: int, word: str, line: str) -> None:
    tracked = fixable(days)
    assert due_word(tracked, NOW)[0] == word and due_line(tracked, NOW) == line
    assert word in plain(finding_row(tracked, 100, NOW))
    assert line in "\n".join(plain(one) for one in finding_detail(tracked, 80, NOW))


def test_what_does_not_count_is_due_on_no_day() -> None:
    for state in (FindingState.FIXED, FindingState.ACCEPTED, FindingState.RETRACTED):
        assert due_word(fixable(0, state), NOW)[0] == ""


def test_retracted_is_said_as_such() -> None:
    gone = replace(fixable(3, FindingState.RETRACTED), fixed_at=NOW - timedelta(hours=1))
    assert state_words(gone, NOW)[0] == "– retracted"
    text = " ".join(plain(one).strip() for one in finding_detail(gone, 80, NOW))
    assert "retracted 1h ago: the vulnerability data says so no longer, nothing was fixed" in text
    assert hostpage.items(hostpage.ALL, [gone], (), frozenset()) == []


def test_what_no_update_closes_is_folded_and_counted() -> None:
    findings = [*SOME, unfixed("zlib", "CVE-2030-1", "CVE-2030-2"), unfixed("bash", "CVE-2030-1")]
    items = hostpage.items(hostpage.ALL, findings, (), frozenset())
    (folded,) = [item for item in items if isinstance(item, Folded)]
    assert folded.words == "2 packages with 2 CVEs that no update closes"
    assert len(items) == len(hostpage.items(hostpage.ALL, SOME, (), frozenset())) + 1
    shown = hostpage.items(hostpage.ALL, findings, (), frozenset(), unfolded=True)
    assert len(shown) == len(items) + 2
    assert {one.key for one in unfold(items)} == {one.key for one in unfold(shown)} >= {one.key for one in findings[-2:]}


def test_an_exploited_one_is_never_folded_away() -> None:
    items = hostpage.items(hostpage.ALL, [unfixed("zlib", "CVE-2030-1", severity=Severity.HIGH)], (), frozenset())
    assert [type(item) for item in items] == [TrackedFinding]


def test_it_is_said_by_how_old_data_a_host_was_judged() -> None:
    day = date(2026, 11, 20)
    old = summary("x", basis=Basis("debian:12", "f", day, day + timedelta(days=2)))
    assert judged_by(old, NOW) == (" vulnerability data of 2026-11-20, which is old: run `schouw db update`", "stale")
    assert judged_by(summary("x"), NOW)[0] == " vulnerability data of 2026-11-23"
    assert judged_by(summary("x", basis=None), NOW)[1] == "unknown"
    assert judged_by(summary("x", basis=Basis("", "f")), NOW)[1] == "unknown"
