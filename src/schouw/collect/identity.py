"""Who we are on the host, and what the host calls itself."""

from __future__ import annotations

from ipaddress import ip_address

from schouw.collect.base import Collector, Rows
from schouw.model.attempt import Attempt, seen
from schouw.model.facts import Identity, Privilege

_SCRIPT = r"""
printf 'host\t%s\nuser\t%s\nuid\t%s\n' "$(uname -n)" "$(id -un)" "$uid"
printf %s "$SUDO" | sed 's/^/sudo	/'
if have ip; then ip -o addr show 2>/dev/null | awk '{ sub(/\/.*/, "", $4); print "addr\t" $4 }' | sort -u
elif have hostname; then hostname -I 2>/dev/null | tr ' ' '\n' | sed -n 's/^./addr	&/p'
else say absent 'its addresses are not known: it has no `ip`'
fi
"""


def _parse(rows: Rows) -> Attempt[Identity]:
    sudo = tuple(rows.all("sudo")[:50])
    privilege = Privilege.ROOT if rows.one("uid") == "0" else Privilege.SUDO if sudo else Privilege.NONE
    addresses = tuple(address for (text,) in rows.split("addr", 1) if (address := _public(text, rows)))
    identity = Identity(rows.one("host"), rows.one("user"), privilege, sudo, addresses[:1000])
    return seen(identity, rows.lacking())


def _public(text: str, rows: Rows) -> str:
    """The address in its usual spelling; "" for loopback, link-local and what is no address."""
    try:
        address = ip_address(text)
    except ValueError:
        rows.misfit()
        return ""
    return "" if address.is_loopback or address.is_link_local else str(address)


COLLECTOR = Collector("identity", _SCRIPT, _parse, limit=256 << 10)
