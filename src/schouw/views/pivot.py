"""Findings over the whole fleet: one row a kind of finding with the hosts it is on, worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from schouw.checks.catalogue import CATALOGUE
from schouw.history.values import Life
from schouw.model.finding import TrackedFinding
from schouw.model.severity import Area, FindingState, Severity
from schouw.views.detail import finding_detail
from schouw.views.findings import edge, state_words
from schouw.views.header import plural
from schouw.views.order import natural
from schouw.views.segments import Line, Segment, fit, labelled, pad, squeeze, width

ByHost = Mapping[str, Sequence[TrackedFinding]]

_HOST_CELLS = 20
_COUNT_CELLS = 12
_TAIL_CELLS = 11


@dataclass(frozen=True, slots=True)
class On:
    """A finding, and the host that it is on."""

    host: str
    tracked: TrackedFinding

    @property
    def key(self) -> str:
        return f"{self.host} {self.tracked.key}"


@dataclass(frozen=True, slots=True)
class Kind:
    """Everything that one check found on the fleet: what counts, worst first, then what is planned."""

    check: str
    on: tuple[On, ...]
    accepted: int = 0
    """How many of them somebody has accepted; they are not in `on`."""

    @property
    def key(self) -> str:
        return self.check

    @property
    def worst(self) -> TrackedFinding:
        return self.on[0].tracked

    @property
    def heading(self) -> str:
        """Without particulars; a check that this version does not know is called by its worst finding."""
        return CATALOGUE[self.check].kind if self.check in CATALOGUE else self.worst.finding.title

    @property
    def counts(self) -> Line:
        """ "H2 L1", of what counts."""
        sums = Counter(one.tracked.finding.severity for one in self.on if one.tracked.state.active)
        return tuple((f"{one.letter}{sums[one]} ", one.value) for one in Severity if sums[one])

    @property
    def severity(self) -> Severity:
        return self.worst.finding.severity

    @property
    def active(self) -> bool:
        return self.worst.state.active

    @property
    def area(self) -> Area:
        return self.worst.finding.area

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.host for one in self.on))


def kinds(found: ByHost, shown: Collection[str]) -> list[Kind]:
    """Of the hosts that are shown: the worst kinds first, among equals those on most hosts; last those all planned."""
    by_check: dict[str, list[On]] = {}
    accepted: Counter[str] = Counter()
    for host in shown:
        for tracked in found.get(host, ()):
            if tracked.state.active or tracked.state is FindingState.PLANNED:
                by_check.setdefault(tracked.finding.check, []).append(On(host, tracked))
            elif tracked.state is FindingState.ACCEPTED:
                accepted[tracked.finding.check] += 1
    made = [Kind(check, tuple(sorted(on, key=_worst_first)), accepted[check]) for check, on in by_check.items()]
    return sorted(made, key=lambda kind: (not kind.active, kind.severity.rank, -len(kind.hosts), kind.check))


def _worst_first(one: On) -> tuple[object, ...]:
    return not one.tracked.state.active, one.tracked.finding.severity.rank, natural(one.host), one.tracked.key


def kind_line(kind: Kind, cells: int, cursor: bool, marked: bool = False) -> Line:
    """How many of each severity, on how many hosts, and how many are overdue, new or planned."""
    room = cells - 13 - 1 - _COUNT_CELLS - 9 - _TAIL_CELLS
    return fit(
        (
            edge(cursor, marked),
            (kind.severity.letter, kind.severity.value if kind.active else "dim"),
            (f" {kind.area.value:<9} ", "dim"),
            (pad(kind.heading, room) + " ", "strong" if cursor else "text" if kind.active else "dim"),
            *fit(kind.counts, _COUNT_CELLS),
            (f"{plural(len(kind.hosts), 'host'):>9}", "strong" if cursor else "text"),
            _tail(kind),
        ),
        cells,
    )


def _tail(kind: Kind) -> Segment:
    states = Counter(one.tracked.state for one in kind.on)
    for count, word, role in (
        (states[FindingState.OVERDUE], "overdue", "regressed"),
        (states[FindingState.NEW] + states[FindingState.REGRESSED], "new", "new"),
        (states[FindingState.PLANNED], "planned", "accepted"),
    ):
        if count:
            return pad(f"{count:>2} {word}", _TAIL_CELLS), role
    return " " * _TAIL_CELLS, "text"


def host_cells(some: Iterable[On], most: int = 16) -> int:
    """Of a column of host names: as wide as the longest of them, but not wider than `most`."""
    return min(most, max((width(one.host) for one in some), default=0))


def on_line(one: On, cells: int, now: datetime, cursor: bool, marked: bool = False) -> Line:
    finding = one.tracked.finding
    state = state_words(one.tracked, now)
    host_cells = min(_HOST_CELLS, cells // 3)
    room = cells - host_cells - 16
    return fit(
        (
            edge(cursor, marked),
            (finding.severity.letter, finding.severity.value),
            (f" {pad(one.host, host_cells)} ", "strong"),
            (pad(squeeze(finding.title, room), room), "strong" if cursor else "text"),
            (f" {pad(state[0], 11)}", state[1]),
        ),
        cells,
    )


def kind_detail(kind: Kind, cells: int) -> list[Line]:
    """Where it is, why it matters, and how it is fixed on the worst of its hosts."""
    finding = kind.worst.finding
    lines: list[Line] = [((kind.heading, "strong"),), (*kind.counts, (kind.check, "dim")), ()]
    lines += labelled(f"On {plural(len(kind.hosts), 'host')}", ", ".join(kind.hosts), cells)
    if kind.accepted:
        lines += [((f"{kind.accepted} more accepted", "accepted"),), ()]
    lines += labelled("Why it matters", finding.why, cells)
    lines += labelled(f"On {kind.on[0].host}", finding.title, cells)
    lines += labelled("Fix there", finding.fix, cells, "code")
    return lines + (labelled("Who would notice", finding.impact, cells) if finding.impact else [])


def on_detail(one: On, cells: int, now: datetime, life: Life | None = None) -> list[Line]:
    return [((one.host, "title"),), *finding_detail(one.tracked, cells, now, life)]


def title_line(kind: Kind | None, some: Iterable[Kind], hosts: int, filter_text: str, cells: int, marked: str = "") -> Line:
    """Where one is, and how much there is; of which hosts, where not of all."""
    left: list[Segment] = [(" schouw › ", "dim"), ("findings", "title")]
    if kind is not None:
        many = f"   {plural(len(kind.on), 'finding')} on {plural(len(kind.hosts), 'host')}"
        left += [(" › ", "dim"), (kind.check, "title"), (many, "dim")]
    else:
        left.append((f"   {plural(len(list(some)), 'kind')} on {plural(hosts, 'host')}", "dim"))
    if marked:
        left += [("   ", "dim"), (f"of {marked}", "marked")]
    elif filter_text:
        left += [("   filter ", "dim"), (filter_text, "accent")]
    return fit(left, cells)
