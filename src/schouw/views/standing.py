"""How a phase-out stands: who is left, where, since when, at what pace, and whether it is really off. Plain values, no lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from schouw.checks.login_advice import hint
from schouw.checks.switched_off import Said, SwitchedOff, switched_off
from schouw.history.phaseouts import QUIET, Days, covered
from schouw.history.values import LastKnown
from schouw.model.daemons import DAEMONS
from schouw.model.facts import Facts
from schouw.model.logins import AccountUse, LoginClass, answer
from schouw.model.phaseout import Phaseout, What
from schouw.views.pace import Pace, pace, total

_SECTIONS = ("listeners", "logins", *DAEMONS)


class Fate(StrEnum):
    """What became of an account, those to write to first."""

    NEW = "new"
    """Seen for the first time since the phase-out began."""
    BACK = "came back"
    """After 30 quiet days, since it began."""
    LEFT = "left"
    KNOCKING = "knocking"
    """It is refused, and tries again and again."""
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Account:
    """One account on one host over one protocol. Personal data, for whoever asked for it."""

    host: str
    protocol: str
    account: str
    customer: str
    fate: Fate
    count: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """One host of a phase-out."""

    host: str
    left: Mapping[str, int]
    """Protocol → accounts."""
    accounts: int
    """Distinct ones, whatever they speak."""
    off: SwitchedOff
    at: datetime | None
    """When it was last seen."""
    untold: tuple[tuple[str, str], ...] = ()
    """(service, the lines to add) where the log does not tell what is counted, or (service, why) where it could not be read."""


@dataclass(frozen=True, slots=True)
class Standing:
    phaseout: Phaseout
    accounts: tuple[Account, ...]
    """By what became of them, the last seen first."""
    places: tuple[Place, ...]
    trend: tuple[tuple[date, int], ...]
    """Accounts left over all hosts, day by day."""
    pace: Pace | None
    """None: too early to tell."""

    @property
    def left(self) -> int:
        """Distinct accounts, each once a host whatever it speaks."""
        return len({(one.host, one.account) for one in self.accounts if one.fate in LEFT})

    @property
    def fates(self) -> Counter[Fate]:
        """Rows of accounts, not accounts: one that uses two protocols is two."""
        return Counter(one.fate for one in self.accounts)

    @property
    def by_protocol(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for place in self.places:
            found.update(place.left)
        return found

    @property
    def off(self) -> tuple[Place, ...]:
        return tuple(place for place in self.places if place.off.verified)

    @property
    def done(self) -> bool:
        return bool(self.places) and len(self.off) == len(self.places)


LEFT = (Fate.NEW, Fate.BACK, Fate.LEFT)


class Known(Protocol):
    """A history."""

    def phaseouts(self) -> tuple[Phaseout, ...]: ...
    def phaseout_days(self, name: str) -> Days: ...
    def account_uses(self, since: datetime) -> Mapping[str, Sequence[AccountUse]]: ...
    def last_known(self, names: Iterable[str], sections: Collection[str]) -> Sequence[LastKnown]: ...


Customers = Callable[[Iterable[str]], Mapping[str, str]]
"""Accounts → whose they are, where the panel of their host did not say."""


def standings(known: Known, now: datetime, customers: Customers | None = None) -> list[Standing]:
    """Of every phase-out: those that run by their day, then those that were stopped."""
    phaseouts = known.phaseouts()
    hosts = sorted({host for one in phaseouts for host in one.hosts})
    if not hosts:
        return []
    looks = {one.summary.name: one for one in known.last_known(hosts, _SECTIONS)}
    uses = known.account_uses(now - timedelta(days=3660))
    if customers is not None:
        uses = _with_customers(uses, hosts, customers)
    made = [_standing(one, looks, uses, known.phaseout_days(one.name), now) for one in phaseouts]
    return sorted(made, key=lambda one: (not one.phaseout.running, one.phaseout.until, one.phaseout.name))


def _with_customers(
    uses: Mapping[str, Sequence[AccountUse]], hosts: Sequence[str], customers: Customers
) -> dict[str, list[AccountUse]]:
    mine = {host: list(uses.get(host, ())) for host in hosts}
    known = customers(use.account for some in mine.values() for use in some if not use.customer)
    return {
        host: [replace(use, customer=use.customer or known.get(use.account, "")) for use in some] for host, some in mine.items()
    }


def _standing(
    phaseout: Phaseout, looks: Mapping[str, LastKnown], uses: Mapping[str, Sequence[AccountUse]], days: Days, now: datetime
) -> Standing:
    accounts: list[Account] = []
    places = []
    for host in phaseout.hosts:
        look, mine = looks.get(host), list(uses.get(host, ()))
        off = _off(phaseout, look.facts if look else None)
        rows = list(_accounts(phaseout, host, mine, off.verified, now))
        accounts += rows
        still = [row for row in rows if row.fate in LEFT]
        left = Counter(row.protocol for row in still)
        untold = tuple(_untold(phaseout, look.facts if look else None, mine, now))
        places.append(
            Place(host, left, len({row.account for row in still}), off, look.summary.scanned_at if look else None, untold)
        )
    order = list(Fate)
    accounts.sort(key=lambda one: (order.index(one.fate), -one.last.timestamp(), one.account, one.protocol))
    trend = total(days, now.date())
    return Standing(phaseout, tuple(accounts), tuple(places), trend, pace(trend))


def _off(phaseout: Phaseout, facts: Facts | None) -> SwitchedOff:
    if facts is None:
        return SwitchedOff(Said(None, "never scanned"), Said(None, "never scanned"))
    return switched_off(phaseout.what, phaseout.protocols, facts)


def _accounts(phaseout: Phaseout, host: str, uses: Sequence[AccountUse], off: bool, now: datetime) -> Iterable[Account]:
    """One row an account and protocol: of several services, classes and versions, all that ends is one."""
    refused = _merged(
        use for use in uses if use.kind is LoginClass.REFUSED and use.account and use.protocol in phaseout.protocols
    )
    insecure = _merged(covered(phaseout, uses))
    for key in sorted(insecure.keys() | refused.keys()):
        use, tried = insecure.get(key), refused.get(key)
        knocks = tried is not None and phaseout.what is not What.OLD_TLS and tried.last > now - QUIET
        if tried is not None and knocks and (use is None or tried.last >= use.last):
            yield _row(host, tried, Fate.KNOCKING)
        elif use is not None:
            yield _row(host, use, _fate(phaseout, use, off, now))


def _merged(uses: Iterable[AccountUse]) -> dict[tuple[str, str], AccountUse]:
    found: dict[tuple[str, str], AccountUse] = {}
    for use in uses:
        key = use.account, use.protocol
        known = found.get(key)
        found[key] = use if known is None else _both(known, use)
    return found


def _both(one: AccountUse, other: AccountUse) -> AccountUse:
    first, last = min(one.first, other.first), max(one.last, other.last)
    returned = max((at for at in (one.returned, other.returned) if at is not None), default=None)
    customer = one.customer or other.customer
    return replace(one, count=one.count + other.count, first=first, last=last, customer=customer, returned=returned)


def _fate(phaseout: Phaseout, use: AccountUse, off: bool, now: datetime) -> Fate:
    if off or use.last <= now - QUIET:
        return Fate.GONE
    if use.returned is not None and use.returned >= phaseout.begins:
        return Fate.BACK
    return Fate.NEW if use.first > phaseout.begins else Fate.LEFT


def _row(host: str, use: AccountUse, fate: Fate) -> Account:
    return Account(host, use.protocol, use.account, use.customer, fate, use.count, use.first, use.last)


def _untold(phaseout: Phaseout, facts: Facts | None, uses: Sequence[AccountUse], now: datetime) -> Iterable[tuple[str, str]]:
    """Where nobody seen does not mean nobody there."""
    inside = facts.inside.result if facts is not None else None
    logins = inside.logins.result if inside is not None else None
    if logins is None or phaseout.what is What.ALL:
        return
    for service in logins.services:
        those = [use for use in uses if use.service == service.name and use.protocol in phaseout.protocols]
        if service.lacking:
            yield service.name, service.lacking
        elif lately := [use for use in those if use.last > now - QUIET]:
            told = answer(lately)
            if not told.tellable or (phaseout.what is What.OLD_TLS and not told.versions):
                yield (
                    service.name,
                    hint(service.name, service.version, told.tellable, told.versions) or "it has no setting for it",
                )
