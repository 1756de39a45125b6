"""The words of fixes and evidence: lists cut short, and commands for the host's own distribution and firewall."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from schouw.checks.catalogue import data, table
from schouw.model.facts import System
from schouw.text import line

EVIDENCE = 200
"""Characters of one line of evidence."""


def listing(items: Iterable[str], limit: int = EVIDENCE) -> str:
    """``a, b and 12 more``, at most about `limit` characters."""
    those = list(items)
    shown: list[str] = []
    length = 0
    for item in those:
        length += len(item) + 2
        if shown and length > limit - 15:
            break
        shown.append(line(item, limit))
    left = len(those) - len(shown)
    return ", ".join(shown) + (f" and {left} more" if left else "")


def plural(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def quoted(words: Iterable[str]) -> str:
    """Names that came from a host, safe to paste into a shell."""
    return " ".join(shlex.quote(word) for word in words)


def family(system: System | None) -> str:
    """ "debian", "rhel", "suse", "alpine" or "": which table of distributions.toml speaks for this system."""
    if system is None:
        return ""
    known = data("distributions.toml")
    for name in (system.id, *system.like):
        for one, words in known.items():
            members = table(words)["ids"]
            if isinstance(members, list) and name in members:
                return one
    return ""


def command(system: System | None, what: str, manager: str = "") -> str:
    """The distribution's command for `what` (a key of distributions.toml); `manager` decides where the system is unknown."""
    by_manager = {"apt": "debian", "dpkg": "debian", "dnf": "rhel", "rpm": "rhel"}
    words = table(data("distributions.toml")[family(system) or by_manager.get(manager, "debian")])
    return str(words[what])


def reload_sshd(system: System | None) -> str:
    return f"sshd -t && {command(system, 'reload_sshd')}"


def close_port(tool: str, port: str) -> str:
    """How to shut `port` ("6379/tcp") with the firewall in use, "" where rules are written by hand."""
    firewalls = table(data("services.toml")["firewalls"])
    template = firewalls.get(tool, firewalls["other"])
    number, _, proto = port.partition("/")
    return str(template).format(port=number, proto=proto)


def steps(lines: Sequence[str]) -> str:
    return "\n".join(one for one in lines if one)
