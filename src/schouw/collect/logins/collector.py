"""Who logs in how, as the logs of the mail and FTP servers tell: counted on the host, where they were left last time."""

from __future__ import annotations

from dataclasses import replace

from schouw.collect import courier, dovecot, exim, postfix, proftpd, pureftpd, vsftpd
from schouw.collect.base import FIELD, Collector, Rows, number
from schouw.collect.logins.program import SERVICES, section
from schouw.collect.logins.rows import Group, group, use
from schouw.model.attempt import Attempt, seen
from schouw.model.logins import AccountUse, LoginClass, Logins, LoginService


def _parse(rows: Rows) -> Attempt[Logins]:
    if rows.one("none"):
        return seen(Logins(()))  # nobody logs in there: that is known
    services = _services(rows)
    # What was counted and what was read belong together: without the one, the other will come again.
    uses = _assumed(_uses(rows), rows) if rows.all("@") else ()
    return seen(Logins(services, uses, whole=rows.one("whole") == "yes"), _unread(rows))


def _services(rows: Rows) -> tuple[LoginService, ...]:
    lacking: dict[str, list[str]] = {}
    for name, reason in rows.split("without", 2):
        lacking.setdefault(name, []).append(reason[: 2 * FIELD])
    return tuple(
        LoginService(name, version, tuple(logs.split(",")) if logs else (), "; ".join(dict.fromkeys(lacking.get(name, ()))))
        for name, version, logs in rows.split("service", 3)
        if name in SERVICES
    )


def _uses(rows: Rows) -> tuple[AccountUse, ...]:
    groups: dict[str, Group] = {}
    for row in rows.all("group"):
        mark, *fields = row.split("\t")
        if (found := group(fields)) is not None:
            groups[mark] = found
    uses: list[AccountUse] = []
    for row in rows.all("account"):
        mark, *fields = row.split("\t")
        one = use(groups[mark], fields) if mark in groups else None
        if one is None:
            rows.misfit()
        else:
            uses.append(one)
    return tuple(uses)


def _assumed(uses: tuple[AccountUse, ...], rows: Rows) -> tuple[AccountUse, ...]:
    """vsftpd's settings say of every login since they were made what its log does not."""
    kinds = {"plaintext": LoginClass.PLAINTEXT, "tls": LoginClass.TLS}
    assumed = {name: (kinds[kind], number(since)) for name, kind, since in rows.split("assume", 3) if kind in kinds}

    def judged(one: AccountUse) -> AccountUse:
        kind, since = assumed.get(one.service, (LoginClass.UNKNOWN, None))
        told = one.kind is LoginClass.UNKNOWN and since is not None and one.last.timestamp() >= since
        return replace(one, kind=kind) if told else one

    return tuple(map(judged, uses))


def _unread(rows: Rows) -> str:
    """What is lacking of all; of one service's logs alone it is said with the service."""
    reasons = [f"{path[:FIELD]} has lines that are none of a log, which were passed over" for (path,) in rows.split("failed", 1)]
    if left := number(rows.one("left")):
        reasons.append(f"{left >> 20} MB of its logs are still to be read, at the next scans")
    if lost := number(rows.one("lost")):
        reasons.append(f"{lost} logins of more accounts than can be kept were left out")
    return "; ".join(reason for reason in (*reasons, rows.lacking()) if reason)


#: The sections that know whether a server is there, by its name.
_SERVERS = (dovecot, postfix, exim, courier, vsftpd, proftpd, pureftpd)
_THERE = {module.COLLECTOR.name: module.COLLECTOR.there for module in _SERVERS}

COLLECTOR = Collector(
    "logins",
    section(_THERE),
    _parse,
    limit=6 << 20,
    seconds=45,
    there=" || ".join(f"{{ {condition}; }}" for condition in _THERE.values()),
    otherwise="it has no mail or FTP server",
    resumes=True,
)
