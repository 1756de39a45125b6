"""What no update closes, as one row of a list: folded away, counted, never dropped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from schouw.model.finding import TrackedFinding
from schouw.model.severity import Severity
from schouw.views.segments import Line, fit, pad, wrap

_UNFIXED = "vulns.package.unfixed"


@dataclass(frozen=True, slots=True)
class Folded:
    findings: tuple[TrackedFinding, ...]
    unfolded: bool
    """Whether its findings stand below it."""

    @property
    def words(self) -> str:
        cves = {cve for tracked in self.findings for cve in tracked.finding.cves}
        count = len(self.findings)
        return f"{count} {'package' if count == 1 else 'packages'} with {len(cves)} CVEs that no update closes"


def fold(findings: Iterable[TrackedFinding], unfolded: bool) -> list[TrackedFinding | Folded]:
    """In their order, those without a fix last. One that is exploited has something to be done, and stays where it is."""
    shown: list[TrackedFinding | Folded] = []
    folded: list[TrackedFinding] = []
    for tracked in findings:
        away = tracked.state.active and tracked.finding.check == _UNFIXED and tracked.finding.severity is Severity.INFO
        (folded if away else shown).append(tracked)
    if folded:
        shown.append(Folded(tuple(folded), unfolded))
    return [*shown, *folded] if unfolded else shown


def unfold(rows: Iterable[object]) -> list[TrackedFinding]:
    """Every finding of a list, once, folded away or not."""
    found: dict[str, TrackedFinding] = {}
    for row in rows:
        for tracked in row.findings if isinstance(row, Folded) else (row,) if isinstance(row, TrackedFinding) else ():
            found.setdefault(tracked.key, tracked)
    return list(found.values())


def folded_line(folded: Folded, cells: int, cursor: bool) -> Line:
    sign, key = ("▾", "enter folds") if folded.unfolded else ("▸", "enter shows")
    return fit(
        (
            ("▸" if cursor else " ", "accent"),
            (Severity.INFO.letter, Severity.INFO.value),
            (" vulns     ", "dim"),
            (pad(f"{sign} {folded.words}", cells - 25), "strong" if cursor else "text"),
            (f" {key}", "dim"),
        ),
        cells,
    )


def folded_detail(folded: Folded, cells: int) -> list[Line]:
    lines: list[Line] = [((piece, "strong"),) for piece in wrap(folded.words, cells)]
    lines += [(), *(((piece, "dim"),) for piece in wrap("Each has the tracker's own reason in its evidence.", cells)), ()]
    return [*lines, *(((piece, "text"),) for one in folded.findings for piece in wrap(one.finding.title, cells))]
