"""The awk program that counts, and the shell that runs it on a host; put together from the files beside this one."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from shlex import quote

_AWK = ("piece", "dovecot", "postfix", "exim", "courier", "ftp", "stamps", "rows")

SERVICES = ("dovecot", "postfix", "exim", "courier", "vsftpd", "proftpd", "pureftpd")


@cache
def program() -> str:
    """One program of POSIX awk, without its comments; see awk/piece.awk for what it takes and gives."""
    return "\n".join(_bare(_text(f"awk/{name}.awk")) for name in _AWK)


@cache
def section() -> str:
    """What runs on a host: find the logs, read them from where they were left, and sum (see read.sh)."""
    awk = f"program={quote(program())}\nmerge={quote(_bare(_text('merge.awk')))}"
    return "\n".join((awk, _text("find.sh"), _text("owners.sh"), _text("read.sh")))


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _bare(text: str) -> str:
    lines = (row.strip() for row in text.split("\n"))
    return "\n".join(row for row in lines if row and not row.startswith("#"))
