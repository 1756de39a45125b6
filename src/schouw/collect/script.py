"""The one script that a host gets: `host.sh`, `library.sh`, the collectors' snippets, and the loop that answers requests."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from shlex import quote
from typing import Any, Literal

from schouw.collect.base import Collector

#: What an unprivileged account may be allowed to run through sudo: exact command lines, no wildcards, nothing
#: that reads a file of the caller's choice. The same list is asked of each host, with the host's own paths.
SUDO_COMMANDS: tuple[str, ...] = (
    "/usr/bin/ss -Htulpne",
    "/usr/sbin/sshd -T",
    "/usr/sbin/nginx -T",
    "/usr/bin/doveconf -n",
    "/usr/sbin/nft -s list ruleset",
    "/usr/sbin/iptables-save",
    "/usr/sbin/ip6tables-save",
    "/usr/sbin/needrestart -b",
    "/usr/bin/dnf -q -C check-update",
    "/usr/bin/dnf -q -C updateinfo list --security",
    "/usr/bin/dnf -q -C updateinfo list --security --with-cve",
    "/usr/bin/kcarectl --patch-info",
)


def sudoers(user: str) -> str:
    """The line for /etc/sudoers.d that lets `user` run them; "" is sudoers' way to say "no arguments"."""
    commands = ", ".join(command if " " in command else f'{command} ""' for command in SUDO_COMMANDS)
    return f"{user} ALL=(root) NOPASSWD: {commands}"


Use = Literal["sudo", "none"]

_MARK = re.compile(r"[A-Za-z0-9.,;=]{1,16384}")


def request(token: str, privilege: Use, known: Mapping[str, str]) -> str:
    """One request, without its newline. Fingerprints are the host's own words: only what no shell takes for more."""
    words = [f"{name}={mark}" for name, mark in known.items() if _MARK.fullmatch(mark)]
    return " ".join([token, privilege, *words])


def script(collectors: Sequence[Collector[Any]], first_request: str) -> bytes:
    """The script, which answers `first_request` at once and then reads others.

    The first one travels inside: a shell may have read ahead on its standard input, so nothing may be sent
    after the script until it has answered.
    """
    return _body(tuple(collectors)).replace("@FIRST@", quote(first_request), 1).encode()


_bodies: dict[tuple[Collector[Any], ...], str] = {}


def _body(collectors: tuple[Collector[Any], ...]) -> str:
    if collectors not in _bodies:
        _bodies[collectors] = _assemble(collectors)
    return _bodies[collectors]


def _assemble(collectors: tuple[Collector[Any], ...]) -> str:
    host, library = (_bare((files(__package__) / name).read_text("utf-8")) for name in ("host.sh", "library.sh"))
    run = [_call(collector) for collector in collectors if not collector.reads]
    # Fingerprints are salted with the script itself: another version of schouw knows nothing yet.
    salt = hashlib.sha256("\n".join([host, library, *run]).encode()).hexdigest()[:16]
    commands = "\n".join(map(_base, SUDO_COMMANDS))
    return "\n".join([
        "SH=sh",
        host,
        f"library={quote(library)}",
        f"salt={salt}",
        f"commands={quote(commands)}",
        "export uid SUDO KNOWN",
        "answer() {",
        "token=${request%% *}",
        'set -- $request; allowed "$2"',
        'printf "%s begin %s 0 0\\n" "$token" "$(date +%s)"',
        *run,
        'printf "%s end ok 0 0\\n" "$token"',
        "}",
        # One line: a shell that still had to read some of it after the first answer would take the next request with it.
        "request=@FIRST@; answer; while IFS= read -r request; do answer; done",
        "",
    ])  # fmt: skip


def _call(collector: Collector[Any]) -> str:
    snippets = f"{quote(_bare(collector.script))} {quote(_bare(collector.stamp))}"
    section = f"section {collector.name} {collector.limit} {collector.seconds} {snippets}"
    if not collector.there:
        return section
    nothing = quote(f"none\t{collector.otherwise}")
    return f"if {collector.there}; then {section}; else frame {collector.name} ok - {nothing}; fi"


def _base(command: str) -> str:
    program, space, arguments = command.partition(" ")
    return program.rpartition("/")[2] + space + arguments


def _bare(text: str) -> str:
    """Without comment lines and indentation: a third fewer bytes for every host."""
    lines = (row.strip() for row in text.split("\n"))
    return "\n".join(row for row in lines if row and not row.startswith("#"))
