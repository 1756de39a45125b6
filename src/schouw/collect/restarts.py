"""Running programs that still use files which were replaced on disk."""

from __future__ import annotations

import re

from schouw.collect.base import Collector, Rows
from schouw.collect.listeners import unit_of
from schouw.model.attempt import Attempt, not_checked, seen
from schouw.model.facts import Restart

# Executable mappings of system files only: memfd, /tmp, /dev, /run and SYSV segments are deleted by design.
# Programs of other containers replace their own files; they are not this host's to restart.
_SCRIPT = r"""
if [ "$uid" = 0 ]; then
  echo 'by	proc'
  grep -s '^[^ ]* ..x. .* /\(usr\|lib\|lib64\|bin\|sbin\|opt\)/.* (deleted)$' /proc/[0-9]*/maps /dev/null |
  sed 's/^\/proc\/\([0-9]*\)\/maps:[^ ]* [^ ]* [^ ]* [^ ]* [^ ]* *\(.*\) (deleted)$/\1 \2/' | sort -u |
  while read -r pid file; do
    if [ "$pid" != "$last" ]; then
      last=$pid name='' group=''
      read -r name 2>/dev/null < /proc/$pid/comm || continue
      while IFS=: read -r number kind path; do
        case $number:$kind in 0:|*:name=systemd) group=$path;; esac
      done 2>/dev/null < /proc/$pid/cgroup
    fi
    case $group in *docker*|*libpod*|*containerd*|*kubepods*|*lxc*|*machine.slice*) continue;; esac
    printf 'uses\t%s\t%s\t%s\n' "$name" "$group" "$file"
  done | sort -u
elif have needrestart; then
  if table=$(as_root needrestart -b); then
    echo 'by	needrestart'
    printf '%s\n' "$table" | sed -n 's/^NEEDRESTART-SVC: */service	/p' | sort -u
  else wants needrestart -b; fi
else
  say absent 'needs root, or needrestart installed and `/usr/sbin/needrestart -b` allowed in sudoers'
fi
"""

_LIMIT = 500
#: What dpkg and rpm append to the name of a file that they are replacing.
_SUFFIX = re.compile(r"(\.dpkg-(new|tmp)|;[0-9a-f]{8})$")


def _parse(rows: Rows) -> Attempt[tuple[Restart, ...]]:
    if not rows.one("by"):
        return not_checked(rows.lacking() or "the host did not say")
    found: dict[tuple[str, str], dict[str, None]] = {}
    for process, group, file in rows.split("uses", 3):
        found.setdefault((process, unit_of(group) or ""), {})[_SUFFIX.sub("", file)] = None
    for (unit,) in rows.split("service", 1):
        found.setdefault((unit.removesuffix(".service"), unit), {})
    restarts = tuple(Restart(process, unit, tuple(files)[:20]) for (process, unit), files in found.items())
    return seen(restarts[:_LIMIT], rows.lacking())


COLLECTOR = Collector("restarts", _SCRIPT, _parse, limit=1 << 20)
