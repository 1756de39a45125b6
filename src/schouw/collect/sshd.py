"""The SSH server: effective settings, the lines that people wrote, host keys."""

from __future__ import annotations

import re
from dataclasses import replace
from fnmatch import fnmatchcase

from schouw.collect.base import FIELD, Collector, Rows, number
from schouw.model.attempt import Attempt, absent, not_checked, seen
from schouw.model.facts import Directive, HostKeyFile, Sshd

# `sshd -T` wants root, because it reads the host keys; `sshd -G` (OpenSSH 9.3) wants only readable files.
# Patterns of Include are expanded by the shell in /etc/ssh, where sshd looks for them too; four levels deep.
_SCRIPT = r"""
if ! have sshd; then printf 'none\tit has no sshd\n'; exit; fi
printf 'version\t%s\n' "$({ ssh -V; sshd -V; } 2>&1 | sed -n 's/.*\(OpenSSH_[^ ,]*\).*/\1/p' | head -n 1)"
table=$(as_root sshd -T 2>&1); code=$?
[ $code = 0 ] || { error=$(printf '%s\n' "$table" | head -n 1); table=$(sshd -G 2>/dev/null) || table=; }
if [ "$table" ]; then printf '%s\n' "$table" | sed 's/^/set	/'
elif [ $code = 77 ]; then wants sshd -T
else say failed "\`sshd -T\` failed: $error"; fi
cd /etc/ssh 2>/dev/null || exit
files=sshd_config
for level in 1 2 3 4; do
  included=
  for file in $files; do
    case $file in /*) ;; *) file=/etc/ssh/$file;; esac
    [ -f "$file" ] && [ -r "$file" ] || continue
    awk -v file="$file" 'NF && $1 !~ /^#/ { gsub(/\t/, " "); print "line\t" file "\t" NR "\t" substr($0, 1, 400) }' "$file"
    included="$included $(sed -n 's/^[ 	]*[Ii][Nn][Cc][Ll][Uu][Dd][Ee][ 	=]*//p' "$file" | tr -d '"')"
  done
  files=$included
done
keys=$(printf '%s\n' "$table" | sed -n 's/^hostkey //p')
for key in ${keys:-/etc/ssh/ssh_host_*_key}; do
  [ -r "$key.pub" ] && ssh-keygen -lf "$key.pub" 2>/dev/null | sed "s|^|key	$key	|"
done
"""

_KEY = re.compile(r"(\d{1,6}) (\S{1,120}) .*\((\S{1,30})\)$")
_LINE = re.compile(r"([A-Za-z0-9]{1,60})[ \t]*[ \t=][ \t]*(.*)")


def _parse(rows: Rows) -> Attempt[Sshd]:
    if nothing := rows.one("none"):
        return absent(nothing)
    settings: dict[str, list[str]] = {}
    for row in rows.all("set")[:2000]:
        keyword, _, value = row.strip().partition(" ")
        settings.setdefault(keyword.lower()[:60], []).append(value.strip()[:4000])
    directives = _in_reading_order(_directives(rows))
    host_keys = tuple(key for path, text in rows.split("key", 2) if (key := _host_key(rows, path, text)))
    lacking = rows.lacking()
    if not rows.one("version") and not settings:
        return not_checked(lacking or "the host did not say anything of its sshd")
    if not settings and not directives:
        return not_checked(lacking or "its settings cannot be read")
    ports = tuple(port for text in settings.get("port", []) if (port := number(text)) and port < 65536)
    values = {keyword: tuple(value) for keyword, value in settings.items()}
    return seen(Sshd(rows.one("version"), values, directives, host_keys, ports), lacking)


def _directives(rows: Rows) -> dict[str, list[Directive]]:
    """Lines by file. Files may come more than once, when they are included twice; the first time counts."""
    found: dict[str, dict[int, Directive]] = {}
    for file, count, text in rows.split("line", 3):
        match = _LINE.match(text.strip())
        at = number(count)
        if not match or at is None:
            rows.misfit()
            continue
        found.setdefault(file, {}).setdefault(at, Directive(match[1], match[2].strip()[:FIELD], file, at))
    return {file: list(lines.values()) for file, lines in found.items()}


def _in_reading_order(files: dict[str, list[Directive]]) -> tuple[Directive, ...]:
    """As sshd reads them: an included file's lines in the place of its Include, the first value of a keyword wins.

    A Match holds to the next one or to the end of its file, and for what is included meanwhile (sshd_config(5)).
    """
    order: list[Directive] = []
    left = dict(files)

    def read(file: str, outer: str) -> None:
        match = outer
        for directive in left.pop(file, []):
            keyword = directive.keyword.lower()
            if keyword == "match":
                conditions = "" if directive.value.lower() == "all" else directive.value
                match = ", ".join(part for part in (outer, conditions) if part)
            order.append(replace(directive, match=match))
            if keyword == "include":
                for pattern in directive.value.replace('"', "").split():
                    full = pattern if pattern.startswith("/") else f"/etc/ssh/{pattern}"
                    for name in sorted(name for name in left if fnmatchcase(name, full)):
                        read(name, match)

    read("/etc/ssh/sshd_config", "")
    return tuple(order)


def _host_key(rows: Rows, path: str, text: str) -> HostKeyFile | None:
    match = _KEY.match(text.strip())
    if not match:
        rows.misfit()
        return None
    return HostKeyFile(match[3], int(match[1]), match[2], path)


COLLECTOR = Collector("sshd", _SCRIPT, _parse, limit=1 << 20)
