"""Ansible's groups in groups, flattened to the groups of each host."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import msgspec

from schouw.inventory.addresses import address_problem
from schouw.inventory.imports.found import Found, Imported
from schouw.inventory.names import MOST, expand, is_name
from schouw.inventory.tables import Address, User

#: Ansible's own groups: every host is in one of them.
_IMPLIED = ("all", "ungrouped")
_MOST_HOSTS = 16 * MOST


@dataclass(frozen=True, slots=True)
class _Member:
    found: Found
    pattern: str


class Graph:
    """Gathers hosts and groups in the order of the inventory, and what could not be taken over."""

    def __init__(self) -> None:
        self._members: dict[str, _Member] = {}
        self._direct: dict[str, dict[str, None]] = {}
        self._parents: dict[str, dict[str, None]] = {}
        self._left_out: dict[str, None] = {}

    def add_group(self, name: str) -> None:
        self._parents.setdefault(name, {})

    def add_child(self, parent: str, child: str) -> None:
        self.add_group(parent)
        self._parents.setdefault(child, {})[parent] = None

    def add_hosts(self, pattern: str, variables: Mapping[str, str], group: str) -> None:
        """The hosts that a pattern stands for. Of their variables, only how to reach them is looked at."""
        try:
            names = expand(pattern)
        except ValueError as error:
            self.leave_out(str(error))
            return
        self.add_group(group)
        for name in names:
            if not is_name(name) or len(self._members) >= _MOST_HOSTS:
                self.leave_out(f"{name}: not a name that schouw can use, or one host too many")
                return
            member = self._members.get(name) or _Member(Found(name), pattern)
            self._members[name] = replace(member, found=self._reached(member.found, variables))
            self._direct.setdefault(name, {})[group] = None

    def leave_out(self, sentence: str) -> None:
        if len(self._left_out) < 100:
            self._left_out[sentence] = None

    def flattened(self) -> Imported:
        hosts = [
            replace(member, found=replace(member.found, groups=self._groups(name))) for name, member in self._members.items()
        ]
        groups = [group for group in self._parents if group not in _IMPLIED and self._fits_as_group(group)]
        return Imported(hosts=tuple(_ranges_again(hosts)), groups=tuple(groups), left_out=tuple(self._left_out))

    def _groups(self, host: str) -> tuple[str, ...]:
        """Parents before children, so that the child, which comes later, wins as it does in Ansible."""
        order: dict[str, None] = {}
        for group in self._direct[host]:
            self._climb(group, order, set())
        return tuple(group for group in order if group not in _IMPLIED and is_name(group))

    def _climb(self, group: str, order: dict[str, None], below: set[str]) -> None:
        if group in below or len(below) > 100:
            return  # a circle, which Ansible refuses too
        for parent in self._parents.get(group, {}):
            if parent not in order:
                self._climb(parent, order, below | {group})
        order.setdefault(group)

    def _fits_as_group(self, group: str) -> bool:
        if is_name(group):
            return True
        self.leave_out(f"group {group}: not a name that schouw can use")
        return False

    def _reached(self, found: Found, variables: Mapping[str, str]) -> Found:
        """`found` with the address, port, user and connection among the variables."""
        for key, value in variables.items():
            name = re.sub(r"^ansible_(ssh_)?", "", key)
            if name == key or name not in ("host", "port", "user", "connection"):
                continue
            if "{{" in value or "{%" in value:
                self.leave_out(f"{found.name}: its {key} is a template")
            elif name == "host" and _fits(value, Address) and not address_problem(value):
                found = replace(found, address="" if value == found.name else value)
            elif name == "user" and _fits(value, User):
                found = replace(found, user=value)
            elif name == "port" and re.fullmatch(r"[0-9]{1,5}", value) and 0 < int(value) < 65536:
                found = replace(found, port=int(value))
            elif name == "connection":
                found = replace(found, local=value == "local")
            else:
                self.leave_out(f"{found.name}: {key}={value} is not one that schouw can use")
        return found


def _ranges_again(members: list[_Member]) -> Iterator[Found]:
    """Hosts that came from one pattern and are still alike are written as that pattern."""
    alike: dict[str, list[Found]] = {}
    for member in members:
        alike.setdefault(member.pattern, []).append(member.found)
    for pattern, hosts in alike.items():
        nameless = {replace(host, name="") for host in hosts}
        if len(nameless) == 1 and len(hosts) == len(set(expand(pattern))):
            yield replace(hosts[0], name=pattern)
        else:
            yield from hosts


def _fits(value: str, hint: object) -> bool:
    try:
        msgspec.convert(value, hint)
    except msgspec.ValidationError:
        return False
    return value.isprintable()
