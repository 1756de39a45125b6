"""Copying, over SSH and inside tmux, too; it always says where the text went."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

#: What terminals take in one OSC 52 sequence: 100,000 bytes of base64 in xterm and most others.
_OSC52_BYTES = 74_994


async def copy(text: str, env: Mapping[str, str], osc52: Callable[[str], None], folder: Path) -> str:
    """Where it went, in words. Inside tmux to its buffer, else to the terminal, else (too long) to a file in `folder`."""
    if env.get("TMUX") and await _to_tmux(text):
        return "copied to tmux's buffer (paste: prefix ]), and to the terminal's clipboard where tmux may"
    if len(text.encode()) <= _OSC52_BYTES:
        osc52(text)
        return "sent to the terminal's clipboard (OSC 52)"
    path = folder / "copied.txt"
    await asyncio.to_thread(_write, path, text)
    return f"too long for the terminal's clipboard; written to {path}"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_text(text, "utf-8")


async def _to_tmux(text: str) -> bool:
    try:
        process = await asyncio.create_subprocess_exec(
            "tmux", "load-buffer", "-w", "-",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
    except OSError:
        return False
    try:
        await asyncio.wait_for(process.communicate(text.encode()), 2)
    except (TimeoutError, OSError):
        if process.returncode is None:
            process.kill()
        return False
    return process.returncode == 0
