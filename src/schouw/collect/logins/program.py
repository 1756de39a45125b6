"""The awk program that counts, and the shell that runs it on a host; put together from the files beside this one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from shlex import quote

#: Whose logins are known, in the order in which a line is asked for them.
SERVICES = ("dovecot", "postfix", "exim", "courier", "vsftpd", "pureftpd", "proftpd")
FTP = ("vsftpd", "pureftpd", "proftpd")


def program(services: Iterable[str] = ()) -> str:
    """One program of POSIX awk for these services, none named: for all; see awk/piece.awk for what it takes and gives."""
    wanted = [service for service in SERVICES if service in (tuple(services) or SERVICES)]
    parts = ["piece", *wanted, "stamps", "rows"]
    if first := next((service for service in wanted if service in FTP), ""):
        parts.insert(parts.index(first), "ftp")
    return "\n".join(map(_part, parts))


def section(there: Mapping[str, str]) -> str:
    """What runs on a host: find the logs, read them from where they were left, and sum (see read.sh).

    `there`: the condition for having each server, see `schouw.collect.base.Collector`.
    """
    parts = [f"awk_{name}={quote(_part(name))}" for name in ("piece", *SERVICES, "ftp", "stamps", "rows")]
    parts.append(f"merge={quote(_bare(_text('merge.awk')))}")
    parts.append("here=''")
    parts += [f"if {condition}; then here=$here,{name}; fi" for name, condition in there.items()]
    return "\n".join((*parts, _text("find.sh"), _text("owners.sh"), _text("read.sh")))


@cache
def _part(name: str) -> str:
    return _bare(_text(f"awk/{name}.awk"))


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _bare(text: str) -> str:
    """Without comments and indentation."""
    lines = (row.strip() for row in text.split("\n"))
    return "\n".join(row for row in lines if row and not row.startswith("#"))
