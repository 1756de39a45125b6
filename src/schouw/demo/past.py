"""The demo's past, written to a new history: what scans met, and what people decided between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from schouw import checks
from schouw.demo import phaseouts
from schouw.demo.build import Server, facts
from schouw.demo.decided import decided
from schouw.demo.servers import Played
from schouw.errors import HostError
from schouw.history import History
from schouw.model.finding import Decision
from schouw.model.host import Host
from schouw.model.logins import Logins
from schouw.scan.assessor import Assessor

_FIRST = (12.0, 8.0)
"""Days before the last one at which the oldest moment of each host was met too: most of what is wrong is wrong for long."""


class _Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def write_past(path: Path, known: Path, servers: Iterable[Played], at: datetime) -> None:
    """Scans of the last days, the last one a few minutes ago; what was decided; and what is being phased out."""
    clock, assessor = _Clock(at), Assessor(known)
    history = History.open(path, clock=clock)
    assessor.refresh()
    try:
        for number, one in enumerate(servers):
            looks = list(_looks(one, at - timedelta(minutes=3 + 2 * number)))
            for clock.at, what in sorted([*looks, *decided(one.host.name, at)], key=lambda happened: happened[0]):
                if isinstance(what, Decision):
                    history.decide(what)
                else:
                    _scan(history, assessor, one.host, what, clock.at, last=clock.at == looks[-1][0])
        clock.at = at
        for phaseout in phaseouts.phaseouts(at):
            history.keep_phaseout(phaseout)
    finally:
        history.close()


def _looks(one: Played, newest: datetime) -> Iterator[tuple[datetime, Server | HostError]]:
    """Each with when it ended: one a day, and a few long before."""
    last = newest - timedelta(days=one.days)
    for days in _FIRST:
        yield last - timedelta(days=days), one.before[0]
    for days, moment in zip(range(len(one.before) - 1, -1, -1), one.before, strict=True):
        yield last - timedelta(days=days), moment


def _scan(history: History, assessor: Assessor, host: Host, moment: Server | HostError, finished: datetime, last: bool) -> None:
    started = finished - timedelta(seconds=2)
    if isinstance(moment, HostError):
        history.record_failure(host, moment, started, finished)
        return
    looked = facts(host.name, moment, finished)
    verdict = checks.judge(looked, host, finished, assessor.knowledge(looked))
    logins = Logins((), phaseouts.uses(host.name, finished)) if last else None
    history.record(host, looked, verdict, started, finished, logins)
