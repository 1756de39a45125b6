"""``schouw rebuild``: a damaged history, put together from what can be read of it."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from schouw.cli.places import places
from schouw.errors import EngineError

_TOLD = {"host": "hosts", "finding": "findings", "scan": "scans", "event": "events", "accepted": "accepted risks"}


def add(command: argparse.ArgumentParser) -> None:
    command.description = (
        "Where a history is damaged: everything that can still be read goes into a new one, what cannot is said, and the "
        "damaged file is kept beside it. A history with nothing wrong is left as it is."
    )


def run(options: argparse.Namespace) -> int:
    from schouw.history.rebuild import rebuild
    from schouw.scan.place import Lock, Place, holder

    where = places(options)
    place = Place.of(where.history, where.state, where.runtime)
    place.prepare()
    lock = Lock.take(place.lock)
    if lock is None:
        raise EngineError(f"an engine (process {holder(place.lock)}) works on {where.history}; end the dashboards first, then it")
    try:
        rebuilt = rebuild(where.history, datetime.now(UTC))
    finally:
        lock.release()
    if rebuilt is None:
        print(f"{where.history}: nothing is wrong with it")
        return 0
    print(f"{where.history} is rebuilt: {', '.join(f'{rebuilt.rows.get(table, 0)} {noun}' for table, noun in _TOLD.items())}")
    for table, words in rebuilt.lost.items():
        print(f"  lost of {table}: {words}")
    print(f"  the damaged file is kept as {rebuilt.kept}")
    return 0
