"""What filters incoming traffic: nft, or iptables where it does not speak through nft; and whose rules they are."""

from __future__ import annotations

from dataclasses import dataclass, field

from schouw.collect.base import Collector, Rows, number
from schouw.model.attempt import Attempt, not_checked, seen
from schouw.model.facts import Firewall

# A ruleset can be megabytes; the host sends only tables, chains, hooks and the rules that drop or jump.
# Rules for some source addresses only (a ban list) or for broken packets do not make a filter: they are counted
# but not sent. Counters and set elements, which change all the time, go nowhere.
_SCRIPT = r"""
[ -r /etc/ufw/ufw.conf ] && grep -qi '^ENABLED=yes' /etc/ufw/ufw.conf && echo 'front	ufw'
[ -d /etc/csf ] && echo 'front	csf'
[ -e /run/firewalld ] && echo 'front	firewalld'
part() { printf '%s\n' "$1" | awk "$2"; }
if have nft; then
  table=$(as_root nft -s list ruleset 2>&1); code=$?
  if [ $code = 0 ]; then
    echo 'by	nft'
    part "$table" '
      $1 == "table" { print "table\t" $2 " " $3; next }
      $1 == "chain" { chain = $2; print "chain\t" chain; next }
      $1 == "set" || $1 == "map" { chain = ""; next }
      $1 == "}" { chain = ""; next }
      chain == "" { next }
      $1 == "type" { policy = /policy drop/ ? "drop" : "accept"; print "hook\t" $4 "\t" policy; next }
      { rules++ }
      /saddr|ct state [a-z,]*invalid|match-set .* src| -s / { if ($0 !~ /jump|goto/) next }
      match($0, /(jump|goto) [^ ;}]+/) { split(substr($0, RSTART, RLENGTH), w, " "); print "jump\t" w[2]; next }
      /(^|[ \t])(drop|reject)/ { print "drop\tyes" }
      END { print "rules\t" rules + 0 }' | uniq
  elif [ $code = 77 ]; then wants nft -s list ruleset
  else say failed "\`nft\` failed: $(printf '%s\n' "$table" | head -n 1)"; fi
fi
# "nf_tables" in its version: the rules are in the list above already.
case $(have iptables-save && iptables -V 2>/dev/null) in '') ;; *nf_tables*) have nft && exit;; esac
for family in ip ip6; do
  have ${family}tables-save || continue
  table=$(as_root ${family}tables-save 2>&1); code=$?
  if [ $code = 0 ]; then
    echo 'by	iptables'
    printf 'table\t%s filter\n' $family
    part "$table" '
      /^\*/ { filter = $1 == "*filter"; next }
      !filter { next }
      /^:/ { policy[substr($1, 2)] = $2; next }
      $1 == "-A" { rules++; if (/ -s | --match-set .* src|INVALID/ && !/-j [A-Za-z0-9_-]*$/) next
        if (/ -s | --match-set .* src|INVALID/) { if (/-j (DROP|REJECT)/) next }
        target = match($0, /-[jg] [^ ]+/) ? substr($0, RSTART + 3, RLENGTH - 3) : ""
        if (target == "ACCEPT" || target == "RETURN" || target == "LOG" || target == "") next
        body[$2] = body[$2] (target ~ /^(DROP|REJECT)$/ ? "drop\tyes\n" : "jump\t" target "\n") }
      END {
        for (name in policy) { print "chain\t" name
          if (name == "INPUT") print "hook\tinput\t" (policy[name] == "DROP" ? "drop" : "accept")
          printf "%s", body[name] }
        print "rules\t" rules + 0 }'
  elif [ $code = 77 ]; then wants ${family}tables-save
  else say failed "\`${family}tables-save\` failed: $(printf '%s\n' "$table" | head -n 1)"; fi
done
"""


@dataclass
class _Chain:
    """One chain as it is read; `policy` is "" unless it hooks incoming traffic."""

    policy: str = ""
    drops: bool = False
    jumps: set[str] = field(default_factory=set)


def _parse(rows: Rows) -> Attempt[Firewall]:
    tools = rows.all("by")
    fronts = rows.all("front")
    lacking = rows.lacking()
    if lacking and not tools:
        return not_checked(lacking)
    tables = _tables(rows)
    ipv4 = any(_filters(chains) for family, chains in tables if family in ("ip", "inet"))
    ipv6 = any(_filters(chains) for family, chains in tables if family in ("ip6", "inet"))
    rules = sum(number(count) or 0 for (count,) in rows.split("rules", 1))
    tool = fronts[0] if fronts else "nftables" if "nft" in tools else "iptables" if tools else ""
    detail = "" if tools else "neither nft nor iptables is installed"
    return seen(Firewall(tool[:30], ipv4 or ipv6, ipv4, ipv6, rules, detail), lacking)


def _tables(rows: Rows) -> list[tuple[str, dict[str, _Chain]]]:
    """Family and chains of each table."""
    tables: list[tuple[str, dict[str, _Chain]]] = []
    chain = _Chain()
    for tag, rest in rows.in_order("table", "chain", "hook", "jump", "drop"):
        if tag == "table":
            tables.append((rest.split(" ")[0], {}))
        elif tag == "chain":
            chain = _Chain()
            if tables:
                tables[-1][1][rest] = chain
        elif tag == "hook":
            hook, _, policy = rest.partition("\t")
            chain.policy = policy if hook == "input" else ""
        elif tag == "jump":
            chain.jumps.add(rest)
        else:
            chain.drops = True
    return tables


def _filters(chains: dict[str, _Chain]) -> bool:
    """Whether incoming traffic is dropped by policy, or by a rule that a base chain leads to."""
    todo = [name for name, chain in chains.items() if chain.policy]
    if any(chains[name].policy == "drop" for name in todo):
        return True
    reached: set[str] = set()
    while todo:
        name = todo.pop()
        if name in reached or name not in chains:
            continue
        reached.add(name)
        if chains[name].drops:
            return True
        todo.extend(chains[name].jumps)
    return False


COLLECTOR = Collector("firewall", _SCRIPT, _parse, limit=1 << 20)
