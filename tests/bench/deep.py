"""The deep look: within 1.1 times sslyze's own interface for one endpoint, and a child whose memory stays level over 200.

Against an nginx of our own on loopback, the same questions with the same settings, each in a process that has just begun.
"""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from schouw.probe.deep.environment import location, status
from tests.bench.measure import Cost, Result, in_turn
from tests.unit.deep_lab import NAME, Pair, children, deep, endpoint, nginx

ENDPOINTS = 200
WARM = 50
"""Endpoints after which the child has all that it keeps: trust stores, OpenSSL's tables, Python's arenas."""
RUNS = 5

#: sslyze as its documentation has it. The questions that it has no plug-in for are asked of the nearest that it has.
_SCANNER = f"""
import sys
from sslyze import *
location = ServerNetworkLocation("{NAME}", int(sys.argv[1]), "127.0.0.1")
commands = {{
    ScanCommand.CERTIFICATE_INFO, ScanCommand.HEARTBLEED, ScanCommand.OPENSSL_CCS_INJECTION, ScanCommand.TLS_1_3_EARLY_DATA,
    ScanCommand.TLS_COMPRESSION, ScanCommand.SESSION_RENEGOTIATION, ScanCommand.TLS_FALLBACK_SCSV, ScanCommand.ROBOT,
    ScanCommand.TLS_EXTENDED_MASTER_SECRET, ScanCommand.SESSION_RESUMPTION,
}}
scanner = Scanner(per_server_concurrent_connections_limit=2, concurrent_server_scans_limit=1)
scanner.queue_scans([ServerScanRequest(
    location, ServerNetworkConfiguration("{NAME}", network_max_retries=1), commands,
    ScanCommandsExtraArguments(session_resumption=SessionResumptionSupportExtraArgument(2)),
)])
for result in scanner.get_results():
    assert result.scan_result.robot.result is not None
"""


def run() -> Iterator[Result]:
    found = status(location(Path("/nowhere")))
    if found.problem:
        raise SystemExit(found.problem)
    yield from asyncio.run(_run(found.interpreter))


async def _run(interpreter: Path) -> list[Result]:
    with tempfile.TemporaryDirectory() as folder:
        pair = Pair.make(Path(folder))
        async with nginx(pair, Path(folder), "ssl_protocols TLSv1.2 TLSv1.3") as port:
            ours, theirs = await asyncio.to_thread(in_turn, lambda: _ours(port), lambda: _theirs(interpreter, port), RUNS)
            kilobytes = await _memory(port)
    detail = f"{ours.wall:.2f} s, {theirs.wall:.2f} s"
    warm, end = max(kilobytes[:WARM]), max(kilobytes)
    return [
        Result("deep look at one endpoint, against sslyze's own interface", ours.wall / theirs.wall, 1.1, detail=detail),
        Result(
            f"memory of one child after {len(kilobytes)} endpoints, against after {WARM}",
            end / warm,
            1.1,
            detail=f"{end >> 10} MB, {warm >> 10} MB",
        ),
    ]


def _ours(port: int) -> Cost:
    began = time.perf_counter()
    (looked,) = asyncio.run(deep(endpoint(port))).looks
    assert looked.attempt.result is not None and looked.attempt.result.robot.result is not None
    return Cost(time.perf_counter() - began, 0.0, 0)


def _theirs(interpreter: Path, port: int) -> Cost:
    began = time.perf_counter()
    subprocess.run([interpreter, "-I", "-W", "ignore", "-c", _SCANNER, str(port)], check=True)
    return Cost(time.perf_counter() - began, 0.0, 0)


async def _memory(port: int) -> list[int]:
    """Kilobytes that one child holds before each endpoint."""
    held: list[int] = []

    def sample(_step: str, _done: int, _total: int) -> None:
        held.extend(_resident(pid) for pid in children())

    await deep(*[endpoint(port)] * ENDPOINTS, on_step=sample)
    return held


def _resident(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
