"""Enabled module streams of dnf, for packages that do not tell their own (RPM-4)."""

from __future__ import annotations

from schouw.collect.base import Collector, Rows
from schouw.model.attempt import Attempt, absent, seen

# dnf's own record, which everybody may read; to ask dnf itself takes a second.
_SCRIPT = r"""
for file in /etc/dnf/modules.d/*.module; do
  [ -r "$file" ] || { [ -e "$file" ] && say unread "$file cannot be read by this account"; continue; }
  awk -F '[ \t]*=[ \t]*' '
    $1 == "name" { name = $2 } $1 == "stream" { stream = $2 } $1 == "state" { state = $2 }
    END { if (state == "enabled" && stream != "") print "stream\t" name ":" stream }' "$file"
done
"""


def _parse(rows: Rows) -> Attempt[tuple[str, ...]]:
    if reason := rows.one("none"):
        return absent(reason)
    return seen(tuple(stream for (stream,) in rows.split("stream", 1))[:500], rows.lacking())


COLLECTOR = Collector(
    "streams", _SCRIPT, _parse, limit=64 << 10, there="[ -d /etc/dnf/modules.d ]", otherwise="it has no module streams"
)
