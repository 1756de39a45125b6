"""The running kernel, the installed ones, and what asks for a reboot."""

from __future__ import annotations

import re

from schouw.collect.base import Collector, Rows
from schouw.model.attempt import Attempt, not_checked, seen
from schouw.model.facts import Kernel

#: /lib/modules keeps directories of kernels that are gone, so it counts only where /boot says nothing.
#: A container runs its host's kernel; whatever lies in its /boot is never started.
_SCRIPT = r"""
printf 'running\t%s\n' "$(uname -r)"
if [ ! -e /run/systemd/container ] && [ ! -e /.dockerenv ] && [ ! -e /run/.containerenv ]; then
  found=
  for file in /boot/vmlinuz-* /boot/vmlinux-* /lib/modules/*/vmlinuz; do
    [ -e "$file" ] || continue
    found=1
    case $file in
    *rescue*) ;;
    /boot/*) printf 'installed\t%s\n' "${file#/boot/vmlinu?-}";;
    *) file=${file%/vmlinuz}; printf 'installed\t%s\n' "${file##*/}";;
    esac
  done
  [ "$found" ] || for file in /lib/modules/*/kernel; do
    [ -d "$file" ] && { file=${file%/kernel}; printf 'installed\t%s\n' "${file##*/}"; }
  done
fi
for file in /run/reboot-required /var/run/reboot-required; do
  [ -e $file ] || continue
  echo 'reboot	yes'
  [ -r $file.pkgs ] && sort -u $file.pkgs | sed 's/^/package	/'
  break
done
"""


def _parse(rows: Rows) -> Attempt[Kernel]:
    running = rows.one("running")
    if not running:
        return not_checked(rows.lacking() or "the host did not name its kernel")
    installed = sorted({release.strip() for (release,) in rows.split("installed", 1)}, key=release_order)
    packages = tuple(name.strip() for (name,) in rows.split("package", 1))[:200]
    kernel = Kernel(running, tuple(installed[-50:]), bool(rows.one("reboot")), packages)
    return seen(kernel, rows.lacking())


def release_order(release: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts kernel releases oldest first: 6.1.0-9 before 6.1.0-18, 6.8-rc1 before 6.8."""
    # A candidate ("rc") sorts before the end of the release, everything else after it.
    parts = (_part(part) for part in re.findall(r"\d{1,18}|[a-z]+", release[:200].lower()))
    return (*parts, (0, 0, ""))


def _part(part: str) -> tuple[int, int, str]:
    if part == "rc":
        return (-1, 0, "")
    return (2, int(part), "") if part.isdigit() else (1, 0, part)


COLLECTOR = Collector("kernel", _SCRIPT, _parse, limit=256 << 10)
