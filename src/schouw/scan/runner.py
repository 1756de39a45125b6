"""What a screen or a command needs of an engine, wherever that runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from schouw.model.baseline import Baseline
from schouw.model.finding import Decision
from schouw.model.host import Host
from schouw.model.notifier import Notifier
from schouw.model.phaseout import Phaseout
from schouw.model.tls import Endpoint
from schouw.scan.events import AnyEvent
from schouw.scan.look import Look


class Runner(Protocol):
    """An engine in this process or another one. `SchouwError` where what is asked makes no sense."""

    async def submit(
        self, hosts: Sequence[Host], look: Look = Look.NORMAL, by: str = "person", only: tuple[Endpoint, ...] = ()
    ) -> str:
        """Have hosts looked at, and return the sweep's name at once. `by` says who asks; "schedule" is nobody.

        `only`: the endpoints of one host, with Look.ENDPOINT and Look.BEFORE_TLS.
        """

    async def cancel(self, names: Sequence[str] | None = None) -> None:
        """End the scans of these hosts, or all. Returns when nothing of them is left on this machine."""

    async def fleet(self, hosts: Sequence[Host], schedule: bool = False, notifiers: Sequence[Notifier] = ()) -> None:
        """Tell which hosts there are, since others may name them as jump hosts; with `schedule`, scan each when it is due.

        `notifiers`: who is told of what scans find from now on.
        """

    async def decide(self, *decisions: Decision) -> None:
        """Keep what a person decided of findings: all of it, or nothing where some of it makes no sense."""

    async def keep_baseline(self, baseline: Baseline) -> None:
        """Name a moment, or keep an audit, under a name that is not taken."""

    async def drop_baseline(self, name: str) -> None:
        """Forget one."""

    async def keep_phaseout(self, phaseout: Phaseout) -> None:
        """Begin a phase-out, or set the one of that name anew."""

    def watch(self) -> AsyncIterator[AnyEvent]:
        """Events from now on, the first a `Hello`."""
