"""How a phase-out stands, as one row of a report: numbers, no names of accounts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from schouw.views.phaseouts import verdict, what
from schouw.views.standing import Standing

COLUMNS = ("name", "what", "hosts", "left", "until", "stands")


def figures(one: Standing, now: datetime) -> Mapping[str, str]:
    return {
        "name": one.phaseout.name,
        "what": what(one.phaseout),
        "hosts": str(len(one.places)),
        "left": str(one.left),
        "until": f"{one.phaseout.until.astimezone():%Y-%m-%d}",
        "stands": verdict(one, now)[0],
    }
