"""With 5 % of the hosts silent, the last good host is done at most 1.2 times as late as without them.

Silent is a host that takes the connection and never says a word. The others run the script as in `sweep`; the two fleets
are swept in turn, three times each.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from schouw.history import History
from schouw.model.severity import HostState
from tests.bench.farm import farm
from tests.bench.measure import Result
from tests.bench.sweep import HOSTS, schouw

SILENT = HOSTS // 20


def run() -> Iterator[Result]:
    with farm(HOSTS, SILENT, recorded=True) as field:
        healthy = field.fleet(field.addresses)
        # Spread through the fleet, as sick hosts are.
        mixed = list(field.addresses)
        for number, address in enumerate(field.silent):
            mixed.insert(number * 20 + 3, address)
        sick = field.fleet(tuple(mixed))
        without, with_them = [], []
        for _ in range(3):
            schouw(field, healthy, 1)
            without.append(_last_good(field.folder / "history-1.db"))
            schouw(field, sick, 2)
            with_them.append(_last_good(field.folder / "history-2.db"))
        a, b = sorted(with_them)[1], sorted(without)[1]
        yield Result("last good host with 5 % silent ones", a / b, 1.2, detail=f"{a:.1f} s, {b:.1f} s")


def _last_good(path: Path) -> float:
    """Seconds from the first host's start to the last good host's end."""
    history = History.open(path, read_only=True)
    try:
        names = [name for name, summary in history.summaries().items() if summary.state is not HostState.UNREACHABLE]
        scans = [history.scans(name, 1)[0] for name in names]
    finally:
        history.close()
    return (max(scan.finished_at for scan in scans) - min(scan.started_at for scan in scans)).total_seconds()
