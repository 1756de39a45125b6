"""One merged host as people read it: TOML, and behind each value the table that it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from schouw.inventory.durations import written
from schouw.inventory.entries import read_entries
from schouw.inventory.loading import load
from schouw.inventory.merge import Entry, origin
from schouw.model.host import Host, Profiles, Reach, Timeouts, TlsPort

_TIMES = ("rescan", "rescan_inside", "stale_after", "sweep_all_ports", "deep", "keep_accounts")
#: What holds where nothing was said and nothing is built in.
_UNSAID = {
    "address": "what ssh_config says, else the host's name",
    "user": "what ssh_config says, else your own",
    "port": "what ssh_config says, else 22",
    "identity": "your ssh-agent, and what ssh_config says",
    "known_hosts": "what ssh_config says, else ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts",
    "tls": "only what is found by itself",
    "listen": "nothing was said, so no open port is unexpected",
}


def describe(path: Path, name: str, home: Path | None = None) -> str:
    """A host of a fleet file, or each host of a group; `ConfigError` as `load` and `Fleet.select`."""
    chosen = load(path, home).select([name])
    entries = read_entries(path).hosts
    return "\n".join("\n".join(_table(host, entries[host.name].entry)) + "\n" for host in chosen)


def _table(host: Host, entry: Entry) -> Iterator[str]:
    yield f"[hosts.{json.dumps(host.name)}]"
    if host.reach is Reach.LOCAL:
        yield _line("local", "true", "this machine, without SSH")
    if host.reach is Reach.OUTSIDE:
        yield _line("ssh", "false", origin(entry, "ssh"))
    for field in fields(host):
        value: object = getattr(host, field.name)
        if field.name in ("name", "reach", "own_profiles"):
            continue
        source = origin(entry, field.name)
        if field.name in _UNSAID and value in ("", None, ()) and not source:
            yield f"# {field.name}: {_UNSAID[field.name]}"
        else:
            yield _line(field.name, _toml(field.name, value), source or "built in")


def _line(key: str, value: str, source: str) -> str:
    return f"{f'{key} = {value}':<48}  # {source}"


def _toml(key: str, value: object) -> str:
    if isinstance(value, Timeouts):
        times = ", ".join(f"{each.name} = {json.dumps(written(getattr(value, each.name)))}" for each in fields(value))
        return f"{{ {times} }}"
    if isinstance(value, Profiles):
        return f"{{ {', '.join(f'{each.name} = {json.dumps(getattr(value, each.name))}' for each in fields(value))} }}"
    if isinstance(value, tuple) and value and isinstance(value[0], TlsPort):
        return f"[{', '.join(_service(one) for one in value)}]"
    if key in _TIMES and isinstance(value, float):
        return json.dumps(written(value))
    if isinstance(value, tuple):
        return json.dumps([str(each) for each in value], ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)


def _service(one: TlsPort) -> str:
    return f'{{ port = {one.port}, protocol = "{one.protocol}", names = {json.dumps(one.names)} }}'
