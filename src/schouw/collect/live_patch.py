"""What is patched in the kernel's memory: by KernelCare, Canonical Livepatch, kpatch or whatever else loads patches (KRN-5)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from schouw.collect.base import Collector, Rows
from schouw.model.attempt import Attempt, absent, not_checked, seen
from schouw.model.vulnerability import LivePatch

# Of what canonical-livepatch says only two words leave the host, for the rest holds the machine's token. A key begins what
# follows a comma or a bracket; in somebody's text it would have a backslash before its quote.
_SCRIPT = r"""
PATH=$PATH:/snap/bin
if have kcarectl; then
  if release=$(kcarectl --uname) && [ "$release" ]; then
    printf 'tool\tkernelcare\nrelease\t%s\n' "$(printf '%s\n' "$release" | head -n 1)"
    table=$(as_root kcarectl --patch-info); code=$?
    [ $code = 77 ] && wants kcarectl --patch-info
    printf '%s\n' "$table" | sed -n 's/^kpatch-cve: */fix	/p' | sort -u
  else say failed '`kcarectl --uname` failed'; fi
elif have canonical-livepatch; then
  if status=$(canonical-livepatch status --format json); then
    echo 'tool	livepatch'
    printf '%s\n' "$status" | tr -d '\n' | sed 's/[,{[]/&\n/g' |
    sed -n 's/^ *"\([Nn]ame\|[Pp]atched\)" *: *"\{0,1\}\([A-Za-z0-9._-]*\).*/\1	\2/p'
  else say failed '`canonical-livepatch status` failed'; fi
else
  for file in /sys/kernel/livepatch/*/enabled; do
    [ -r "$file" ] && read -r on < "$file" && [ "$on" = 1 ] || continue
    file=${file%/enabled}
    printf 'tool\tkpatch\nfix\t%s\n' "${file##*/}"
  done
fi
"""

_NOTHING = "nothing patches its kernel while it runs"
_THERE = (
    "command -v kcarectl >/dev/null || command -v canonical-livepatch >/dev/null || [ -e /snap/bin/canonical-livepatch ] || "
    '[ "$(echo /sys/kernel/livepatch/*)" != "/sys/kernel/livepatch/*" ]'
)
#: Some vendors name modules by what they fix: livepatch_CVE_2020_8648.
_CVE = re.compile(r"CVE[-_](\d{4})[-_](\d{4,10})", re.IGNORECASE)
_MOST = 5000


def _parse(rows: Rows) -> Attempt[LivePatch]:
    tool = rows.one("tool")
    if not tool:
        return not_checked(rows.lacking()) if rows.all("!") else absent(_NOTHING)
    named = " ".join([*rows.all("fix")[:_MOST], *_patched(rows)])
    cves = dict.fromkeys(f"CVE-{year}-{number}" for year, number in _CVE.findall(named))
    return seen(LivePatch(tool, rows.one("release"), tuple(cves)), rows.lacking())


def _patched(rows: Rows) -> Iterator[str]:
    """Livepatch's fixes that are in: each name comes before whether it is."""
    name = ""
    for tag, value in rows.in_order("Name", "name", "Patched", "patched"):
        if tag.lower() == "name":
            name = value
        elif value == "true":
            yield name


COLLECTOR = Collector("live_patch", _SCRIPT, _parse, limit=1 << 20, there=_THERE, otherwise=_NOTHING)
