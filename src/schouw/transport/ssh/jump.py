"""Jump hosts: one login on each, shared by all hosts behind it, with few handshakes at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from schouw.errors import WORTH_RETRYING, HostError
from schouw.model.host import Host
from schouw.transport.ssh.session import SshConnection

#: Seconds that an unused login is kept: each holds two sshd processes on the jump host.
_IDLE = 120.0

#: Seconds before a jump host that refused us is asked again, whichever host behind it asks: 500 hosts behind one
#: must not become 500 refused logins. fail2ban bans after 5 in 10 minutes.
_AFTER_REFUSAL = 300.0
_AFTER_FAILURE = 5.0


@dataclass(slots=True)
class Jump:
    """One jump host in use. `slots` bounds the handshakes through it."""

    host: Host
    slots: asyncio.Semaphore
    users: int = 0
    opening: asyncio.Task[SshConnection] | None = None
    failure: HostError | None = None
    try_again: float = 0.0
    idle: asyncio.TimerHandle | None = None
    closing: set[asyncio.Task[None]] = field(default_factory=set)


class JumpHosts:
    """All jump hosts of a transport. `open` logs in on one."""

    def __init__(self, open: Callable[[Host], Awaitable[SshConnection]], per_jump: int) -> None:
        self._open = open
        self._per_jump = per_jump
        self._jumps: dict[Host, Jump] = {}

    async def borrow(self, host: Host) -> tuple[Jump, SshConnection]:
        """The shared login, to be given back once. `HostError` of the jump host itself when there is none."""
        jump = self._jumps.get(host)
        if jump is None:
            jump = self._jumps[host] = Jump(host, asyncio.Semaphore(self._per_jump))
        jump.users += 1
        if jump.idle is not None:
            jump.idle.cancel()
            jump.idle = None
        try:
            return jump, await self._connection(jump)
        except BaseException:
            self.give_back(jump)
            raise

    def give_back(self, jump: Jump) -> None:
        """The last one to leave ends an attempt that nobody waits for, and starts the clock of an idle login."""
        jump.users -= 1
        if jump.users or jump.opening is None:
            return
        if not jump.opening.done():
            jump.opening.cancel()
            jump.opening = None
        elif jump.idle is None:
            jump.idle = asyncio.get_running_loop().call_later(_IDLE, self._close_idle, jump)

    async def close(self) -> None:
        """End all logins and attempts; never raises."""
        jumps, self._jumps = list(self._jumps.values()), {}
        for jump in jumps:
            if jump.idle is not None:
                jump.idle.cancel()
            if jump.opening is not None:
                jump.opening.cancel()
                await asyncio.wait([jump.opening])
                await _log_out(jump.opening)
            if jump.closing:
                await asyncio.wait(jump.closing)

    async def _connection(self, jump: Jump) -> SshConnection:
        loop = asyncio.get_running_loop()
        if jump.failure is not None and loop.time() < jump.try_again:
            raise jump.failure
        if jump.opening is None or (jump.opening.done() and not _alive(jump.opening)):
            jump.opening = loop.create_task(self._log_in(jump))
            jump.opening.add_done_callback(_retrieve)
        return await asyncio.shield(jump.opening)

    async def _log_in(self, jump: Jump) -> SshConnection:
        jump.failure = None
        try:
            return await self._open(jump.host)
        except HostError as error:
            jump.failure = error
            wait = _AFTER_FAILURE if error.kind in WORTH_RETRYING else _AFTER_REFUSAL
            jump.try_again = asyncio.get_running_loop().time() + wait
            raise

    def _close_idle(self, jump: Jump) -> None:
        jump.idle = None
        if jump.opening is not None:
            task = asyncio.get_running_loop().create_task(_log_out(jump.opening))
            jump.opening = None
            jump.closing.add(task)
            task.add_done_callback(jump.closing.discard)

    def forgive(self) -> None:
        """Let refused jump hosts be tried at once: for a person who just repaired one."""
        for jump in self._jumps.values():
            jump.failure = None


def _alive(opening: asyncio.Task[SshConnection]) -> bool:
    return not opening.cancelled() and opening.exception() is None and opening.result().alive


def _retrieve(opening: asyncio.Task[SshConnection]) -> None:
    """Mark its error as seen: those who waited for it may all have been cancelled."""
    if not opening.cancelled():
        opening.exception()


async def _log_out(opening: asyncio.Task[SshConnection]) -> None:
    if opening.done() and not opening.cancelled() and opening.exception() is None:
        await opening.result().close()
