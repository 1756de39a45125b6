"""What a collector is: the shell snippet that prints a section, and the parser of what comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from schouw.model.attempt import Attempt

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Collector(Generic[T]):
    """One section of the inside view.

    `script` runs in a subshell of the host's ``sh``; what it prints, at most `limit` bytes, is handed to
    `parse` as clean text. `stamp`, where given, is a cheap snippet whose output changes whenever the
    section's could: while it stays the same the section is not even run again.
    """

    name: str
    script: str
    parse: Callable[[str], Attempt[T]]
    stamp: str = ""
    limit: int = 4 << 20
    seconds: int = 20
