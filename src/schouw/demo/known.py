"""The demo's own vulnerability database: a few real CVEs, in the publishers' formats, built where the demo is played.

Dates of the data are counted back from the moment of the demo: Ubuntu's is old, and is shown so.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path

from schouw.vulnerabilities.build import Source, build
from schouw.vulnerabilities.feeds import recognise
from schouw.vulnerabilities.schema import DATABASE

#: File → how many days before the demo's moment its data is of.
_FEEDS = {"debian.json": 0, "ubuntu.csv": 12, "almalinux.csv": 1, "exploited.csv": 1, "scores.csv": 1, "decisions.csv": 3}


def build_known(folder: Path, at: datetime) -> Path:
    """Its path in `folder`."""
    target = folder / DATABASE
    with as_file(files(__package__).joinpath("feeds")) as feeds:
        sources = [
            Source(recognise(feeds / name), feeds / name, name, (at - timedelta(days=days)).date())
            for name, days in _FEEDS.items()
        ]
        build(target, sources, now=at)
    return target
