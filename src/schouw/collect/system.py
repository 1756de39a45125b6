"""The operating system: os-release(5), the architecture, and whether this is a container."""

from __future__ import annotations

import re

from schouw.collect.base import Collector, Rows
from schouw.model.attempt import Attempt, not_checked, seen
from schouw.model.facts import System

#: systemd's container interface, then the files that Docker and Podman leave, then OpenVZ, then LXC of old.
_SCRIPT = r"""
printf 'arch\t%s\n' "$(uname -m)"
for file in /etc/os-release /usr/lib/os-release; do
  [ -r $file ] && sed 's/^/os	/' $file && break
done
if [ -r /run/systemd/container ]; then read -r kind < /run/systemd/container
elif [ -e /.dockerenv ]; then kind=docker
elif [ -e /run/.containerenv ]; then kind=podman
elif [ -d /proc/vz ] && [ ! -d /proc/bc ]; then kind=openvz
else kind=$(tr '\000' '\n' < /proc/1/environ 2>/dev/null | sed -n 's/^container=//p')
fi
printf 'container\t%s\n' "$kind"
"""


def _parse(rows: Rows) -> Attempt[System]:
    release: dict[str, str] = {}
    for row in rows.all("os")[:200]:
        key, equals, value = row.partition("=")
        if equals:
            release[key.strip()] = _unquoted(value)
    if not release.get("ID"):
        return not_checked("it has no /etc/os-release")
    system = System(
        id=release["ID"],
        version=release.get("VERSION_ID", ""),
        pretty=release.get("PRETTY_NAME") or f"{release['ID']} {release.get('VERSION_ID', '')}".strip(),
        codename=release.get("VERSION_CODENAME", ""),
        like=tuple(release.get("ID_LIKE", "").split()),
        architecture=rows.one("arch"),
        container=rows.one("container"),
    )
    return seen(system, rows.lacking())


def _unquoted(value: str) -> str:
    """A value of os-release(5): quoted as for a shell, without expansions."""
    value = value.strip()[:300]
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return re.sub(r"\\(.)", r"\1", value)


COLLECTOR = Collector("system", _SCRIPT, _parse, limit=64 << 10)
