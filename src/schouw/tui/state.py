"""What the screen remembers between runs: view, sort, grouping and theme."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import msgspec


@dataclass(frozen=True, slots=True)
class Remembered:
    view: str = "cards"
    sort: str = "worst"
    reverse: bool = False
    grouping: str = "none"
    theme: str = ""


def load(path: Path) -> Remembered:
    """Anything odd in the file is as if it were not there: it only holds tastes."""
    try:
        data = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return Remembered()
    if not isinstance(data, dict) or data.get("version") != 1:
        return Remembered()
    names = [item.name for item in fields(Remembered)]
    return Remembered(**{name: data[name] for name in names if type(data.get(name)) is type(getattr(Remembered(), name))})


def save(path: Path, remembered: Remembered) -> None:
    """Replaced as a whole, so that a kill in between leaves the old one. `OSError` where it cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_bytes(msgspec.json.encode({"version": 1, **asdict(remembered)}) + b"\n")
    draft.replace(path)
