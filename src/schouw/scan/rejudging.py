"""A new vulnerability database judges the whole fleet anew, from what is stored: no host is touched.

One host after another, each a step of milliseconds in the keeper's thread. While hosts are being scanned, whose results
go through the same thread, it stands back between two steps for longer than a step takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from schouw.errors import HistoryError, HostError
from schouw.model.host import Host
from schouw.scan.events import Notice, Rejudged
from schouw.scan.keeper import Keeper
from schouw.scan.watchers import Watchers

POLL_SECONDS = 5.0
"""How often the file is looked at."""
_STAND_BACK = 3.0


async def run_rejudging(keeper: Keeper, hosts: Mapping[str, Host], watchers: Watchers, busy: Callable[[], bool]) -> None:
    """For ever. `hosts`: those of the fleet; what the history holds of others waits until they are named."""
    waiting: dict[str, None] = {}
    while True:
        try:
            waiting |= dict.fromkeys(await keeper.outdated())
            done = 0
            for name in [name for name in waiting if name in hosts]:
                del waiting[name]
                done += await _one(keeper, hosts[name], watchers, busy)
            if done:
                watchers.tell(Notice(f"the vulnerability database is another one: judged anew: {_hosts(done)}"))
        except HistoryError as error:
            watchers.tell(Notice(str(error)))
        await asyncio.sleep(POLL_SECONDS)


async def _one(keeper: Keeper, host: Host, watchers: Watchers, busy: Callable[[], bool]) -> bool:
    clock = asyncio.get_running_loop().time
    began = clock()
    try:
        summary = await keeper.rejudge(host)
    except HostError as error:  # a mistake of ours, which is in the log
        watchers.tell(Notice(str(error)))
        return False
    if summary is not None:
        watchers.tell(Rejudged(host.name, summary))
    await asyncio.sleep((clock() - began) * _STAND_BACK if busy() else 0)
    return summary is not None


def _hosts(count: int) -> str:
    return "1 host" if count == 1 else f"{count} hosts"
