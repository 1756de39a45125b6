"""The host screen as plain values: its tabs, what stands in each, and the lines around them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from schouw.history.values import Life
from schouw.model.facts import Facts, Privilege
from schouw.model.finding import Claim, NotChecked, Outcome, TrackedFinding
from schouw.model.host import Host
from schouw.model.severity import Area, FindingState, HostState
from schouw.model.summary import Summary
from schouw.model.trend import DayCount
from schouw.views import endpoints, offers, tabs
from schouw.views.detail import finding_detail, lacking_detail
from schouw.views.endpoint_detail import endpoint_detail
from schouw.views.endpoints import EndpointRow
from schouw.views.findings import arrange, finding_row, tallies
from schouw.views.folding import Folded, fold, folded_detail, folded_line
from schouw.views.offers import OfferRow
from schouw.views.segments import Line, Segment, fit, line_width, pad, spread, wrap
from schouw.views.status import Row, badge, judged_by, system, trouble, when
from schouw.views.trends import host_line

Item = TrackedFinding | Folded | NotChecked | EndpointRow | OfferRow
"""A row of a list: a finding, those without a fix, a check that could not be made, a TLS endpoint, or what a service says
before TLS."""


@dataclass(frozen=True, slots=True)
class Tab:
    id: str
    area: Area | None = None
    is_text: bool = False


ALL = Tab("all")
TLS = Tab("tls")
SSH = Tab("ssh", is_text=True)
MAIL = Tab("mail and ftp")
TABS = (
    ALL,
    *(Tab(area.value, area) for area in Area),
    Tab("listening", is_text=True),
    TLS,
    SSH,
    MAIL,
    *(Tab(name, is_text=True) for name in ("packages", "not checked", "scans", "raw")),
)
_KEYS = "1234567890"
_SHORT = {"software": "softw", "hardening": "harden", "listening": "listen", "mail and ftp": "mail", "not checked": "unchecked"}


def key(item: Item) -> str:
    match item:
        case NotChecked():
            return f"? {item.check} {item.subject}"
        case Folded():
            return "folded"
        case _:
            return item.key


def word(item: Item | None) -> str:
    """What a screen of its own is about."""
    return "endpoint" if isinstance(item, EndpointRow | OfferRow) else "finding"


def items(
    tab: Tab,
    findings: Iterable[TrackedFinding],
    lacking: Iterable[NotChecked],
    just_fixed: frozenset[str],
    facts: Facts | None = None,
    host: Host | None = None,
    unfolded: bool = False,
) -> list[Item]:
    """Findings, then (in the tab of an area) what of that area could not be looked at; the endpoints in their tab."""
    if tab is TLS:
        return [*endpoints.rows(facts, host)] if host else []
    if tab is MAIL:
        return [*offers.rows(facts)]
    shown: list[Item] = [*fold(arrange(findings, just_fixed, tab.area), unfolded)]
    if tab.area is None:
        return shown
    missed = [item for item in lacking if item.check.startswith(f"{tab.area}.") and not item.unasked]
    return [*shown, *sorted(missed, key=lambda item: (item.check, item.subject))]


def nothing(tab: Tab, lacking: Sequence[NotChecked], summary: Summary, facts: Facts | None = None) -> Line:
    if summary.scanned_at is None:
        return ((" ? never seen: press r to scan it", "unknown"),)
    if tab in (TLS, MAIL):
        if facts is not None and facts.outside.result is None:
            return ((f" ? not looked at from outside: {facts.outside.reason}", "unknown"),)
        return ((f" – no {'TLS endpoint' if tab is TLS else 'mail or FTP service'} is known on this host", "dim"),)
    if tab.area is None and (missed := sum(not item.unasked for item in lacking)):
        return ((f" ? nothing found, but {missed} checks could not be made: see the tab “not checked”", "unknown"),)
    return ((" ✓ looked at, nothing found", "ok"),)


def item_line(item: Item, cells: int, now: datetime, cursor: bool, marked: bool = False) -> Line:
    if isinstance(item, TrackedFinding):
        return finding_row(item, cells, now, cursor, marked)
    if isinstance(item, Folded):
        return folded_line(item, cells, cursor)
    if isinstance(item, EndpointRow):
        return endpoints.endpoint_line(item, cells, now, cursor)
    if isinstance(item, OfferRow):
        return offers.offer_line(item, cells, now, cursor)
    area, _, check = item.check.partition(".")
    return fit(
        (
            ("▸" if cursor else " ", "accent"),
            ("?", "unknown"),
            (f" {area:<9} ", "dim"),
            (pad(f"{check} {item.subject}".strip(), cells - 26), "unknown"),
            (" not checked", "unknown"),
        ),
        cells,
    )


def item_detail(
    item: Item | None, lacking: Sequence[NotChecked], cells: int, now: datetime, life: Life | None = None
) -> list[Line]:
    if isinstance(item, TrackedFinding):
        return finding_detail(item, cells, now, life)
    if isinstance(item, Folded):
        return folded_detail(item, cells)
    if isinstance(item, EndpointRow):
        return endpoint_detail(item, cells, now)
    if isinstance(item, OfferRow):
        return offers.offer_detail(item, cells, now)
    if isinstance(item, NotChecked):
        lines: list[Line] = [(("Not checked", "unknown"),), ()]
        lines += [((piece, "strong"),) for piece in wrap(item.reason, cells)]
        return [*lines, (), ((f"{item.check} {item.subject}".strip(), "dim"),)]
    return lacking_detail(lacking, cells) if lacking else []


def text(
    tab: Tab,
    facts: Facts | None,
    lacking: Sequence[NotChecked],
    log: Sequence[tabs.Scan],
    host: Host,
    cells: int,
    now: datetime,
    days: Sequence[DayCount] = (),
) -> list[Line]:
    match tab.id:
        case "listening":
            return tabs.ports(facts, host, cells, now)
        case "packages":
            return tabs.packages(facts, cells)
        case "ssh":
            return tabs.ssh(facts, cells)
        case "not checked":
            return lacking_detail(lacking, cells)
        case "scans":
            bars = host_line(days, host.name, now.astimezone(UTC).date())
            return [*([bars, ()] if bars else []), *tabs.scans(log, now, cells)]
        case _:
            return tabs.raw(facts, cells)


# -- the lines around ------------------------------------------------------------------------------


def title_line(row: Row, facts: Facts | None, now: datetime, cells: int, demo: bool) -> Line:
    inside = facts.inside.result if facts else None
    words = [system(row.summary) or "system not yet known"]
    if inside and inside.kernel.result:
        words.append(f"kernel {inside.kernel.result.running}")
    if inside and inside.identity.result:
        identity = inside.identity.result
        who = {Privilege.ROOT: "as root", Privilege.SUDO: "root via sudo", Privilege.NONE: f"as {identity.user}, unprivileged"}
        words.append(who[identity.privilege])
        if identity.hostname and identity.hostname.partition(".")[0] != row.name.partition(".")[0]:
            words.append(f"calls itself {identity.hostname}")
    letter, role = badge(row, now)
    state, state_role = when(row, now)
    right: tuple[Segment, ...] = ((f" {state}  ", state_role), (f"{letter} ", role))
    if demo:
        right = ((" DEMO ", "running"), *right)
    left = ((" schouw › ", "dim"), (row.name, "title"), ("   ", "text"), (" · ".join(words), "dim"))
    return spread(left, right, cells)


def tab_lines(tab: Tab, findings: Iterable[TrackedFinding], lacking: Sequence[NotChecked], cells: int) -> list[Line]:
    """Two lines: the areas with their counts, and the further tabs; names are shortened where they must."""
    counts = _counts(findings, lacking)
    lines = []
    for further in (False, True):
        shown = [(index, tab) for index, tab in enumerate(TABS) if (tab.area is None and tab is not ALL) is further]
        for gap, names in (("  ", {}), (" ", {}), (" ", _SHORT)):
            line = [
                segment
                for index, one in shown
                for segment in _tab(index, one, names.get(one.id, one.id), counts[one], one is tab, gap)
            ]
            if line_width(line) <= cells:
                break
        lines.append(fit(line, cells))
    return lines


def _counts(findings: Iterable[TrackedFinding], lacking: Sequence[NotChecked]) -> dict[Tab, str]:
    """What stands beside a tab's name: findings that count, with "?" where not all could be looked at."""
    active = tallies(findings)
    counts = dict.fromkeys(TABS, "")
    counts[ALL] = str(active[None])
    for tab in TABS:
        if tab.area is not None:
            missed = any(item.check.startswith(f"{tab.area}.") and not item.unasked for item in lacking)
            counts[tab] = f"{active[tab.area] or ''}?" if missed else str(active[tab.area])
        elif tab.id == "not checked":
            counts[tab] = str(sum(not item.unasked for item in lacking))
    return counts


