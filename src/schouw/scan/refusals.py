"""Refused logins add up: fail2ban and OpenSSH's penalties lock out our address, and with it our colleagues."""

from __future__ import annotations

from collections import Counter

from schouw.errors import ErrorClass, HostError
from schouw.model.host import Host

MOST = 3
"""Hosts in a row that may refuse the same user and key; then the others that share them are not even tried."""


class Refusals:
    """Counts per user and key. A person who asks again gets another `MOST` tries."""

    def __init__(self) -> None:
        self._in_a_row: Counter[tuple[str | None, tuple[str, ...]]] = Counter()

    def refused(self, host: Host) -> None:
        self._in_a_row[_key(host)] += 1

    def accepted(self, host: Host) -> None:
        self._in_a_row.pop(_key(host), None)

    def forgive(self, host: Host) -> None:
        """A person asks for this host (again)."""
        self.accepted(host)

    def check(self, host: Host) -> None:
        """`HostError` LOGIN_REFUSED when this host must not be tried now."""
        if self._in_a_row[_key(host)] < MOST:
            return
        who = f"user {host.user}" if host.user else "the same user"
        raise HostError(
            ErrorClass.LOGIN_REFUSED,
            f"{host.name}: not tried, because {MOST} hosts in a row refused {who} with this key",
            "mend the login on one of them, then scan again",
        )


def _key(host: Host) -> tuple[str | None, tuple[str, ...]]:
    return host.user, host.identity
