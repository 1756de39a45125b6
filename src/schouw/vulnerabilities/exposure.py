"""Whether a stranger reaches a package: from what schouw's own outside look met, joined with what listens inside (PRI-1)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from schouw.model.facts import Facts
from schouw.model.ports import Exposure, PortRow, port_rows
from schouw.model.vulnerability import Judged

_REACHED = (Exposure.EXPOSED, Exposure.FORWARDED, Exposure.OPEN, Exposure.UNKNOWN)

#: Programs whose name is neither their package's nor their source's.
_SOURCES = {
    "sshd": "openssh",
    "httpd": "httpd",
    "mysqld": "mysql",
    "mariadbd": "mariadb",
    "master": "postfix",
    "smtpd": "postfix",
    "named": "bind",
    "imap-login": "dovecot",
    "pop3-login": "dovecot",
    "smbd": "samba",
    "nmbd": "samba",
    "slapd": "openldap",
    "ntpd": "ntp",
    "chronyd": "chrony",
    "cupsd": "cups",
    "systemd-resolve": "systemd",
    "systemd-resolved": "systemd",
    "beam.smp": "erlang",
    "postgres": "postgresql",
    "rpc.statd": "nfs-utils",
    "php-fpm": "php",
    "pure-ftpd": "pure-ftpd",
}


@dataclass(frozen=True, slots=True)
class Reach:
    """Which programs of a host a stranger reaches."""

    reached: frozenset[str]
    within: frozenset[str]
    """Programs that listen, but not for strangers."""
    any: bool
    """Whether anything at all can be reached."""
    complete: bool
    """Whether both looks were whole and every program's name was seen."""


def reach(facts: Facts, rows: tuple[PortRow, ...] | None = None) -> Reach:
    """`rows`: the ports of both sides, where they have been joined already."""
    rows = port_rows(facts) if rows is None else rows
    inside, outside = facts.inside.result, facts.outside.result
    open_rows = [row for row in rows if row.verdict in _REACHED]
    return Reach(
        reached=_programs(open_rows),
        within=_programs(row for row in rows if row.verdict not in _REACHED),
        any=bool(open_rows),
        complete=inside is not None
        and outside is not None
        and inside.listeners.complete
        and outside.ports.complete
        and all(row.process for row in open_rows),
    )


def exposed(seen: Reach, judged: Judged, kernel: bool = False) -> bool | None:
    """None: not known, which counts as yes. So it is with libraries: which of the reached programs use one is not seen."""
    names = {*judged.packages, judged.source, judged.name}
    if any(_belongs(program, names) for program in seen.reached):
        return True
    if not seen.complete:
        return None
    if not seen.any:
        return False
    if kernel:
        return True  # whatever is reached, the kernel's network code is reached first
    return False if any(_belongs(program, names) for program in seen.within) else None


def _programs(rows: Iterable[PortRow]) -> frozenset[str]:
    return frozenset(name for row in rows for name in (row.process or "").split(", ") if name)


def _belongs(program: str, names: set[str]) -> bool:
    """nginx: nginx-core; php-fpm8.2: php8.2-fpm; sshd: openssh-server."""
    stem = _stem(program)
    return any(name == stem or name.startswith(f"{stem}-") or _word(name) == stem for name in names)


# A fleet has few programs that listen and few packages, and asks about them a hundred thousand times.
@lru_cache(maxsize=1 << 12)
def _stem(program: str) -> str:
    stem = re.sub(r"[\d.]+$", "", program)
    return _SOURCES.get(program, _SOURCES.get(stem, stem))


@lru_cache(maxsize=1 << 14)
def _word(name: str) -> str:
    return re.split(r"[-_\d.]", name)[0]
