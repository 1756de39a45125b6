"""Listening sockets with process and unit: two sections from one output, as a list may be whole without its names."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from schouw.collect.base import Collector, Rows, number
from schouw.model.attempt import Attempt, not_checked, seen
from schouw.model.facts import Listener

# Only what stays the same while nothing changes: no queues, no process numbers, no socket numbers; sorted.
# Where there is no ss, the kernel's own tables say address and port (in hexadecimal) and nothing more.
_SCRIPT = r"""
if have ss; then
  if ! table=$(as_root ss -Htulpne); then
    printf 'names\t%s\n' "$([ "$uid" = 0 ] && say failed '`ss -p` failed' || wants ss -Htulpne)"
    table=$(ss -Htulne) || table=$(ss -Htuln) || say failed '`ss` failed'
  fi
  printf '%s\n' "$table" | awk 'NF >= 6 {
    names = match($0, /users:\(\(.*\)\)/) ? substr($0, RSTART + 7, RLENGTH - 8) : ""
    gsub(/,pid=[0-9]+,fd=[0-9]+/, "", names); gsub(/\t/, " ", names)
    group = match($0, / cgroup:[^ ]+/) ? substr($0, RSTART + 8, RLENGTH - 8) : ""
    print "ss\t" $1 "\t" $5 "\t" names "\t" group }' | sort -u
else
  printf 'names\t%s\n' "$(say absent 'process names are not known: it has no `ss`')"
  for proto in tcp tcp6 udp udp6; do
    [ -r /proc/net/$proto ] && awk -v proto=$proto '
      $4 == (proto ~ /tcp/ ? "0A" : "07") { print "proc\t" proto "\t" $2 }' /proc/net/$proto
  done | sort -u
  [ -r /proc/net/tcp ] || say failed '/proc/net/tcp cannot be read'
fi
"""

_LIMIT = 5000
_NAMES = re.compile(r'\("([^"]{1,64})"')


def _parse(rows: Rows) -> Attempt[tuple[Listener, ...]]:
    failed = any(row.startswith("failed") for row in rows.all("!"))
    found: dict[Listener, None] = {}
    for proto, address, names, group in rows.split("ss", 4):
        for listener in _from_ss(rows, proto, address, names, group):
            found[listener] = None
    for proto, address in rows.split("proc", 2):
        for listener in _from_proc(rows, proto, address):
            found[listener] = None
    lacking = rows.lacking()
    if failed and not found:
        return not_checked(lacking)
    if len(found) > _LIMIT:
        lacking = f"only the first {_LIMIT} of {len(found)} sockets are kept; {lacking}".rstrip("; ")
    return seen(tuple(list(found)[:_LIMIT]), lacking)


def _parse_processes(rows: Rows) -> Attempt[int]:
    named = sum(1 for _, _, names, _ in rows.split("ss", 4) if _NAMES.search(names))
    lacking = Rows("\n".join(rows.all("names"))).lacking()
    return seen(named, lacking) if named or not lacking else not_checked(lacking)


def _from_ss(rows: Rows, proto: str, local: str, names: str, group: str) -> list[Listener]:
    host, colon, digits = local.rpartition(":")
    # "*" is an IPv6 socket that takes IPv4 too, "[::]" one that does not.
    texts = ("0.0.0.0", "::") if host == "*" else (host.strip("[]").partition("%")[0].strip("[]"),)  # noqa: S104
    port = number(digits)
    if not colon or proto not in ("tcp", "udp") or not port or port > 65535:
        rows.misfit()
        return []
    process = " ".join(dict.fromkeys(_NAMES.findall(names)))[:200] or None
    found = []
    for text in texts:
        try:
            address = str(ip_address(text))
        except ValueError:
            rows.misfit()
            continue
        found.append(Listener("tcp" if proto == "tcp" else "udp", address, port, process, unit_of(group)))
    return found


def _from_proc(rows: Rows, proto: str, local: str) -> list[Listener]:
    digits, _, port = local.partition(":")
    try:
        # Words of four bytes in the order of the machine, which is little-endian wherever we have seen one.
        raw = bytes.fromhex(digits)
        swapped = b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))
        address = IPv6Address(swapped) if proto.endswith("6") else IPv4Address(swapped)
        listener = Listener("tcp" if proto.startswith("tcp") else "udp", str(address), int(port[:4], 16))
    except ValueError:
        rows.misfit()
        return []
    return [listener] if listener.port else []


def unit_of(group: str) -> str | None:
    """The systemd service of a control group path, None for sessions and what no service owns."""
    if group.startswith("/user.slice"):
        return None
    services = [part for part in group.split("/") if part.endswith(".service")]
    return services[-1][:200] if services else None


COLLECTOR = Collector("listeners", _SCRIPT, _parse, limit=1 << 20)
PROCESSES = Collector("processes", "", _parse_processes, reads="listeners")
