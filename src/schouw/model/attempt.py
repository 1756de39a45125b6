"""Failure is data: one thing that was looked at, with what was seen or why it was not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attempt(Generic[T]):
    """Seen (`result`, no `reason`), seen in part (both), or not checked (`reason` alone).

    The reason is one sentence for a person: "process names need root: allow `ss -Htulpn` in sudoers".
    """

    result: T | None = None
    reason: str = ""
    absent: bool = False
    """Not checked because the host has no such thing ("it has no sshd"): nothing is lacking then."""

    @property
    def complete(self) -> bool:
        """All of it was seen: only then may an absence be called an absence."""
        return self.result is not None and not self.reason


def seen(result: T, lacking: str = "") -> Attempt[T]:
    return Attempt(result, lacking)


def not_checked(reason: str) -> Attempt[T]:
    return Attempt(None, reason)


def absent(reason: str) -> Attempt[T]:
    """The host has no such thing: the reason is shown, but the look at the host counts as whole."""
    return Attempt(None, reason, absent=True)
