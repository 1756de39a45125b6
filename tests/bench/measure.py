"""Measuring whole processes, and saying what came out."""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """One finished process with its children: seconds and kilobytes."""

    wall: float
    cpu: float
    peak: int


@dataclass(frozen=True, slots=True)
class Result:
    """One promise: `value` may be at most `limit`."""

    promise: str
    value: float
    limit: float
    unit: str = "×"
    detail: str = ""

    @property
    def kept(self) -> bool:
        return self.value <= self.limit

    def __str__(self) -> str:
        mark = "✓" if self.kept else "✗"
        return f"{mark} {self.promise}: {self.value:.2f}{self.unit} (at most {self.limit:g}{self.unit})  {self.detail}"


def around() -> dict[str, str]:
    """The environment as people have it: bytecode is kept from the first time, and output is written in blocks."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")}


def cost(command: Sequence[str], env: dict[str, str] | None = None) -> Cost:
    """Run once; the operating system's own accounting. RuntimeError when it fails with a status above 3.

    When we are ended meanwhile, so is it, with all that it started.
    """
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=around() | (env or {}), start_new_session=True
    )
    try:
        assert process.stderr is not None
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode not in (0, 1, 3):
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {errors[-1500:].decode(errors='replace')}")
    return Cost(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def median(runs: Sequence[Cost]) -> Cost:
    return Cost(
        statistics.median(run.wall for run in runs),
        statistics.median(run.cpu for run in runs),
        int(statistics.median(run.peak for run in runs)),
    )


def in_turn(first: Callable[[], Cost], second: Callable[[], Cost], runs: int) -> tuple[Cost, Cost]:
    """Medians of both, measured A B A B …, so that a drifting machine hurts both alike."""
    pairs = [(first(), second()) for _ in range(runs)]
    return median([a for a, _ in pairs]), median([b for _, b in pairs])
