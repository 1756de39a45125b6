"""A fleet file that is edited while schouw runs is read anew; one that cannot be read changes nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from schouw.errors import ConfigError
from schouw.inventory import Fleet
from schouw.inventory.entries import files_beside

EVERY = 5.0
"""Seconds between two looks at the files."""

Stamp = tuple[tuple[str, int, int, int], ...]


def stamp(path: Path) -> Stamp:
    """Of the fleet file and of those beside it: another one when one of them was changed, came or went."""
    try:
        files = (path, *files_beside(path), *sorted((path.parent / "profiles").glob("*.toml")))
        states = [(file, file.stat()) for file in files]
    except (OSError, ConfigError):
        return ()  # what is wrong with them is said when they are read
    return tuple((str(file), state.st_ino, state.st_mtime_ns, state.st_size) for file, state in states)


async def changed(path: Path | None, asked: asyncio.Event, every: float = EVERY) -> AsyncIterator[None]:
    """Whenever it is to be read: once files that changed have stayed the same for a while (an editor may be writing), and
    at once when `asked` is set. None: the fleet has no file."""
    known = before = stamp(path) if path is not None else ()
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(every):
                await asked.wait()
        now = stamp(path) if path is not None else ()
        if asked.is_set() or (now != known and now == before):
            asked.clear()
            known = now
            yield
        before = now


def read_anew(before: Fleet, read: Callable[[], Fleet]) -> tuple[Fleet, str]:
    """The fleet as it is now, or `before` where that cannot be read; and what became of it in one line."""
    try:
        after = read()
    except ConfigError as error:
        first, *more = str(error).splitlines()
        others = f" (and {len(more)} more; schouw config check lists them)" if more else ""
        return before, f"the fleet stays as it was: {first}{others}"
    was, now = ({host.name: host for host in fleet.hosts} for fleet in (before, after))
    told = {
        "new": len(now.keys() - was.keys()),
        "gone": len(was.keys() - now.keys()),
        "changed": sum(was[name] != now[name] for name in was.keys() & now.keys()),
    }
    counts = ", ".join(f"{count} {what}" for what, count in told.items() if count) or "none new, gone or changed"
    limits = "" if after.limits == before.limits else "; other [limits] count when schouw is started anew"
    return after, f"the fleet was read anew: {len(now)} hosts, {counts}{limits}"
