"""A program in a terminal of its own, and the moment when it has painted something."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import termios
import time
from collections.abc import Sequence

from tests.bench.measure import Cost, around

SIZE = (40, 120)
_PATIENCE = 30.0


def until_painted(command: Sequence[str], text: bytes, env: dict[str, str]) -> Cost:
    """Seconds from its start until `text` arrives at the terminal; then it is ended."""
    began = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        os.execvpe(command[0], list(command), around() | env | {"TERM": "xterm-256color", "COLORTERM": "truecolor"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    seen = b""
    try:
        while text not in seen:
            if time.perf_counter() - began > _PATIENCE:
                raise RuntimeError(f"{command[0]} painted no {text!r}; it said {seen[-500:]!r}")
            if select.select([terminal], [], [], 0.2)[0]:
                seen += os.read(terminal, 1 << 16)
        wall = time.perf_counter() - began
    finally:
        os.kill(pid, 9)
        _, _, usage = os.wait4(pid, 0)
        os.close(terminal)
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
