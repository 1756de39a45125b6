"""``schouw config check|show HOST|schema|example``: the fleet file as schouw understands it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from schouw.cli.places import places
from schouw.errors import ConfigError
from schouw.shipped import shipped

if TYPE_CHECKING:
    from schouw.inventory import Fleet


def add(command: argparse.ArgumentParser) -> None:
    command.description = "The fleet file as schouw understands it."
    from schouw.cli import shared_options

    shared = shared_options()
    actions = command.add_subparsers(metavar="ACTION", required=True)
    check = actions.add_parser("check", help="read it all and list every mistake", parents=[shared])
    check.set_defaults(act=lambda options: _print(config_check(_file(options))))
    show = actions.add_parser("show", help="one host with everything merged", parents=[shared])
    show.add_argument("host", metavar="HOST|GROUP")
    show.set_defaults(act=lambda options: _print(config_show(_file(options), options.host)))
    example = actions.add_parser("example", help="a hosts.toml with every key, explained", parents=[shared])
    example.set_defaults(act=lambda _options: _print(shipped("hosts.example.toml").read_text("utf-8")))
    schema = actions.add_parser("schema", help="the JSON Schema of hosts.toml", parents=[shared])
    schema.set_defaults(act=lambda _options: _print(config_schema()))


def run(options: argparse.Namespace) -> int:
    return int(options.act(options))


def config_check(path: Path) -> str:
    """What the file holds, with warnings; `ConfigError` lists its mistakes."""
    from schouw.inventory import load

    fleet = load(path)
    lines = [f"warning: {warning}" for warning in (*fleet.warnings, *_unreadable_keys(fleet))]
    lines.append(f"{path}: {_count(len(fleet.hosts), 'host')}, {_count(len(fleet.groups), 'group')}, no mistakes")
    return "\n".join(lines) + "\n"


def config_show(path: Path, host: str) -> str:
    """One host, or those of a group, with everything merged, as TOML; behind each value the table that it comes from."""
    from schouw.inventory.describe import describe

    return describe(path, host)


def config_schema() -> str:
    from schouw.inventory import schema

    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _file(options: argparse.Namespace) -> Path:
    from schouw.inventory import discover

    where = places(options)
    path = where.config_file or discover(Path.cwd(), where.config, os.environ)
    if path is None:
        raise ConfigError("no fleet file; name one with --config, or write one with: schouw init")
    return path


def _print(text: str) -> int:
    sys.stdout.write(text)
    return 0


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _unreadable_keys(fleet: Fleet) -> Iterator[str]:
    users: dict[str, list[str]] = {}
    for host in fleet.hosts:
        for identity in host.identity:
            users.setdefault(identity, []).append(host.name)
    for identity, names in users.items():
        if not os.access(identity, os.R_OK):
            yield f"{identity}: this private key of {_some(names)} cannot be read"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
