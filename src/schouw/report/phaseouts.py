"""Phase-outs for whoever asked: how they stand, and the list for a mailing. Client addresses were never read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from schouw.report import rows as listing
from schouw.report.contents import one_line, rfc3339
from schouw.report.planned import COLUMNS, figures
from schouw.report.spreadsheet import row
from schouw.views.phaseouts import off_words, verdict, what
from schouw.views.standing import LEFT, Account, Fate, Place, Standing

SCHEMA = "schouw.phaseouts/1"
MAILING = ("customer", "account", "protocol", "last_seen", "host", "state")
WANTED = (*LEFT, Fate.KNOCKING)
"""Whom to write to."""


def summaries(some: Sequence[Standing], format: str, now: datetime) -> Iterator[str]:
    """All of them, a row each; numbers only."""
    if format == "json":
        yield _json({"phaseouts": [_object(one, now) for one in some]})
    elif not some:
        yield "nothing is being phased out; begin with: schouw phaseout start NAME --what plaintext --protocol ftp --until DATE\n"
    else:
        yield from listing.render([figures(one, now) for one in some], COLUMNS, "table", {})


def whole(one: Standing, format: str, now: datetime) -> Iterator[str]:
    """One of them with its hosts, its trend and its accounts."""
    if format == "json":
        yield _json({**_object(one, now), "accounts": [_account(account) for account in one.accounts]})
        return
    yield f"{one.phaseout.name}: {what(one.phaseout)}, until {_day(one.phaseout.until)}\n{verdict(one, now)[0]}\n"
    fates = one.fates
    said = [f"{fates[fate]} {fate.value}" for fate in (Fate.NEW, Fate.BACK, Fate.KNOCKING, Fate.GONE) if fates[fate]]
    yield f"{', '.join([f'{one.left} left', *said])}\n\n"
    protocols = [protocol for protocol in one.phaseout.protocols if one.by_protocol[protocol]] or list(one.phaseout.protocols)
    rows = [_place_row(place, protocols) for place in one.places]
    yield from listing.table(rows, ("host", *protocols, "really_off"))
    for place in one.places:
        for service, lacking in place.untold:
            yield f"\n{place.host}: not all is told by {service}; add, or see to:\n"
            yield from (f"  {text}\n" for text in lacking.split("\n"))
    if one.accounts:
        yield "\n"
        yield from listing.table([_mailing(account) for account in one.accounts], ("state", *MAILING[:-1]))


def mailing(accounts: Iterable[Account], format: str) -> Iterator[str]:
    """One row an account, host and protocol; cells that a spreadsheet would run are made text."""
    those = list(accounts)
    if format == "json":
        yield _json({"accounts": [_account(one) for one in those]})
        return
    yield row(MAILING)
    for one in those:
        cells = _mailing(one)
        yield row(cells[column] for column in MAILING)


def _place_row(place: Place, protocols: Sequence[str]) -> listing.Row:
    counts = {protocol: str(place.left.get(protocol, 0)) for protocol in protocols}
    return {"host": place.host, **counts, "really_off": one_line(off_words(place)[0])}


def _mailing(one: Account) -> listing.Row:
    return {
        "customer": one.customer,
        "account": one.account,
        "protocol": one.protocol,
        "last_seen": _day(one.last),
        "host": one.host,
        "state": one.fate.value,
    }


def _object(one: Standing, now: datetime) -> dict[str, object]:
    phaseout = one.phaseout
    return {
        "name": phaseout.name,
        "what": phaseout.what.value,
        "protocols": list(phaseout.protocols),
        "begins": rfc3339(phaseout.begins),
        "until": rfc3339(phaseout.until),
        "by": phaseout.by,
        "ended_at": rfc3339(phaseout.ended_at) if phaseout.ended_at else None,
        "stands": verdict(one, now)[0],
        "left": one.left,
        "left_by_protocol": dict(one.by_protocol),
        "zero_at_this_pace": str(one.pace.zero) if one.pace and one.pace.zero else None,
        "states": {fate.value: one.fates[fate] for fate in Fate},
        "hosts": [_place(place) for place in one.places],
        "trend": [{"day": str(day), "left": count} for day, count in one.trend],
    }


def _place(place: Place) -> dict[str, object]:
    return {
        "host": place.host,
        "left": dict(place.left),
        "seen_at": rfc3339(place.at) if place.at else None,
        "off": {
            "verified": place.off.verified,
            "outside": place.off.outside.off,
            "outside_words": place.off.outside.words,
            "inside": place.off.inside.off,
            "inside_words": place.off.inside.words,
        },
        "not_told": [{"service": service, "lacking": lacking} for service, lacking in place.untold],
    }


def _account(one: Account) -> dict[str, object]:
    return {
        "customer": one.customer or None,
        "account": one.account,
        "host": one.host,
        "protocol": one.protocol,
        "state": one.fate.value,
        "logins": one.count,
        "first_seen": rfc3339(one.first),
        "last_seen": rfc3339(one.last),
    }


def _json(value: dict[str, object]) -> str:
    return json.dumps({"schema": SCHEMA, **value}, indent=2, ensure_ascii=True) + "\n"


def _day(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d}"
