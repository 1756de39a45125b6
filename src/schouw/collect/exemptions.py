"""What bans addresses on the host, and whether it spares ours: the one that our SSH connection comes from.

Behind a jump host that is the jump host's address, while the outside view comes from here: the two may differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from schouw.collect.base import Collector, Rows
from schouw.collect.config.statements import Lines, sent_files
from schouw.collect.daemon import parts
from schouw.model.attempt import Attempt, absent, not_checked, seen
from schouw.model.daemons import Exemption

# fail2ban's own client knows best, but starts Python for every jail and is root's alone; its files are everybody's.
_FILES = r"""
ours=${SSH_CONNECTION:-$SSH_CLIENT}
ours=${ours%% *}
jails() { tree '' . /etc/fail2ban/jail.conf /etc/fail2ban/jail.d/*.conf /etc/fail2ban/jail.local /etc/fail2ban/jail.d/*.local; }
lists() { tree '^ *include +' . /etc/csf/csf.allow /etc/csf/csf.ignore; }
csf=; [ -e /etc/csf/csf.conf ] && [ ! -e /etc/csf/csf.disable ] && csf=yes
"""
_SCRIPT = (
    _FILES
    + r"""
printf 'ours\t%s\n' "$ours"
[ "$ours" ] || exit
if [ -d /etc/fail2ban ]; then
  jails; alive fail2ban-server ''
  if [ "$pid" ]; then
    printf 'bans\tfail2ban\n'
    show '^ *(\[|enabled|ignoreip)' '^[^ ].*' '.'
  fi
fi
if [ "$csf" ]; then
  printf 'bans\tcsf\n'
  lists
  if [ -r /etc/csf/csf.allow ]; then show '' '' ''
  elif as_root iptables-save 2>/dev/null | grep -qF -e "-A ALLOWIN -s $ours"; then printf 'file\tcsf\nl\t1\t%s\n' "$ours"
  else say hidden '/etc/csf cannot be read without root'; fi
fi
if have sshd; then
  table=$(as_root sshd -T 2>/dev/null); code=$?
  [ $code = 0 ] || table=$(sshd -G 2>/dev/null) || table=
  if [ "$table" ]; then printf '%s\n' "$table" | sed -n '/^persourcepenalt/s/^/set	/p'
  elif [ $code = 77 ]; then wants sshd -T; fi
  printf 'version\t%s\n' "$({ ssh -V; sshd -V; } 2>&1 | sed -n 's/.*OpenSSH_\([^ ,p]*\).*/\1/p' | head -n 1)"
fi
"""
)
_STAMP = (
    _FILES
    + r"""
printf '%s\n' "$ours"
[ -d /etc/fail2ban ] && { jails; alive fail2ban-server ''; echo "$proof"; }
[ "$csf" ] && { lists; each stats; }
stats /etc/ssh/sshd_config /etc/ssh/sshd_config.d/* /usr/sbin/sshd
"""
)

_SECTION = re.compile(r"\s*\[([^\]]{1,100})\]")
_ASSIGNED = re.compile(r"([a-z]+)\s*[=:]\s*(.*)")
_EARLIER = re.compile(r"%\((?:known/|default/)?ignoreip\)s")
_SINCE = (9, 8)
"""OpenSSH that has PerSourcePenalties."""

Address = IPv4Address | IPv6Address


def _parse(rows: Rows) -> Attempt[tuple[Exemption, ...]]:
    if nothing := rows.one("none"):
        return absent(nothing)
    text = rows.one("ours").partition("%")[0]
    if not text:
        return absent("looked at without a network in between: nothing could ban us")
    try:
        ours = ip_address(text)
    except ValueError:
        return not_checked(f"the host says that we come from {text!r}, which is no address")
    if isinstance(ours, IPv6Address) and ours.ipv4_mapped:
        ours = ours.ipv4_mapped
    files = sent_files(rows)
    found: list[Exemption] = []
    if "fail2ban" in rows.all("bans"):
        found += _fail2ban({name: lines for name, lines in files.items() if name.startswith("/etc/fail2ban/")}, ours)
    lists = {name: lines for name, lines in files.items() if not name.startswith("/etc/fail2ban/")}
    if "csf" in rows.all("bans") and lists:
        listed = (text.split("#")[0].split() for lines in lists.values() for _, text in lines)
        exempt = any(_holds(words[0], ours) for words in listed if words)
        found.append(Exemption("csf", str(ours), exempt, "" if exempt else f"csf -a {ours} schouw"))
    found += _sshd(rows, ours)
    lacking = rows.lacking()
    return not_checked(lacking) if lacking and not found else seen(tuple(found), lacking)


def _fail2ban(files: dict[str, Lines], ours: Address) -> Iterator[Exemption]:
    """One exemption for all jails that are on: banned by one of them is banned."""
    ignored: dict[str, tuple[str, str]] = {}
    enabled: dict[str, bool] = {}
    for file, lines in files.items():
        for section, keyword, value in _ini(lines):
            if keyword == "enabled":
                enabled[section] = value.lower() in ("true", "yes", "on", "1")
            elif keyword == "ignoreip":
                before = ignored.get(section, ignored.get("DEFAULT", ("", "")))[0]
                ignored[section] = (_EARLIER.sub(before, value)[:10_000], file)
    usual = ignored.get("DEFAULT", ("", "/etc/fail2ban/jail.local"))
    jails = [name for name in enabled if name != "DEFAULT" and enabled[name]]
    lacking = {
        name: ignored.get(name, usual)
        for name in jails
        if not any(_holds(word, ours) for word in ignored.get(name, usual)[0].replace(",", " ").split())
    }
    if not jails:
        return
    fixes: dict[str, None] = {}
    for name, (value, file) in lacking.items():
        section = name if name in ignored else "DEFAULT"
        # jail.conf is the package's, and overwritten with it.
        place = file if file and not file.endswith("/jail.conf") else "/etc/fail2ban/jail.local"
        fixes[f"in {place}, under [{section}]:\nignoreip = {value or '127.0.0.1/8 ::1'} {ours}"] = None
    fix = "\n".join([*list(fixes)[:5], "then: fail2ban-client reload"]) if fixes else ""
    yield Exemption("fail2ban", str(ours), not lacking, fix)


def _ini(lines: Lines) -> Iterator[tuple[str, str, str]]:
    """(section, keyword, value); a line that begins with a blank goes on with the value before it."""
    section, keyword, value = "", "", ""
    for _, text in lines:
        if match := _SECTION.match(text):
            if keyword:
                yield section, keyword, value
            section, keyword, value = match[1], "", ""
        elif text.startswith(" "):
            value = f"{value} {text.strip()}"[:10_000] if keyword else value
        elif match := _ASSIGNED.match(text):
            if keyword:
                yield section, keyword, value
            keyword, value = match[1], match[2].strip()
    if keyword:
        yield section, keyword, value


def _sshd(rows: Rows, ours: Address) -> Iterator[Exemption]:
    """sshd(8) drops whoever fails to log in too often, for a while, since 9.8."""
    said = dict(row.partition(" ")[::2] for row in rows.all("set"))
    if parts(rows.one("version")) < _SINCE or "persourcepenalties" not in said:
        return
    listed = said.get("persourcepenaltyexemptlist", "none").strip()
    patterns = [] if listed == "none" else listed.split(",")
    exempt = said["persourcepenalties"].strip() == "no" or any(_holds(pattern, ours) for pattern in patterns)
    wanted = f"PerSourcePenaltyExemptList {','.join([*patterns, str(ours)])}"
    yield Exemption(
        "sshd", str(ours), exempt, "" if exempt else f"in /etc/ssh/sshd_config:\n{wanted}\nthen: systemctl reload ssh"
    )


def _holds(pattern: str, ours: Address) -> bool:
    """Whether an address or a network is or has ours; names are not resolved."""
    try:
        return ours in ip_network(pattern.strip(), strict=False)
    except ValueError:
        return False


_THERE = "[ -d /etc/fail2ban ] || [ -d /etc/csf ] || command -v sshd >/dev/null 2>&1"
COLLECTOR = Collector("exemptions", _SCRIPT, _parse, _STAMP, there=_THERE, otherwise="it has nothing that bans addresses")
