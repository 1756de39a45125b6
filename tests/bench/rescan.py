"""A rescan of an unchanged host moves at most a twentieth of the bytes of the first and takes a third of its time."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from schouw.collect import Collection
from schouw.model.host import Host
from schouw.transport import Surroundings, open_transport
from tests.bench.farm import Farm, farm
from tests.bench.measure import Result


def run() -> Iterator[Result]:
    with farm(1) as field:
        looks = [asyncio.run(_twice(field)) for _ in range(5)]
    first_time, again_time = (statistics.median(look[n] for look in looks) for n in (0, 1))
    first_bytes, again_bytes = (statistics.median(look[n] for look in looks) for n in (2, 3))
    yield Result("bytes of a rescan", again_bytes / first_bytes, 1 / 20, detail=f"{again_bytes:.0f}, {first_bytes:.0f}")
    yield Result("time of a rescan", again_time / first_time, 1 / 3, detail=f"{again_time:.3f} s, {first_time:.3f} s")


async def _twice(field: Farm) -> tuple[float, float, float, float]:
    host = Host(
        name="h", address=field.addresses[0], port=field.port, user="root", ssh_config="",
        identity=(str(field.key),), known_hosts=(str(field.known_hosts),),
    )  # fmt: skip
    around = Surroundings(home=Path.home(), user="root", accepted=field.folder / "accepted")
    transport = open_transport({host.name: host}, around)
    try:
        began = time.perf_counter()
        connection = await transport.connect(host)
        collection = Collection(connection)
        inside = await collection.collect(None, lambda *_: None, 60)
        first = time.perf_counter() - began
        first_bytes = collection.sent + collection.received
        began = time.perf_counter()
        await collection.collect(inside, lambda *_: None, 60)
        again = time.perf_counter() - began
        again_bytes = collection.sent + collection.received
        await collection.close()
        await connection.close()
    finally:
        await transport.close()
    return first, again, first_bytes, again_bytes
