"""Who tells: looks up what is due at each address, has it sent, and keeps what was told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from schouw.errors import ConfigError, HistoryError
from schouw.history.values import News
from schouw.model.host import Host
from schouw.model.notifier import Notifier
from schouw.model.summary import Summary
from schouw.notify import ledger
from schouw.notify.addresses import addresses, service
from schouw.notify.composing import Due, Message, due, message
from schouw.notify.ledger import Ledger, Told
from schouw.notify.timing import may_send

CALM = timedelta(minutes=10)
"""While scans are going on, what happened waits so long for their end."""

_NEWEST = 1 << 62
"""After this event there is none."""

Send = Callable[[str, Message], Awaitable[str]]


class Reader(Protocol):
    """What of a history has to be known."""

    async def news(self, after: int) -> News: ...

    async def summaries(self) -> Mapping[str, Summary]: ...


@dataclass(frozen=True, slots=True)
class Address:
    notifier: Notifier
    url: str

    @property
    def name(self) -> str:
        return ledger.name_of(self.notifier.name, self.url)

    @property
    def label(self) -> str:
        return f"{self.notifier.name} ({service(self.url)})"


class Desk:
    """One a history; `problem` says what is wrong with telling, "" while all is well."""

    def __init__(self, reader: Reader, path: Path, send: Send, clock: Callable[[], datetime]) -> None:
        """`path`: of the ledger."""
        self._reader, self._path, self._send, self._clock = reader, path, send, clock
        self._notifiers: tuple[Notifier, ...] = ()
        self._hosts: dict[str, Host] = {}
        self._telling = asyncio.Lock()
        self._writing = asyncio.Lock()
        """Of the ledger: whoever names a fleet does not wait for somebody who is slow to be told."""
        self.problem = ""

    async def begin(self, notifiers: Sequence[Notifier], hosts: Sequence[Host]) -> None:
        """Whom to tell, of which fleet. An address that is new is told what happens from now on."""
        self._notifiers, self._hosts = tuple(notifiers), {host.name: host for host in hosts}
        try:
            await self._known(self._addresses()[0])
        except HistoryError as error:
            self.problem = str(error)

    async def tell(self, busy: bool = False, ending: bool = False) -> None:
        """Send what is due. Never raises: what went wrong is in `problem`, and is told later.

        `busy`: scans are going on, and more may be due soon. `ending`: there may be no other time.
        """
        async with self._telling:
            at, problems = self._addresses()
            try:
                known = await self._known(at)
                known |= await self._tell(at, known, CALM if busy else timedelta(), ending)
                problems += [trouble(one, known[one.name]) for one in at]
            except HistoryError as error:
                problems.append(str(error))
            self.problem = next(filter(None, problems), "")

    async def _tell(self, at: Sequence[Address], known: Ledger, waits: timedelta, ending: bool) -> Ledger:
        """What is known of those addresses afterwards of which it is something else."""
        at = [one for one in at if may_send(one.notifier, known[one.name], self._clock(), ending)]
        if not at:
            return {}
        news = await self._reader.news(min(known[one.name].event for one in at))
        summaries, now = await self._reader.summaries(), self._clock()
        dues = [due(one.notifier, known[one.name], news, self._hosts, summaries, now) for one in at]
        told = await asyncio.gather(*(self._one(one, known[one.name], what, waits) for one, what in zip(at, dues, strict=True)))
        changed = {one.name: after for one, after in zip(at, told, strict=True) if after != known[one.name]}
        if changed:
            async with self._writing:
                ledger.write(self._path, ledger.read(self._path) | changed)
        return changed

    async def _one(self, address: Address, told: Told, what: Due, waits: timedelta) -> Told:
        """What is known of the address afterwards."""
        now = self._clock()
        if not what.items:
            settled = replace(told, event=what.event, standing=what.standing)
            return replace(settled, sent_at=now) if address.notifier.digest is not None else settled
        if what.oldest is not None and now - what.oldest < waits:
            return told
        problem = await self._send(address.url, message(what.items))
        if problem:
            since = told.failing_since or now
            return replace(told, tried_at=now, failures=told.failures + 1, failing_since=since, problem=problem)
        return Told(event=what.event, standing=what.standing, begun_at=told.begun_at, sent_at=now, tried_at=now)

    async def _known(self, at: Sequence[Address]) -> Ledger:
        """The ledger, with an entry for each of these addresses."""
        async with self._writing:
            known = ledger.read(self._path)
            if fresh := [one for one in at if one.name not in known]:
                begun = Told(event=(await self._reader.news(_NEWEST)).last, begun_at=self._clock())
                there = {one.name for one in at}
                gone = {one.notifier.name: ledger.gone(known, one.notifier.name, there) for one in fresh}
                known |= {one.name: _goes_on(gone[one.notifier.name], begun) for one in fresh}
                for name in {name for those in gone.values() for name in those}:
                    del known[name]
                ledger.write(self._path, known)
            return known

    def _addresses(self) -> tuple[list[Address], list[str]]:
        """All that there are, and why others cannot be had."""
        found: list[Address] = []
        problems: list[str] = []
        for notifier in self._notifiers:
            try:
                found += [Address(notifier, url) for url in addresses(notifier)]
            except ConfigError as error:
                problems.append(str(error))
        return found, problems


def _goes_on(gone: Ledger, begun: Told) -> Told:
    """An address that takes the place of another is told what that one was not: mostly it is the same, put right."""
    before = min(gone.values(), key=lambda told: told.event, default=begun)
    return Told(event=before.event, standing=before.standing, begun_at=before.begun_at, sent_at=before.sent_at)


def trouble(address: Address, told: Told) -> str:
    """In one line what is wrong with an address, "" where the last message arrived."""
    if not told.failures or told.failing_since is None:
        return ""
    since = f"{told.failing_since.astimezone():%Y-%m-%d %H:%M}"
    return f"notify {address.label}: nothing arrives since {since}, all of it waits: {told.problem}"
