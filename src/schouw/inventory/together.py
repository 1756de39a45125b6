"""What only shows when all hosts are seen together: jumps that lead nowhere, and hosts that look alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from schouw.model.host import Host, Reach


def jump_problems(hosts: Mapping[str, Host]) -> Iterator[tuple[str, str]]:
    """(host, problem) for each host whose way in cannot be walked."""
    for host in hosts.values():
        if host.reach is not Reach.SSH:
            continue
        way = [host.name]
        while (following := hosts.get(hosts[way[-1]].jump.rpartition("@")[2])) is not None:
            way.append(following.name)
            if following.reach is not Reach.SSH:
                yield host.name, f'jump leads through "{following.name}", which is not reached over SSH; expected an SSH host'
                break
            if following.name in way[:-1]:
                yield host.name, f"jump leads in a circle: {' → '.join(way)}; expected a way that ends outside"
                break


def warnings(hosts: Mapping[str, Host], groups: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """(host, key, sentence) for what is odd, but usable."""
    seen: dict[tuple[str, int, str], str] = {}
    for host in hosts.values():
        if host.reach is Reach.LOCAL:
            continue
        where = (host.address or host.name, host.port or 22, host.jump)
        if where in seen:
            yield (
                host.name,
                "address",
                f'"{host.name}" and "{seen[where]}" are both {where[0]} port {where[1]}: one server, looked at twice',
            )
        seen.setdefault(where, host.name)
        if host.name in groups:
            yield (
                host.name,
                "",
                f'"{host.name}" is a host and a group: the name alone means the host, group:{host.name} the group',
            )
