"""Files that come with schouw and are read by people: in the package once installed, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path


def shipped(name: str) -> Path:
    package = Path(__file__).resolve().parent
    inside = package / name
    return inside if inside.exists() else package.parents[1] / name
