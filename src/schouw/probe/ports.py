"""Which ports answer: TCP connects that are closed as soon as they are answered.

A few ports go through the event loop; thousands through an epoll loop in a thread, at a quarter of the CPU
(65,535 ports in 1.7 s where asyncio's streams take 10 s).
"""

from __future__ import annotations

import asyncio
import errno
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Container, Iterable, Sequence

from schouw.probe.budget import Budget, Pace
from schouw.probe.wire import Met, connect, met_itself, new_socket

SECONDS = 1.5
"""How long a connect waits. The kernel sends its SYN again after one second, so each try is two packets."""
TRIES = 2
"""A silent port is knocked at once more: one lost packet must not look like a firewall."""


async def knock(address: str, port: int, budget: Budget, seconds: float = SECONDS, tries: int = TRIES) -> Met:
    """Knock at one port; the second try is for silence alone."""
    async with budget.knock():
        met = Met.SILENT
        for _ in range(tries):
            met, sock = await connect(address, port, seconds)
            if sock is not None:
                sock.close()
                budget.charge()
            if met is not Met.SILENT:
                break
        return met


async def connect_scan(
    address: str, ports: Iterable[int], budget: Budget, on_done: Callable[[], None] = lambda: None, once: Container[int] = ()
) -> dict[int, Met]:
    """Knock at each of a few ports, as many at once as the budget allows; `on_done` is called after each.

    Ports in `once` are not knocked at again when they are silent.
    """
    met: dict[int, Met] = {}

    async def one(port: int) -> None:
        met[port] = await knock(address, port, budget, tries=1 if port in once else TRIES)
        on_done()

    async with asyncio.TaskGroup() as group:
        for port in ports:
            group.create_task(one(port))
    return met


async def sweep(address: str, ports: Sequence[int], budget: Budget, pace: Pace, seconds: float = SECONDS) -> dict[int, Met]:
    """Knock at each of many ports, at the sweep's own pace. Cancelling it stops its thread within a moment."""
    stop = threading.Event()
    async with budget.sweep(pace) as allowed:
        try:
            met = await asyncio.to_thread(_sweep, address, ports, allowed, seconds, stop)
        finally:
            stop.set()
    budget.charge(sum(one is Met.OPEN for one in met.values()))
    return met


def _sweep(address: str, ports: Sequence[int], pace: Pace, seconds: float, stop: threading.Event) -> dict[int, Met]:
    """All ports once; then those that stayed silent once more."""
    with _Sweep(address, pace, seconds, stop) as first:
        first.run(ports)
    silent = [port for port, met in first.met.items() if met is Met.SILENT]
    with _Sweep(address, pace, seconds, stop) as second:
        second.run(silent)
    return first.met | second.met


class _Sweep:
    """Non-blocking connects over one epoll. All wait equally long, so the oldest is always the next to expire."""

    def __init__(self, address: str, pace: Pace, seconds: float, stop: threading.Event) -> None:
        self.met: dict[int, Met] = {}
        self._address, self._pace, self._seconds, self._stop = address, pace, seconds, stop
        self._epoll = select.epoll()
        self._waiting: dict[int, tuple[int, socket.socket]] = {}
        self._deadlines: deque[tuple[float, int, int]] = deque()

    def __enter__(self) -> _Sweep:
        return self

    def __exit__(self, *_: object) -> None:
        for _port, sock in self._waiting.values():
            sock.close()
        self._epoll.close()

    def run(self, ports: Sequence[int]) -> None:
        started, began, upcoming = 0, time.monotonic(), iter(ports)
        while not self._stop.is_set() and len(self.met) < len(ports):
            now = time.monotonic()
            due = min(len(ports), 1 + int((now - began) * self._pace.per_second)) - started
            for port in (next(upcoming) for _ in range(min(due, self._pace.in_flight - len(self._waiting)))):
                self._start(port, now + self._seconds)
                started += 1
            # At most 50 ms, so that a stop is heeded; less while the pace has more to start.
            self._answers(0.05 if started == len(ports) else 1.0 / self._pace.per_second)
            self._expire(time.monotonic())

    def _start(self, port: int, deadline: float) -> None:
        try:
            sock = new_socket(self._address)
        except OSError:
            self.met[port] = Met.NOT_TRIED
            return
        error = sock.connect_ex((self._address, port))
        if error == errno.EINPROGRESS:
            self._epoll.register(sock, select.EPOLLOUT)
            self._waiting[sock.fileno()] = (port, sock)
            self._deadlines.append((deadline, sock.fileno(), port))
        else:
            self._finish(port, sock, error)

    def _answers(self, seconds: float) -> None:
        for descriptor, _event in self._epoll.poll(min(0.05, max(0.001, seconds))):
            port, sock = self._waiting.pop(descriptor)
            self._finish(port, sock, sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

    def _expire(self, now: float) -> None:
        while self._deadlines and self._deadlines[0][0] <= now:
            _, descriptor, port = self._deadlines.popleft()
            # A descriptor is used again once its connect was answered: only the same port's own deadline counts.
            if descriptor in self._waiting and self._waiting[descriptor][0] == port:
                self._waiting.pop(descriptor)[1].close()
                self.met[port] = Met.SILENT

    def _finish(self, port: int, sock: socket.socket, error: int) -> None:
        met = Met.of(error)
        self.met[port] = Met.CLOSED if met is Met.OPEN and met_itself(sock) else met
        sock.close()
