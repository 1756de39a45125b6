"""When a host is due: computed from the clock and its last scan alone, so that nothing needs to be remembered.

A host's moments are a hash of its name into the interval, then every interval, each moved a little (jitter), so that a
fleet is spread evenly and two copies of schouw agree. Missed moments are caught up once. Failures double the interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from schouw.errors import ErrorClass
from schouw.model.host import Host, Reach
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
    intervals = [interval for interval in (host.rescan, _inside_every(host)) if interval > 0]
    if not host.enabled or not intervals:
        return None
    if last is not None and last.tried_at is not None and last.state is HostState.UNREACHABLE:
        often = min(intervals)
        doublings = max(failures, 1) - (0 if last.error_class in _STUBBORN else 1)
        wait = min(often * 2.0 ** min(doublings, 20), max(LONGEST, often))
        return last.tried_at + timedelta(seconds=wait)
    return min(when for when in (_whole_at(host, last, at), _inside_at(host, last, at)) if when is not None)


def look_for(host: Host, last: Summary | None, at: datetime) -> Look:
    """Of a host that is due: whether a moment for more than a normal look has passed since such a look was last made, or
    none but that for its inside alone.

    Where two have, the rarer one: the other comes with the next scan.
    """
    reached = last is None or last.state is not HostState.UNREACHABLE
    whole = _whole_at(host, last, at)
    # A host that is back is looked at whole.
    if _inside_every(host) > 0 and (whole is None or (reached and whole > at)):
        return Look.INSIDE
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


def _whole_at(host: Host, last: Summary | None, at: datetime) -> datetime | None:
    return _next(host.name, host.rescan, last.tried_at if last is not None else None, at)


def _inside_at(host: Host, last: Summary | None, at: datetime) -> datetime | None:
    """Every scan looks at the inside too."""
    tried = last.tried_at if last is not None else None
    seen = max(tried, last.looked.get(Look.INSIDE, tried)) if last is not None and tried is not None else None
    return _next(f"{host.name}/inside", _inside_every(host), seen, at)


def _inside_every(host: Host) -> float:
    return host.rescan_inside if host.reach is not Reach.OUTSIDE else 0.0


def _next(name: str, interval: float, last: datetime | None, at: datetime) -> datetime | None:
    """The moment that was missed since `last`, else the one to come; None for no such interval."""
    if interval <= 0:
        return None
    before, after = moments(name, interval, at)
    return before if last is None or last < before else after


def _age_key(last: Summary | None) -> datetime:
    return last.scanned_at if last is not None and last.scanned_at is not None else _DAWN


def _moment(name: str, interval: float, number: int) -> datetime:
    jitter = JITTER * (_share(f"{name}#{number}") - 0.5)
    return _DAWN + timedelta(seconds=interval * (number + _share(name) + jitter))


def _share(text: str) -> float:
    """A number from 0 to 1 that is always the same for a text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) / 2.0**64
