"""The engine as a process of its own; started by `schouw.scan.attach`, never by hand."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys

from schouw.errors import SchouwError
from schouw.scan.service import COLLECT_AFTER, NICE, Settings, run_service, take_lock, wait_idle

IDLE_SECONDS = 60.0
"""An engine without clients and without work ends after this."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m schouw.scan", description=__doc__)
    parser.add_argument("--settings", required=True, help="where everything is, as JSON")
    parser.add_argument("--ready", type=int, required=True, help="descriptor that is closed once the engine listens")
    options = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    logging.getLogger("asyncssh").setLevel(logging.CRITICAL)  # it logs what servers say
    gc.set_threshold(COLLECT_AFTER)
    os.nice(NICE)
    try:
        settings = Settings.from_json(options.settings)
        asyncio.run(_run(settings, options.ready))
    except SchouwError as error:
        print(error, file=sys.stderr)  # noqa: T201 - its log file
        with contextlib.suppress(OSError):
            os.write(options.ready, str(error).encode())
        return 1
    return 0


async def _run(settings: Settings, ready: int) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with run_service(settings, take_lock(settings.place)) as service:
        os.close(ready)
        idle = asyncio.create_task(wait_idle(service, IDLE_SECONDS))
        stop = asyncio.create_task(ended.wait())
        _, pending = await asyncio.wait({idle, stop}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()


if __name__ == "__main__":
    sys.exit(main())