def _tab(index: int, tab: Tab, name: str, count: str, current: bool, gap: str) -> list[Segment]:
    left, right = ("[", "]") if current else (" ", gap[1:] or "") if len(gap) > 1 else (" ", "")
    digit = f"{_KEYS[index]} " if index < len(_KEYS) else ""
    role = "title" if current else "text"
    count_role = "unknown" if "?" in count or (tab.id == "not checked" and count != "0") else "strong" if current else "dim"
    return [
        (left, role),
        (digit, role if current else "key"),
        (name, role),
        (f" {count}" if count else "", count_role),
        (right, role),
    ]


def status(row: Row, findings: Sequence[TrackedFinding], engine: str, now: datetime) -> Line:
    if engine:
        return ((f" {engine}", "error"),)
    if row.summary.state in (HostState.UNREACHABLE, HostState.PARTIAL) and row.summary.error:
        role = "error" if row.summary.state is HostState.UNREACHABLE else "unknown"
        return ((f" {row.summary.error_class or row.summary.state.value}: {trouble(row)}", role),)
    quiet = (FindingState.PLANNED, FindingState.ACCEPTED)
    counted = ((sum(tracked.state is state for tracked in findings), state.value) for state in quiet)
    return (("".join(f" {count} {word} ·" for count, word in counted if count), "dim"), judged_by(row.summary, now))


