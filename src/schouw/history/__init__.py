"""The store: what was last seen of every host, the life of each finding, what changed and when.

`History` writes and reads all of it; `schouw.history.snapshot` reads only the summaries, without
SQLAlchemy, for the first picture. So that the latter stays quick, `History` is loaded when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schouw.history.store import History as History

__all__ = ["History"]


def __getattr__(name: str) -> object:
    if name == "History":
        from schouw.history.store import History

        return History
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
