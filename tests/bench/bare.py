"""What a sweep costs at least: a bare asyncssh program that runs schouw's own script on every host, and no more.

python -m tests.bench.bare KEY KNOWN_HOSTS PORT ADDRESS …
"""

from __future__ import annotations

import asyncio
import sys

import asyncssh

from schouw.collect.script import request, script
from schouw.collect.sections import COLLECTORS

_AT_ONCE = 50
_PACE = 0.02


async def _one(address: str, options: asyncssh.SSHClientConnectionOptions, port: int, slots: asyncio.Semaphore) -> int:
    async with slots, asyncssh.connect(address, port=port, options=options, config=None) as connection:
        process = await connection.create_process("sh -s", encoding=None)
        process.stdin.write(script(COLLECTORS, request("0" * 16, "sudo", {})))
        process.stdin.write_eof()
        return len(await process.stdout.read())


async def main(key: str, known_hosts: str, port: str, addresses: list[str]) -> None:
    options = asyncssh.SSHClientConnectionOptions(
        username="root",
        client_keys=[asyncssh.read_private_key(key)],
        known_hosts=asyncssh.read_known_hosts(known_hosts),
        agent_path=None,
        compression_algs=None,
        encryption_algs=["aes128-gcm@openssh.com"],
    )
    slots = asyncio.Semaphore(_AT_ONCE)
    tasks = []
    for address in addresses:
        tasks.append(asyncio.create_task(_one(address, options, int(port), slots)))
        await asyncio.sleep(_PACE)
    sizes = await asyncio.gather(*tasks)
    print(len(sizes), sum(sizes))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]))
