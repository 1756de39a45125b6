"""An Ansible inventory, INI or YAML: names, ranges, groups and how hosts are reached.

Never its variables beyond that, and no Jinja or vault: those can run programs and hold secrets.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from schouw.errors import ConfigError
from schouw.inventory.imports.found import Imported
from schouw.inventory.imports.graph import Graph
from schouw.inventory.source import Place, read_text

_SECTION = re.compile(r"\[([^\]:\s]+)(?::(\w+))?\]\s*(?:[#;].*)?")
_PORT = re.compile(r"(.+):([0-9]{1,5})")


def read_ansible(path: Path) -> Imported:
    """`ConfigError`, with line and column, for a file that is not an inventory, or has no hosts."""
    text = read_text(path)
    graph = Graph()
    if path.suffix in (".yml", ".yaml") or re.match(r"(\s*#[^\n]*\n|\s*\n)*(---|all:)", text):
        from schouw.inventory.imports.ansible_yaml import read_yaml  # PyYAML, only where it is needed

        read_yaml(path, text, graph)
    else:
        _read_ini(path, text, graph)
    imported = graph.flattened()
    if not imported.hosts:
        raise ConfigError(f"{path}: no hosts; expected an Ansible inventory in INI or YAML")
    return imported


def _read_ini(path: Path, text: str, graph: Graph) -> None:
    group, kind = "ungrouped", ""
    for number, raw in enumerate(text.split("\n"), start=1):
        written = raw.strip()
        if not written or written[0] in "#;":
            continue
        if section := _SECTION.fullmatch(written):
            group, kind = section[1], section[2] or ""
            graph.add_group(group)
        elif kind == "vars":
            continue
        elif kind == "children":
            graph.add_child(group, written.split()[0])
        else:
            _read_host(Place(path, number, 1 + len(raw) - len(raw.lstrip())), written, group, graph)


def _read_host(place: Place, written: str, group: str, graph: Graph) -> None:
    try:
        name, *words = shlex.split(written, comments=True)
    except ValueError:
        raise ConfigError(f"{place}: a quote is not closed; expected a host and its variables") from None
    variables = {key: value for key, equals, value in (word.partition("=") for word in words) if equals}
    # ``host:2222``; the colon of a range is always before a bracket.
    if (port := _PORT.fullmatch(name)) and ":" not in port[1].rpartition("]")[2]:
        name = port[1]
        variables.setdefault("ansible_port", port[2])
    graph.add_hosts(name, variables, group)
