"""When a host is due: computed from the clock and its last scan alone, so that nothing needs to be remembered.

A host's moments are a hash of its name into the interval, then every interval, each moved a little (jitter), so that a
fleet is spread evenly and two copies of schouw agree. Missed moments are caught up once. Failures double the interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from schouw.errors import ErrorClass
from schouw.model.host import Host
from schouw.model.severity import HostState
from schouw.model.summary import Summary
from schouw.scan.look import Look

JITTER = 0.1
"""Part of the interval."""
LONGEST = 86400.0
_DAWN = datetime(2020, 1, 1, tzinfo=UTC)

#: Another automatic try does harm (a login that is refused counts towards a ban) or cannot help: wait twice as long.
_STUBBORN = frozenset(
    {ErrorClass.LOGIN_REFUSED, ErrorClass.KEY_UNKNOWN, ErrorClass.KEY_CHANGED, ErrorClass.KEY_REVOKED, ErrorClass.NO_KEY}
)


def moments(name: str, interval: float, at: datetime) -> tuple[datetime, datetime]:
    """The last moment of a host at or before `at`, and the one after it."""
    number = int(((at - _DAWN).total_seconds() - _share(name) * interval) // interval)
    around = [_moment(name, interval, number + step) for step in (-1, 0, 1, 2)]
    return max(moment for moment in around if moment <= at), min(moment for moment in around if moment > at)


def due_at(host: Host, last: Summary | None, failures: int, at: datetime) -> datetime | None:
    """When the host is to be scanned next; in the past when it is late, None when it is only scanned on request.

    `failures`: how many scans in a row failed, as far as known.
    """
    if not host.enabled or host.rescan <= 0:
        return None
    before, after = moments(host.name, host.rescan, at)
    if last is None or last.tried_at is None:
        return before
    if last.state is HostState.UNREACHABLE:
        doublings = max(failures, 1) - (0 if last.error_class in _STUBBORN else 1)
        wait = min(host.rescan * 2.0 ** min(doublings, 20), max(LONGEST, host.rescan))
        return last.tried_at + timedelta(seconds=wait)
    return before if last.tried_at < before else after


def look_for(host: Host, last: Summary | None, at: datetime) -> Look:
    """Whether a moment for more than a normal look has passed since such a look was last made.

    Where both have, the rarer one: the other comes with the next scan.
    """
    if last is None or last.scanned_at is None:
        return Look.NORMAL
    rarest = sorted(((host.sweep_all_ports, Look.ALL_PORTS, "all"), (host.deep, Look.DEEP, "deep")), reverse=True)
    for interval, look, label in rarest:
        if interval > 0 and last.looked.get(look, last.scanned_at) < moments(f"{host.name}/{label}", interval, at)[0]:
            return look
    return Look.NORMAL


def due(hosts: Iterable[Host], summaries: Mapping[str, Summary], failures: Mapping[str, int], at: datetime) -> list[Host]:
    """Hosts whose time has come, those with the oldest results first."""
    late = [host for host in hosts if (when := _when(host, summaries, failures, at)) is not None and when <= at]
    return sorted(late, key=lambda host: _age_key(summaries.get(host.name)))


def next_due(
    hosts: Iterable[Host], summaries: Mapping[str, Summary], failures: Mapping[str, int], at: datetime
) -> datetime | None:
    """The earliest moment at which some host is due, None when none ever is."""
    times = [_when(host, summaries, failures, at) for host in hosts]
    return min((when for when in times if when is not None), default=None)


def _when(host: Host, summaries: Mapping[str, Summary], failures: Mapping[str, int], at: datetime) -> datetime | None:
    return due_at(host, summaries.get(host.name), failures.get(host.name, 0), at)


def _age_key(last: Summary | None) -> datetime:
    return last.scanned_at if last is not None and last.scanned_at is not None else _DAWN


def _moment(name: str, interval: float, number: int) -> datetime:
    jitter = JITTER * (_share(f"{name}#{number}") - 0.5)
    return _DAWN + timedelta(seconds=interval * (number + _share(name) + jitter))


def _share(text: str) -> float:
    """A number from 0 to 1 that is always the same for a text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) / 2.0**64
