"""Who logs in how: accounts by service, protocol and class, as the logs of a host tell.

Account names are personal data. They pass through here on their way from a log to the table that keeps them, or to
the person who asked for them; facts, findings and recordings only hold how many there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class LoginClass(StrEnum):
    PLAINTEXT = "plaintext"
    OLD_TLS = "old_tls"
    """SSL 3.0, TLS 1.0 or TLS 1.1 (RFC 8996)."""
    TLS = "tls"
    LOCAL = "local"
    """From the host itself, such as webmail: nobody on the way to listen."""
    REFUSED = "refused"
    """A password in the clear that was not even looked at: what an account that was cured, or locked out, does."""
    UNKNOWN = "unknown"
    """The log does not say whether it was encrypted."""


_TOLD = (LoginClass.PLAINTEXT, LoginClass.OLD_TLS, LoginClass.TLS)

#: The longest session of which two logs are taken to tell.
_SESSION = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AccountUse:
    """What one account did in one way. `account` "": it was not named."""

    service: str
    """"dovecot", "postfix", "exim", "courier", "vsftpd", "proftpd", "pureftpd"."""
    protocol: str
    """"imap", "pop3", "sieve", "smtp", "ftp"."""
    kind: LoginClass
    version: str
    """"ssl3", "1.0" to "1.3", "" where there is none or it is not told."""
    account: str
    count: int
    first: datetime
    last: datetime
    customer: str = ""
    """Whose account it is, as the host's panel has it."""
    returned: datetime | None = None
    """When it came back after 30 quiet days, the last time that it did."""


def together(one: AccountUse, other: AccountUse) -> AccountUse:
    """Of two parts of a log, the same account in the same way."""
    first, last = min(one.first, other.first), max(one.last, other.last)
    customer, returned = other.customer or one.customer, other.returned or one.returned
    return replace(one, count=one.count + other.count, first=first, last=last, customer=customer, returned=returned)


def before(use: AccountUse, now: datetime) -> AccountUse:
    """What is said to come later than now was seen now: a clock was wrong, and nobody should be kept for its sake."""
    return use if use.last <= now else replace(use, first=min(use.first, now), last=now)


@dataclass(frozen=True, slots=True)
class LoginService:
    """A mail or FTP server of the host, and whether its logs could be read."""

    name: str
    version: str = ""
    logs: tuple[str, ...] = ()
    lacking: str = ""
    """Why its logs, or some of them, could not be read."""


@dataclass(frozen=True, slots=True)
class LoginCount:
    """Distinct accounts of one class, seen in the last 7, 30 and 90 days."""

    service: str
    protocol: str
    kind: LoginClass
    week: int
    month: int
    quarter: int


@dataclass(frozen=True, slots=True)
class Logins:
    """What the logs of a host say. Fresh from the host it holds `uses`; kept with the facts, `counts` in their place."""

    services: tuple[LoginService, ...]
    uses: tuple[AccountUse, ...] = ()
    """Since the last look, or all that the logs hold where `whole`."""
    whole: bool = False
    counts: tuple[LoginCount, ...] | None = None
    untold: tuple[str, ...] = ()
    """Services of whose logins the logs do not say whether they were encrypted."""
    versionless: tuple[str, ...] = ()
    """Services of whose logins the logs do not say which TLS they had."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What can be said of one service: who, and whether that is all."""

    tellable: bool
    """False: there are accounts of which it cannot be told, so that none seen in plaintext does not mean none."""
    versions: bool
    """False: which TLS they had cannot be told."""
    accounts: dict[LoginClass, tuple[str, ...]]
    """Names in order, each once a class; unknown are not those that are known to use plaintext anyway."""


def answer(uses: Iterable[AccountUse]) -> Answer:
    """Of the logins of one service.

    Where a log began to tell at some moment, because somebody set it so, what came before does not count against it.
    """
    those = settled(uses)
    named = {kind: {use.account for use in those if use.kind is kind and use.account} for kind in LoginClass}
    told = [use for use in those if use.kind in _TOLD]
    clear = {(use.protocol, use.account) for use in told if use.kind is LoginClass.PLAINTEXT}
    unknown = [use for use in those if use.kind is LoginClass.UNKNOWN and (use.protocol, use.account) not in clear]
    named[LoginClass.UNKNOWN] = {use.account for use in unknown if use.account}
    nameless = [use for use in told if not use.account]
    secure = [use for use in told if use.kind is not LoginClass.PLAINTEXT]
    return Answer(
        tellable=_over([*unknown, *nameless], [use for use in told if use.account]),
        versions=_over([*unknown, *(use for use in secure if not use.version)], [use for use in secure if use.version]),
        accounts={kind: tuple(sorted(names)) for kind, names in named.items()},
    )


def settled(uses: Iterable[AccountUse]) -> list[AccountUse]:
    """Without what is told better elsewhere: by another log of the same sessions, or by what the account did since.

    ProFTPD's transfer log knows TLS but no version, up to the end of a session that another log told of at its beginning.
    """
    those = list(uses)
    told = _latest(use for use in those if use.kind in _TOLD)
    versions = _latest(use for use in those if use.kind in _TOLD and use.version)

    def better(use: AccountUse) -> bool:
        if use.kind is not LoginClass.UNKNOWN and (use.kind is not LoginClass.TLS or use.version):
            return False
        known = told if use.kind is LoginClass.UNKNOWN else versions
        latest = known.get((use.service, use.protocol, use.account))
        return latest is not None and bool(use.account) and latest >= use.last - _SESSION

    return [use for use in those if not better(use)]


def _latest(uses: Iterable[AccountUse]) -> dict[tuple[str, str, str], datetime]:
    found: dict[tuple[str, str, str], datetime] = {}
    for use in uses:
        key = use.service, use.protocol, use.account
        found[key] = max(found.get(key, use.last), use.last)
    return found


def _over(before: list[AccountUse], after: list[AccountUse]) -> bool:
    """Whether there is nothing of the first, or it ended when the other began."""
    if not before or not after:
        return not before
    return max(use.last for use in before) < min(use.first for use in after)
