"""What one address has not been told yet, and the message that says it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from schouw.history.values import ChangeKind, Happened, News, Standing
from schouw.model.host import Host
from schouw.model.notifier import Matter, Notifier
from schouw.model.severity import FindingState, HostState, Severity
from schouw.model.summary import Summary
from schouw.notify.ledger import Told
from schouw.text import line

MOST_LINES = 30
"""In one message; how many more there are is said."""

_KINDS = {ChangeKind.OPENED: Matter.NEW, ChangeKind.REOPENED: Matter.REGRESSED}
_SINCE = {
    FindingState.FIXED: "fixed since", FindingState.ACCEPTED: "accepted since", FindingState.PLANNED: "planned",
    FindingState.RETRACTED: "retracted since",
}  # fmt: skip

#: Chats read these as markup, as links and as a call to everybody; titles hold what servers said.
_PLAIN = str.maketrans({"<": "‹", ">": "›", "@": "＠", "[": "(", "]": ")", "`": "'", "*": "∗"})


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a message."""

    matter: Matter
    host: str
    text: str
    severity: Severity | None = None
    """None: it is about the host, not a finding."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be told at one address."""

    items: tuple[Item, ...]
    oldest: datetime | None
    """When the first of it happened; None where none of it is about a moment."""
    event: int
    standing: tuple[str, ...]
    """Both: for the ledger, once it was told."""


@dataclass(frozen=True, slots=True)
class Message:
    title: str
    body: str


def due(
    notifier: Notifier, told: Told, news: News, hosts: Mapping[str, Host], summaries: Mapping[str, Summary], now: datetime
) -> Due:
    """`hosts`: of the fleet; what is no longer in it is not told."""
    mine = {name for name, host in hosts.items() if host.enabled and (not notifier.groups or {*notifier.groups} & {*host.groups})}
    lasting = dict(_lasting(notifier, news, hosts, summaries, mine, now))
    fresh = [item for token, item in lasting.items() if token not in told.standing]
    # What is told as exploited need not be told as new too.
    exploited = {(one.host, one.key) for one in news.exploited} if Matter.EXPLOITED in notifier.about else set()
    happened = [
        one
        for one in news.happened
        if one.id > told.event
        and one.host in mine
        and _KINDS[one.kind] in notifier.about
        and one.severity.at_least(notifier.severity)
        and (one.host, one.key) not in exploited
    ]
    items = sorted([*fresh, *map(_item, happened)], key=_order)
    oldest = min((one.at for one in happened), default=None)
    # `last` alone: where another history has taken its place, the number begins afresh.
    return Due(tuple(items), oldest, news.last, tuple(sorted(lasting)))


def message(items: Collection[Item]) -> Message:
    """At most `MOST_LINES` lines; the title says how many there are of what."""
    counts = {matter: sum(item.matter is matter for item in items) for matter in Matter}
    title = "schouw: " + ", ".join(f"{count} {matter.value}" for matter, count in counts.items() if count)
    lines = [_line(item) for item in list(items)[:MOST_LINES]]
    if len(items) > MOST_LINES:
        lines.append(f"and {len(items) - MOST_LINES} more: schouw changes --since 1d")
    return Message(title, "\n".join(lines))


def _lasting(
    notifier: Notifier,
    news: News,
    hosts: Mapping[str, Host],
    summaries: Mapping[str, Summary],
    mine: Collection[str],
    now: datetime,
) -> Iterator[tuple[str, Item]]:
    """What is so now, each with a name that stays the same while it is."""
    for matter, those, note in (
        (Matter.EXPLOITED, news.exploited, ""),
        (Matter.OVERDUE, news.lapsed, "accepted until"),
        (Matter.OVERDUE, news.late, "to be fixed by"),
        (Matter.OVERDUE, news.overdue, "phase-out until"),
        (Matter.LAPSING, news.lapsing, "accepted until"),
    ):
        if matter in notifier.about:
            yield from _standing(matter, those, note, notifier, mine)
    if Matter.STALE in notifier.about:
        for name in sorted(mine):
            summary = summaries.get(name)
            if summary is not None and (text := _stale(summary, hosts[name].stale_after, now)):
                yield f"{Matter.STALE.value} {name}", Item(Matter.STALE, name, text)


def _standing(
    matter: Matter, those: Iterable[Standing], note: str, notifier: Notifier, mine: Collection[str]
) -> Iterator[tuple[str, Item]]:
    """`note`: what the moment since when it is so is; "" where it says nothing."""
    for one in those:
        if one.host in mine and one.severity.at_least(notifier.severity):
            words = f" ({note} {one.since:%Y-%m-%d})" if note else ""
            moment = f" {note} {one.since:%Y-%m-%dT%H:%M}" if note else ""
            yield f"{matter.value} {one.host} {one.key}{moment}", Item(matter, one.host, one.title + words, one.severity)


def _stale(summary: Summary, after: float, now: datetime) -> str:
    """In words why the host counts as not seen, "" where it does not. Only after a try that failed: a fleet that nobody
    looked at while this machine was off is not news."""
    if summary.state is not HostState.UNREACHABLE:
        return ""
    if summary.scanned_at is not None and (now - summary.scanned_at).total_seconds() <= after:
        return ""
    seen = f"not seen since {summary.scanned_at:%Y-%m-%d %H:%M} UTC" if summary.scanned_at else "never seen"
    return f"{seen}: {summary.error.removeprefix(f'{summary.name}: ')}"


def _item(one: Happened) -> Item:
    since = _SINCE.get(one.state, "")
    return Item(_KINDS[one.kind], one.host, one.title + (f" ({since})" if since else ""), one.severity)


def _order(item: Item) -> tuple[int, int, str, str]:
    return list(Matter).index(item.matter), item.severity.rank if item.severity else 0, item.host, item.text


def _line(item: Item) -> str:
    severity = f"{item.severity.value} " if item.severity else ""
    return line(f"{item.matter.value}: {item.host}: {severity}{item.text}".translate(_PLAIN))
