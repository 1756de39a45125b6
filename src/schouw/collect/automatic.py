"""Whether security updates install themselves: unattended-upgrades or dnf-automatic."""

from __future__ import annotations

import re

from schouw.collect.base import Collector, Rows, number
from schouw.model.attempt import Attempt, seen
from schouw.model.facts import AutomaticUpdates

# What is enabled is a link in timers.target.wants; that can be read without systemd and without root.
_SCRIPT = r"""
timer() {
  for folder in /etc/systemd/system /run/systemd/system; do
    case $(readlink $folder/$1 2>/dev/null) in /dev/null) echo "masked	$1"; return;; esac
  done
  for folder in /etc/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
    [ -L $folder/timers.target.wants/$1 ] || [ -e $folder/timers.target.wants/$1 ] && { echo "timer	$1"; return; }
  done
}
if have unattended-upgrade; then
  echo 'tool	unattended-upgrades'
  apt-config dump 2>/dev/null | sed -n 's/^APT::Periodic::\([A-Za-z-]*\) "\(.*\)";$/set	\1	\2/p'
  [ -d /run/systemd/system ] || { [ -x /etc/cron.daily/apt-compat ] || [ -x /etc/cron.daily/apt ]; } && echo 'cron	yes'
  [ -d /run/systemd/system ] && echo 'systemd	yes'
  timer apt-daily.timer; timer apt-daily-upgrade.timer
  printf 'ran\t%s\n' "$(modified /var/lib/apt/periodic/unattended-upgrades-stamp)"
elif have dnf-automatic || [ -e /usr/lib/systemd/system/dnf-automatic.timer ]; then
  echo 'tool	dnf-automatic'
  for file in /etc/dnf/automatic.conf /etc/dnf/dnf5-plugins/automatic.conf; do
    [ -r $file ] && sed -n 's/^[ 	]*\([a-z_]*\)[ 	]*=[ 	]*\([^ 	]*\).*/set	\1	\2/p' $file
  done
  for name in dnf-automatic dnf-automatic-install dnf5-automatic; do timer $name.timer; done
elif [ -r /etc/yum/yum-cron.conf ]; then
  echo 'tool	yum-cron'
  sed -n 's/^[ 	]*\([a-z_]*\)[ 	]*=[ 	]*\([^ 	]*\).*/set	\1	\2/p' /etc/yum/yum-cron.conf
  [ -e /etc/systemd/system/multi-user.target.wants/yum-cron.service ] && echo 'timer	yum-cron.service'
else echo 'tool	'
fi
"""


def _parse(rows: Rows) -> Attempt[AutomaticUpdates]:
    tool = rows.one("tool")
    settings = {key: value.strip() for key, value in rows.split("set", 2)}
    timers = rows.all("timer")
    if tool == "unattended-upgrades":
        wrong = _unattended(rows, settings, timers)
    elif tool == "dnf-automatic":
        # dnf-automatic-install.timer installs whatever its configuration says.
        installs = settings.get("apply_updates") in ("yes", "true", "1", "True") or "dnf-automatic-install.timer" in timers
        wrong = "no timer is enabled" if not timers else "" if installs else "apply_updates is no: it only downloads"
    elif tool == "yum-cron":
        wrong = (
            "its service is not enabled"
            if not timers
            else ""
            if settings.get("apply_updates") == "yes"
            else "apply_updates is no"
        )
    else:
        return seen(AutomaticUpdates("", enabled=False), rows.lacking())
    ran = number(rows.one("ran"))
    return seen(AutomaticUpdates(tool, not wrong, wrong, float(ran) if ran else None), rows.lacking())


def _unattended(rows: Rows, settings: dict[str, str], timers: list[str]) -> str:
    """What keeps unattended-upgrades from running; "" where nothing does."""
    if settings.get("Enable", "1") == "0":
        return 'APT::Periodic::Enable is "0"'
    for key in ("Update-Package-Lists", "Unattended-Upgrade"):
        if not _often(settings.get(key, "0")):
            return f'APT::Periodic::{key} is "{settings.get(key, "0")[:40]}"'
    if rows.one("systemd"):
        missing = [name for name in ("apt-daily.timer", "apt-daily-upgrade.timer") if name not in timers]
        return f"{missing[0]} is not enabled" if missing else ""
    return "" if rows.one("cron") else "neither a systemd timer nor cron starts it"


def _often(interval: str) -> bool:
    """apt's intervals: days, or with s, m, h, d; "always"; "0" for never."""
    return interval == "always" or re.fullmatch(r"0*[1-9]\d{0,8}[smhd]?", interval) is not None


COLLECTOR = Collector("automatic", _SCRIPT, _parse, limit=64 << 10)
