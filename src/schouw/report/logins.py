"""Who logs in how, for whoever asked for the names: table, JSON and CSV. Client addresses were never read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from schouw.checks.login_advice import hint
from schouw.model.logins import AccountUse, Answer, LoginClass, answer
from schouw.report.spreadsheet import row
from schouw.text import line

SCHEMA = "schouw.logins/1"

COLUMNS = ("host", "service", "protocol", "class", "tls_version", "account", "customer", "count", "first_seen", "last_seen")

_WORDS = {
    LoginClass.PLAINTEXT: "in plaintext",
    LoginClass.OLD_TLS: "with TLS 1.1 or older",
    LoginClass.TLS: "with TLS",
    LoginClass.LOCAL: "from the host itself",
    LoginClass.REFUSED: "refused",
    LoginClass.UNKNOWN: "of which it cannot be told",
}


@dataclass(frozen=True, slots=True)
class ServiceLogins:
    """One service on one host ("" for files at hand): who logged in how, and whether that is all."""

    host: str
    service: str
    answer: Answer
    hint: str
    """The lines that would make its log tell more, "" where it tells all."""
    lacking: str
    """Why its log could not be read, "" where it could."""
    uses: tuple[AccountUse, ...]


def by_service(
    uses: Iterable[AccountUse], releases: Mapping[str, str], host: str = "", lacking: Mapping[str, str] | None = None
) -> tuple[ServiceLogins, ...]:
    """`releases`: of every service that there is, also of those without logins; "" where it is not known."""
    found: dict[str, list[AccountUse]] = {service: [] for service in releases}
    for use in uses:
        found.setdefault(use.service, []).append(use)
    return tuple(
        _service(host, name, those, releases.get(name, ""), (lacking or {}).get(name, "")) for name, those in found.items()
    )


def _service(host: str, name: str, uses: list[AccountUse], release: str, lacking: str) -> ServiceLogins:
    told = answer(uses)
    uses.sort(key=lambda use: (use.protocol, list(LoginClass).index(use.kind), use.account, use.version))
    return ServiceLogins(host, name, told, hint(name, release, told.tellable, told.versions), lacking, tuple(uses))


def as_json(services: Sequence[ServiceLogins]) -> str:
    """Of files at hand: one object with all services; of hosts: a list of such."""
    hosts = dict.fromkeys(one.host for one in services)
    if list(hosts) in ([""], []):
        result: dict[str, object] = {"schema": SCHEMA, "services": [_object(one) for one in services]}
    else:
        parts = [{"host": host, "services": [_object(one) for one in services if one.host == host]} for host in hosts]
        result = {"schema": SCHEMA, "hosts": parts}
    return json.dumps(result, ensure_ascii=False, indent=2) + "\n"


def _object(one: ServiceLogins) -> dict[str, object]:
    names = one.answer.accounts
    return {
        "service": one.service,
        "tellable": one.answer.tellable and not one.lacking,
        "hint": one.hint or None,
        "not_checked": one.lacking or None,
        **{kind.value: list(names[kind]) for kind in LoginClass},
        "old_tls": list(names[LoginClass.OLD_TLS]) if one.answer.versions else None,
        "logins": [
            {
                "protocol": use.protocol,
                "class": use.kind.value,
                "tls_version": use.version or None,
                "account": use.account or None,
                "customer": use.customer or None,
                "count": use.count,
                "first_seen": use.first.isoformat(),
                "last_seen": use.last.isoformat(),
            }
            for use in one.uses
        ],
    }


def as_csv(services: Sequence[ServiceLogins]) -> Iterator[str]:
    yield row(COLUMNS)
    for one in services:
        for use in one.uses:
            moments = (use.first.isoformat(), use.last.isoformat())
            yield row(
                (
                    one.host,
                    one.service,
                    use.protocol,
                    use.kind.value,
                    use.version,
                    use.account,
                    use.customer,
                    str(use.count),
                    *moments,
                )
            )


def as_table(services: Sequence[ServiceLogins]) -> Iterator[str]:
    """A line a service, then those who have to change something."""
    if not services:
        yield "no login of a server that is known here\n"
    for one in services:
        yield f"{f'{one.host} ' if one.host else ''}{one.service}: {_sums(one)}\n"
        if one.hint:
            yield f"  to be told {'which TLS they have' if one.answer.tellable else 'whether they are encrypted'}, add:\n"
            yield from (f"    {text}\n" for text in one.hint.split("\n"))
        yield from _accounts(one.uses)


def _sums(one: ServiceLogins) -> str:
    names = one.answer.accounts
    parts = [f"{len(those)} {_WORDS[kind]}" for kind, those in names.items() if those]
    if one.answer.tellable and not one.answer.versions:
        parts.append("with which TLS cannot be told")
    if one.lacking:
        parts.append(f"not checked: {one.lacking}")
    return ", ".join(parts) or "nobody logged in"


def _accounts(uses: Iterable[AccountUse]) -> Iterator[str]:
    rows = [
        (
            use.protocol,
            use.kind.value,
            use.version,
            line(use.account, 60) or "(not named)",
            line(use.customer, 30),
            str(use.count),
            _day(use.last),
        )
        for use in uses
        if use.kind not in (LoginClass.TLS, LoginClass.LOCAL)
    ]
    widths = [max(len(cells[column]) for cells in rows) for column in range(6)] if rows else []
    for *cells, last in rows:
        yield f"  {'  '.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))}  {last}\n"


def _day(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"
