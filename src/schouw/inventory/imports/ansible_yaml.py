"""An Ansible inventory in YAML, read as a tree of nodes.

Nothing is constructed from it: tags such as ``!vault`` mean nothing here, and aliases cannot multiply.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from schouw.errors import ConfigError
from schouw.inventory.imports.graph import Graph
from schouw.inventory.source import Place
from schouw.text import line

_DEEPEST = 32
_MOST_NODES = 200_000


def read_yaml(path: Path, text: str, graph: Graph) -> None:
    """Add all groups of the document; `ConfigError` with line and column where it is no inventory."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = Place(path, mark.line + 1, mark.column + 1) if mark else Place(path, 1, 1)
        raise ConfigError(f"{place}: {line(error.problem or 'not YAML')}; expected a YAML inventory") from None
    except (yaml.YAMLError, RecursionError) as error:
        reason = "nested too deep" if isinstance(error, RecursionError) else line(str(error))
        raise ConfigError(f"{path}:1:1: {reason}; expected a YAML inventory") from None
    reader = _Reader(path, graph)
    for name, node in reader.pairs(root):
        reader.group(name, node, 0)


class _Reader:
    def __init__(self, path: Path, graph: Graph) -> None:
        self._path = path
        self._graph = graph
        self._nodes_left = _MOST_NODES

    def group(self, name: str, node: yaml.Node | None, depth: int) -> None:
        if depth > _DEEPEST:
            raise ConfigError(f"{self._place(node)}: groups more than {_DEEPEST} deep; expected an Ansible inventory")
        self._graph.add_group(name)
        for key, value in self.pairs(node):
            if key == "hosts":
                for pattern, variables in self.pairs(value):
                    self._graph.add_hosts(pattern, dict(self._scalars(variables)), name)
            elif key == "children":
                for child, below in self.pairs(value):
                    self._graph.add_child(name, child)
                    self.group(child, below, depth + 1)

    def pairs(self, node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
        """Keys and values of a mapping; an empty value has none."""
        if node is None or (isinstance(node, yaml.ScalarNode) and node.value in ("", "null", "~")):
            return
        if not isinstance(node, yaml.MappingNode):
            raise ConfigError(f"{self._place(node)}: not a mapping; expected groups with hosts and children")
        for key, value in node.value:
            self._nodes_left -= 1
            if self._nodes_left < 0:
                raise ConfigError(f"{self._place(node)}: more than {_MOST_NODES} entries; expected an inventory of people's own")
            if isinstance(key, yaml.ScalarNode):
                yield key.value, value

    def _scalars(self, node: yaml.Node | None) -> Iterator[tuple[str, str]]:
        for key, value in self.pairs(node):
            if isinstance(value, yaml.ScalarNode) and not value.tag.startswith("!"):
                yield key, value.value

    def _place(self, node: yaml.Node | None) -> Place:
        mark = node.start_mark if node else None
        return Place(self._path, mark.line + 1, mark.column + 1) if mark else Place(self._path, 1, 1)
