"""The history of one finding: every scan that saw it or did not, and what was done about it, newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from schouw.history.values import Change, ChangeKind, Life, Saw, Sight
from schouw.model.finding import Claim, Outcome
from schouw.views.ages import day, since
from schouw.views.segments import Line, wrap

MOST = 60
"""Lines."""

_SAW_ROLES = {Saw.SEEN: "open", Saw.GONE: "fixed", Saw.UNLOOKED: "unknown", Saw.UNREACHED: "error"}
_SCANS = {
    ChangeKind.OPENED: ("appeared", "new"),
    ChangeKind.REOPENED: ("came back", "regressed"),
    ChangeKind.FIXED: ("fixed", "fixed"),
    ChangeKind.RETRACTED: ("retracted", "dim"),
    ChangeKind.CONFIRMED: ("as claimed: fixed", "fixed"),
    ChangeKind.REFUTED: ("claimed, but not fixed", "error"),
}
_PEOPLE = {
    ChangeKind.ACCEPTED: "accepted it",
    ChangeKind.WITHDRAWN: "let it count again",
    ChangeKind.CLAIMED: "did something about it",
    ChangeKind.COMMENTED: "said",
    ChangeKind.ASSIGNED: "assigned it",
}


@dataclass(frozen=True, slots=True)
class _Entry:
    at: datetime
    text: str
    role: str


def story(life: Life, cells: int, now: datetime) -> list[Line]:
    """Scans that saw the same are one line, unless something happened between them."""
    lines: list[Line] = []
    for entry in _entries(life, now):
        stamp = f"{day(entry.at, now)} {entry.at.astimezone(now.tzinfo):%H:%M}"
        first, *rest = wrap(entry.text, max(8, cells - len(stamp) - 2))
        lines.append(((f"{stamp}  ", "dim"), (first, entry.role)))
        lines += [((" " * (len(stamp) + 2), "dim"), (piece, entry.role)) for piece in rest]
    return lines[:MOST]


def _entries(life: Life, now: datetime) -> Iterator[_Entry]:
    happened: Sequence[Sight | Change] = sorted([*life.sights, *life.journal], key=_newest_first, reverse=True)
    for kind, some in groupby(happened, key=_alike):
        group = list(some)
        if isinstance(kind, Change):
            yield _entry(kind)
        else:
            yield _scans([one for one in group if isinstance(one, Sight)], now)


def _newest_first(one: Sight | Change) -> tuple[datetime, bool, int]:
    """What a scan changed stands above the scan itself."""
    return one.at, isinstance(one, Change), one.id if isinstance(one, Change) else 0


def _alike(one: Sight | Change) -> object:
    return (one.saw, one.reason) if isinstance(one, Sight) else one


def _scans(group: Sequence[Sight], now: datetime) -> _Entry:
    newest, oldest = group[0], group[-1]
    words = newest.saw.value
    if len(group) > 1:
        words += f" by {len(group)} scans since {day(oldest.at, now)} {oldest.at.astimezone(now.tzinfo):%H:%M}"
    return _Entry(newest.at, f"{words}: {newest.reason}" if newest.reason else words, _SAW_ROLES[newest.saw])


def _entry(change: Change) -> _Entry:
    if change.kind in _SCANS:
        words, role = _SCANS[change.kind]
        return _Entry(change.at, f"{words}: {change.text}" if change.text else words, role)
    said = f": {change.text}" if change.text else ""
    if change.kind is ChangeKind.ASSIGNED:
        said = f" to {change.text}" if change.text else " to nobody"
    return _Entry(change.at, f"{change.by} {_PEOPLE[change.kind]}{said}", "accent")


def claim_words(claim: Claim, now: datetime) -> tuple[str, str]:
    """What was claimed and what came of it, and its role."""
    made = f"{claim.by}, {since(claim.at, now)} ago{f': {claim.note}' if claim.note else ''}"
    judged = f"{since(claim.judged_at, now)} ago" if claim.judged_at else ""
    match claim.outcome:
        case Outcome.WAITING:
            return f"{made}\nnot looked for since: scan to see whether it helped", "accent"
        case Outcome.FIXED:
            return f"{made}\nfixed: not seen any more, {judged}", "fixed"
        case Outcome.NOT_FIXED:
            return f"{made}\nnot fixed: still seen, {judged}", "error"
        case Outcome.CANNOT_TELL:
            return f"{made}\ncannot tell ({judged}): {claim.reason}", "unknown"
