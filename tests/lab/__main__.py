"""python -m tests.lab up | down | list | exec HOST COMMAND …"""

from __future__ import annotations

import os
import sys
import time

from tests.lab import spaces
from tests.lab.hosts import HOSTS


def main(arguments: list[str]) -> int:
    if os.geteuid() != 0:
        print("the lab makes namespaces and mounts: run it as root", file=sys.stderr)
        return 2
    match arguments:
        case ["up"]:
            began = time.monotonic()
            spaces.up()
            print(f"{len(HOSTS)} hosts in {time.monotonic() - began:.1f} s; schouw --config {spaces.FLEET}")
        case ["down"]:
            spaces.down()
        case ["list"]:
            for host in HOSTS:
                state = "up" if spaces.first_process(host.name) else "down"
                print(f"{host.name:12} {host.address:16} {host.address6:20} {host.base:11} {state}")
        case ["exec", name, *command] if command:
            print(spaces.execute(name, *command), end="")
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
