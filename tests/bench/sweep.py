"""A sweep of 200 addresses, inside view only, against a bare asyncssh program and against ansible.

All three send the same script to the same servers, fifty at a time, and the servers do the same for each of them: all of
the script, but for `apt-cache policy`, whose answer is played back (see `farm`). Client CPU is that of the program with
all its children; the servers' is not in it, though they share the machine: what is worth anything here are ratios of
runs in turn. Only schouw reads the answers, judges them, keeps them and prints them; the others print or drop them.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from schouw.collect.script import request, script
from schouw.collect.sections import COLLECTORS
from tests.bench.farm import Farm, farm
from tests.bench.measure import Cost, Result, cost, in_turn

HOSTS = 200
#: One round keeps both cores of a small machine busy for a minute, ansible's for several.
RUNS = 3


def schouw(farm: Farm, fleet: Path, number: int = 0) -> Cost:
    """A first sweep: with a history that knows nothing yet."""
    history = farm.folder / f"history-{number}.db"
    for file in farm.folder.glob(f"{history.name}*"):
        file.unlink()
    command = [str(Path(sys.executable).with_name("schouw")), "scan", "--inside", "--quiet", "--format", "ndjson"]
    return cost([*command, "--config", str(fleet), "--history", str(history)], {"XDG_RUNTIME_DIR": str(farm.folder)})


def run() -> Iterator[Result]:
    with farm(HOSTS, recorded=True) as field:
        fleet, one = field.fleet(field.addresses), field.fleet(field.addresses[:1])
        schouw(field, one), _bare(field, field.addresses[:1])  # whatever is only done the first time
        ours, bare = in_turn(lambda: schouw(field, fleet), lambda: _bare(field, field.addresses), RUNS)
        yield Result("client CPU against bare asyncssh", ours.cpu / bare.cpu, 1.5, detail=f"{ours.cpu:.2f} s, {bare.cpu:.2f} s")
        if not shutil.which("ansible"):
            print("ansible is not installed: not compared with it (apt install ansible-core)", file=sys.stderr)
            return
        theirs = _ansible(field)
        yield Result("client CPU against ansible", ours.cpu / theirs.cpu, 0.2, detail=f"{ours.cpu:.2f} s, {theirs.cpu:.2f} s")
        yield Result(
            "wall time against ansible", ours.wall / theirs.wall, 2 / 3, detail=f"{ours.wall:.1f} s, {theirs.wall:.1f} s"
        )


def _bare(field: Farm, addresses: tuple[str, ...]) -> Cost:
    program = [sys.executable, "-m", "tests.bench.bare", str(field.key), str(field.known_hosts), str(field.port)]
    return cost([*program, *addresses])


def _ansible(field: Farm) -> Cost:
    inventory = field.folder / "inventory"
    options = f"-o UserKnownHostsFile={field.known_hosts}"
    inventory.write_text(
        "".join(
            f"{address} ansible_port={field.port} ansible_user=root ansible_ssh_private_key_file={field.key} "
            f"ansible_ssh_common_args='{options}'\n"
            for address in field.addresses
        )
    )
    program = field.folder / "collect.sh"
    # ansible's ssh has a terminal for its input, which never ends; our script would wait there for another request.
    program.write_bytes(b"#!/bin/sh\nexec </dev/null\n" + script(COLLECTORS, request("0" * 16, "sudo", {})))
    command = ["ansible", "all", "-i", str(inventory), "-f", "50", "-m", "script", "-a", str(program)]
    # Nothing of it stays: neither its files, nor the connections that it keeps open, which end with the farm.
    folders = {"ANSIBLE_HOME": "ansible", "ANSIBLE_REMOTE_TMP": "remote", "ANSIBLE_SSH_CONTROL_PATH_DIR": "cp"}
    around = {name: str(field.folder / folder) for name, folder in folders.items()}
    return cost(command, around | {"ANSIBLE_HOST_KEY_CHECKING": "True"})
