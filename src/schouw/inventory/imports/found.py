"""Hosts found elsewhere, and the fleet file that they make."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from schouw.text import line

_BARE = re.compile(r"[A-Za-z0-9_-]+")

HEADER = """\
# hosts.toml: the servers that schouw looks at. No secrets belong here.
#
#     schouw config check      reads it all and lists every mistake
#     schouw config example    every key, explained
#     schouw config schema     a JSON Schema, so that your editor completes the keys
#
# The most specific table wins: host, later group, earlier group, site, defaults.
version = 1
"""


@dataclass(frozen=True, slots=True)
class Found:
    """One host, or many alike where `name` holds ranges. All of it has the grammar of a fleet file."""

    name: str
    address: str = ""
    port: int | None = None
    user: str = ""
    local: bool = False
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    hosts: tuple[Found, ...]
    groups: tuple[str, ...] = ()
    ssh_config: str = ""
    """Where the hosts' settings are, where that is not the usual ~/.ssh/config."""
    left_out: tuple[str, ...] = ()
    """What was not taken over, one sentence each."""


def render(imported: Imported) -> str:
    """The text of a fleet file."""
    return "\n".join(_blocks(imported))


def _blocks(imported: Imported) -> Iterator[str]:
    yield HEADER
    if imported.ssh_config:
        yield f"[defaults]\nssh_config = {_quoted(imported.ssh_config)}\n"
    for group in imported.groups:
        yield f"[groups.{_key(group)}]\n"
    for host in imported.hosts:
        yield "\n".join([f"[hosts.{_key(host.name)}]", *_settings(host), ""])
    if imported.left_out:
        yield "\n".join(["# Left out:", *(f"#   {line(sentence)}" for sentence in imported.left_out), ""])


def _settings(host: Found) -> Iterator[str]:
    if host.local:
        yield "local = true"
    if host.address:
        yield f"address = {_quoted(host.address)}"
    if host.port is not None:
        yield f"port = {host.port}"
    if host.user:
        yield f"user = {_quoted(host.user)}"
    if host.groups:
        yield f"groups = [{', '.join(map(_quoted, host.groups))}]"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
