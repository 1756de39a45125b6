"""Ubuntu Pro: which of its services are on, and so from which pockets the host gets fixes (UBU-3)."""

from __future__ import annotations

from schouw.collect.base import Collector, Rows
from schouw.model.attempt import Attempt, absent, not_checked, seen

# Its answer names the customer and the contract; only services and their status leave the host.
_SCRIPT = r"""
if status=$(pro status --format json || ua status --format json); then
  echo 'asked	yes'
  printf '%s\n' "$status" | tr -d '\n' | sed 's/[],{[]/&\n/g' |
  sed -n 's/^ *"\(services\)" *:.*/\1	/p
    s/^ *"\(name\|status\)" *: *"\([a-z][a-z/-]*\)".*/\1	\2/p' |
  awk -F '\t' '
    $1 == "services" { listed = 1; name = "" }
    $1 == "name" { name = $2 }
    $1 == "status" && listed && name != "" { print "service\t" name "\t" $2; name = "" }'
else say failed '`pro status` failed'
fi
"""

# It starts Python and asks a server; what it says changes with these files.
_STAMP = r"""
stats /var/lib/ubuntu-advantage /var/lib/ubuntu-advantage/* /var/lib/ubuntu-advantage/private/* /etc/apt/sources.list.d/* \
  /etc/ubuntu-advantage/* /usr/bin/pro /usr/bin/ua
"""


def _parse(rows: Rows) -> Attempt[tuple[str, ...]]:
    if reason := rows.one("none"):
        return absent(reason)
    if not rows.one("asked"):
        return not_checked(rows.lacking() or "the host did not say which services of Ubuntu Pro are on")
    return seen(tuple(name for name, status in rows.split("service", 2) if status == "enabled"), rows.lacking())


COLLECTOR = Collector(
    "pro",
    _SCRIPT,
    _parse,
    stamp=_STAMP,
    limit=64 << 10,
    there="command -v pro >/dev/null || command -v ua >/dev/null",
    otherwise="it has no Ubuntu Pro",
)
