"""What the dashboard reads and asks for: a history to read, an engine to give work to. Nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from schouw.model.host import Host
from schouw.model.summary import Summary

if TYPE_CHECKING:
    from schouw.model.facts import Facts
    from schouw.model.finding import Decision, NotChecked, TrackedFinding
    from schouw.scan.events import AnyEvent
    from schouw.scan.look import Look
    from schouw.views.tabs import Scan
    from schouw.vulnerabilities.lookup import Lookup


class Source(Protocol):
    """The readable part of a history. Synchronous: all but `summaries` is called from a thread."""

    @property
    def lookup(self) -> Lookup:
        """The vulnerability database, asked about the hosts of this history."""
        ...

    def summaries(self) -> Mapping[str, Summary]: ...
    def findings(self, name: str) -> Sequence[TrackedFinding]: ...
    def everything(self) -> Mapping[str, Sequence[TrackedFinding]]: ...
    def not_checked(self, name: str) -> Sequence[NotChecked]: ...
    def facts(self, name: str) -> Facts | None: ...
    def scans(self, name: str) -> Sequence[Scan]: ...


class Runner(Protocol):
    """Whoever scans: the engine's client, or a recording behind the same interface."""

    async def submit(self, hosts: Sequence[Host], look: Look = ..., by: str = ...) -> str: ...
    async def cancel(self, names: Sequence[str] | None = ...) -> None: ...
    async def decide(self, decision: Decision) -> None: ...
    def watch(self) -> AsyncIterator[AnyEvent]: ...


RunnerFactory = Callable[[], Awaitable[Runner]]
Clock = Callable[[], datetime]