def outcome(before: Iterable[TrackedFinding], after: Iterable[TrackedFinding], summary: Summary) -> Segment:
    """What a rescan came to, in one line."""
    if summary.state is HostState.UNREACHABLE:
        return f"not scanned: {summary.error}", "error"
    before = list(before)
    states = {tracked.key: tracked.state for tracked in before}
    claims = {tracked.key: tracked.claim for tracked in before}
    fixed = came = back = stay = retracted = 0
    after = list(after)
    for tracked in after:
        earlier = states.get(tracked.key)
        if tracked.state is FindingState.FIXED:
            fixed += earlier is not None and earlier is not FindingState.FIXED
        elif tracked.state is FindingState.RETRACTED:
            retracted += earlier is not None and not earlier.ended
        elif earlier is FindingState.FIXED:
            back += 1
        elif earlier is None or earlier is FindingState.RETRACTED:
            came += 1
        else:
            stay += tracked.state.active
    refuted = sum(_refuted(tracked, claims.get(tracked.key)) for tracked in after)
    words = [
        f"{fixed} fixed" if fixed else "nothing fixed",
        *([f"{refuted} claimed but not fixed"] if refuted else []),
        *([f"{came} new"] if came else []),
        *([f"{back} came back"] if back else []),
        *([f"{retracted} retracted"] if retracted else []),
    ]
    return (
        f"rescanned: {', '.join(words)}, {stay} stay",
        "fixed" if fixed and not came and not back and not refuted else "regressed" if back or refuted else "accent",
    )


def _refuted(tracked: TrackedFinding, before: Claim | None) -> bool:
    claim = tracked.claim
    return claim is not None and claim.outcome is Outcome.NOT_FIXED and claim != before
