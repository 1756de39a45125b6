"""Area hardening: whether anything filters incoming connections, and on both address families."""

from __future__ import annotations

from collections.abc import Iterator

from schouw.checks import needs
from schouw.checks.advice import command
from schouw.checks.base import Case, Found, Unsure, check
from schouw.model.facts import Firewall, Identity
from schouw.model.finding import Evidence
from schouw.text import line

_MIRROR = {
    "ufw": "set IPV6=yes in /etc/default/ufw, then: ufw disable && ufw enable",
    "csf": 'set IPV6 = "1" in /etc/csf/csf.conf, then: csf -r',
    "firewalld": "firewall-cmd --reload     # firewalld filters both families: see whether other rules replaced its own",
    "iptables": "write the same rules for IPv6 with ip6tables, then keep them: netfilter-persistent save",
}
_MIRROR_NFT = "in /etc/nftables.conf make the table `inet` instead of `ip`, then: nft -f /etc/nftables.conf"


@check("hardening.firewall.none", needs.firewall)
def none(case: Case, firewall: Firewall) -> Iterator[Found | Unsure]:
    if firewall.filters_ipv4 or firewall.filters_ipv6 or not _all_seen(case):
        return
    inside = firewall.detail or f"{firewall.tool or 'nothing'} is there, {firewall.rules} rules, none that drops incoming traffic"
    fix = command(case.system, "firewall").format(port=_ssh_port(case))
    yield Found(evidence=Evidence(inside=line(inside, 200)), fix=fix)


@check("hardening.firewall.ipv6", needs.both(needs.firewall, needs.identity))
def ipv6(case: Case, facts: tuple[Firewall, Identity]) -> Iterator[Found | Unsure]:
    firewall, identity = facts
    addresses = [address for address in identity.addresses if ":" in address]
    if addresses and firewall.filters_ipv4 and not firewall.filters_ipv6 and _all_seen(case):
        inside = f"{firewall.tool} filters IPv4 only; the host has {addresses[0]}"
        yield Found(evidence=Evidence(inside=inside), fix=_MIRROR.get(firewall.tool, _MIRROR_NFT))


def _all_seen(case: Case) -> bool:
    """Rules that could not be read may be the ones that filter."""
    return case.inside is not None and case.inside.firewall.complete


def _ssh_port(case: Case) -> int:
    """A firewall that shuts out whoever sets it up is no fix."""
    sshd = case.inside.sshd.result if case.inside else None
    return case.host.port or (sshd.ports[0] if sshd and sshd.ports else 22)
