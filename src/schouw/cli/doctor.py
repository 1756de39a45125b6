"""``schouw doctor``: can each host be looked at, and what would allow more?"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from schouw.cli.hosts import add_hosts, choose
from schouw.cli.notify import told_lines
from schouw.cli.places import Places, fleet, places, surroundings
from schouw.errors import HostError
from schouw.model.attempt import Attempt
from schouw.model.host import Host, Reach

if TYPE_CHECKING:
    import asyncio

    from schouw.model.facts import Inside
    from schouw.transport import AnyTransport

_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Diagnosis:
    host: Host
    inside: Inside | None
    version: str = ""
    error: HostError | None = None


def add(command: argparse.ArgumentParser) -> None:
    command.description = "Looks, changes nothing on any host."
    add_hosts(command, "all")
    command.add_argument(
        "--accept-host-key",
        metavar="FINGERPRINT",
        help="accept the unknown or changed key of ONE host: the fingerprint (SHA256:…) that you compared with the host's own",
    )


def run(options: argparse.Namespace) -> int:
    import asyncio

    where = places(options)
    chosen = fleet(where)
    hosts = tuple(host for host in choose(chosen, options.hosts, where.history) if host.reach is not Reach.OUTSIDE)
    found = asyncio.run(_diagnose(hosts, {host.name: host for host in chosen.hosts}, where, chosen.limits.per_jump))
    if options.accept_host_key and _accept(found, options.accept_host_key, where):
        found = asyncio.run(_diagnose(hosts, {host.name: host for host in chosen.hosts}, where, chosen.limits.per_jump))
    wanted: dict[str, None] = {}
    for diagnosis in found:
        print("\n".join(_told(diagnosis)))
        wanted |= dict.fromkeys(_sudoers(diagnosis))
    if wanted:
        print("\nTo allow what needs root, on each host in /etc/sudoers.d/schouw (exact commands, nothing else):")
        print("\n".join(wanted))
    told, arrives = told_lines(where, chosen)
    print("".join(f"{line}\n" for line in told), end="")
    return 3 if any(diagnosis.error for diagnosis in found) or not arrives else 0


def _accept(found: tuple[Diagnosis, ...], fingerprint: str, where: Places) -> bool:
    """Accept exactly the key that a person named; whether one was."""
    from schouw.transport.ssh.accept import HostKeyError, accept_host_key

    for diagnosis in found:
        error = diagnosis.error
        if isinstance(error, HostKeyError) and error.key and error.fingerprint == fingerprint:
            accept_host_key(where.accepted_keys, error.known_as, error.key)
            print(f"{diagnosis.host.name}: accepted {fingerprint} in {where.accepted_keys}")
            return True
    print(f"no host offers an unaccepted key with the fingerprint {fingerprint}")
    return False


async def _diagnose(hosts: tuple[Host, ...], everyone: dict[str, Host], where: Places, per_jump: int) -> tuple[Diagnosis, ...]:
    import asyncio

    from schouw.transport import open_transport

    transport = open_transport(everyone, surroundings(where, per_jump))
    slots = asyncio.Semaphore(_AT_ONCE)
    try:
        return tuple(await asyncio.gather(*(_one(host, transport, slots) for host in hosts)))
    finally:
        await transport.close()


async def _one(host: Host, transport: AnyTransport, slots: asyncio.Semaphore) -> Diagnosis:
    from schouw.collect import Collection

    async with slots:
        try:
            connection = await transport.connect(host)
            try:
                collection = Collection(connection, host.privilege)
                inside = await collection.collect(None, lambda *_: None, host.timeouts.collect)
                await collection.close()
                return Diagnosis(host, inside, connection.server_version)
            finally:
                await connection.close()
        except HostError as error:
            return Diagnosis(host, None, error=error.of(host.name))


def _told(diagnosis: Diagnosis) -> list[str]:
    host = diagnosis.host
    if diagnosis.inside is None:
        error = diagnosis.error
        return [f"✗ {error} [{error.kind.value}]" if error else f"✗ {host.name}"]
    identity = diagnosis.inside.identity.result
    who = f"{identity.user} ({identity.privilege.value})" if identity else "unknown account"
    how = "this machine, without SSH" if host.reach is Reach.LOCAL else f"host key verified, {diagnosis.version}"
    lines = [f"✓ {host.name}: {how}, {who}"]
    for name, attempt in _attempts(diagnosis.inside):
        if attempt.reason and not attempt.absent:
            partly = "in part" if attempt.result is not None else "not checked"
            lines.append(f"    {name}: {partly}: {attempt.reason}")
    return lines


def _sudoers(diagnosis: Diagnosis) -> list[str]:
    """The lines that would let this account see what the host said that only root sees."""
    from schouw.collect import SUDO_COMMANDS, sudoers

    identity = diagnosis.inside.identity.result if diagnosis.inside else None
    if diagnosis.inside is None or identity is None or diagnosis.host.privilege == "none":
        return []
    reasons = " ".join(attempt.reason for _, attempt in _attempts(diagnosis.inside))
    return [sudoers(identity.user)] if any(f"`{command}" in reasons for command in SUDO_COMMANDS) else []


def _attempts(inside: Inside) -> list[tuple[str, Attempt[object]]]:
    """Every section by name, in the order of the script."""
    sections = ((section.name, getattr(inside, section.name)) for section in fields(inside))
    return [(name, attempt) for name, attempt in sections if isinstance(attempt, Attempt)]
