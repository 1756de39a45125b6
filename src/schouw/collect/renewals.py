"""What renews certificates on its own: whether it is started at all, and which of them it failed to renew."""

from __future__ import annotations

from dataclasses import replace

from schouw.collect.base import Collector, Rows
from schouw.model.attempt import Attempt, absent, not_checked, seen
from schouw.model.daemons import Renewal
from schouw.text import line

# `starts TOOL WORD`: a timer or cron job that mentions the word. Debian's cron job for certbot does nothing where there
# is systemd. What failed is taken from the last run that tried it; acme.sh writes down when a renewal is due, and three
# days later it has failed. All of it is root's to read, and no command that sudo could allow prints just this.
_LOOK = r"""
systemd=; [ -d /run/systemd/system ] && systemd=yes
starts() {
  for file in $(grep -ls "$2" /etc/systemd/system/*.service /usr/lib/systemd/system/*.service /lib/systemd/system/*.service); do
    unit=${file##*/} unit=${unit%.service}
    case $(readlink /etc/systemd/system/$unit.timer) in /dev/null) continue;; esac
    for folder in /etc/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
      [ -e $folder/timers.target.wants/$unit.timer ] || [ -L $folder/timers.target.wants/$unit.timer ] || continue
      printf 'active\t%s\t%s.timer\n' "$1" "$unit"; return
    done
  done
  for file in /etc/crontab /etc/cron.d/* /etc/cron.daily/* /etc/cron.weekly/* /var/spool/cron/root /var/spool/cron/*/root; do
    [ "$file$systemd" = /etc/cron.d/certbotyes ] && continue
    grep -qs "^[^#]*$2" "$file" && { printf 'active\t%s\t%s\n' "$1" "$file"; return; }
  done
  [ "$uid" = 0 ] || say hidden "root's crontab, which may start $1, cannot be read without root"
}
if [ -d /etc/letsencrypt/renewal ]; then
  printf 'tool\tcertbot\n'; starts certbot certbot
  for file in /etc/letsencrypt/renewal/*.conf; do
    [ -e "$file" ] && { file=${file##*/}; printf 'name\tcertbot\t%s\n' "${file%.conf}"; }
  done
  if [ -r /var/log/letsencrypt ] && [ -x /var/log/letsencrypt ]; then
    cd /var/log/letsencrypt
    ls -t letsencrypt.log* 2>/dev/null | head -n 20 | awk '
      { while ((getline text < $0) > 0) {
          if (match(text, /Processing \/etc\/letsencrypt\/renewal\//)) {
            name = substr(text, RSTART + RLENGTH); sub(/\.conf.*/, "", name)
            if (!(name in tried)) { tried[name] = $0; error[name] = "" } }
          else if (match(text, /(Failed to renew certificate|Attempting to renew cert \()/)) {
            rest = substr(text, RSTART + RLENGTH); gsub(/^[ (]+/, "", rest); name = rest; sub(/[ )].*/, "", name)
            sub(/.*(with error|unexpected error): /, "", rest); gsub(/\t/, " ", rest)
            if (tried[name] == $0) error[name] = substr(rest, 1, 250) } }
        close($0) }
      END { for (name in error) if (error[name] != "") print "failed\tcertbot\t" name "\t" error[name] }' | sort
    cd /
  elif [ "$systemd" ]; then
    systemctl show -p Result certbot.service 2>/dev/null | sed -n '/=success$/d
s/^Result=\(..*\)/failed	certbot	certbot.service	its last run ended with \1/p'
  elif [ -e /var/log/letsencrypt ]; then say hidden '/var/log/letsencrypt cannot be read without root'; fi
fi
for home in /root/.acme.sh "$HOME/.acme.sh" /etc/acme.sh /usr/local/share/acme.sh; do
  [ "$home" = "$last" ] || [ ! -d "$home" ] && continue
  last=/root/.acme.sh
  printf 'tool\tacme.sh\n'; starts acme.sh 'acme\.sh'
  for file in "$home"/*/*.conf; do
    [ -r "$file" ] && grep -q '^Le_Domain=' "$file" || continue
    awk -F "'" -v now="$(date +%s)" -v log_file="$home/acme.sh.log" '
      /^Le_Domain=/ { name = $2 } /^Le_NextRenewTime=/ { due = $2 } /^Le_NextRenewTimeStr=/ { words = $2 }
      END {
        if (name == "") exit
        print "name\tacme.sh\t" name
        if (!due || due + 259200 > now) exit
        while ((getline text < log_file) > 0) if (text ~ /[Ee]rror/ && index(text, name)) error = text
        gsub(/\t/, " ", error)
        print "failed\tacme.sh\t" name "\t" (error == "" ? "its renewal was due on " words : substr(error, 1, 250)) }' "$file"
  done
done
if [ -d /usr/local/directadmin ]; then
  printf 'tool\tdirectadmin\n'
  if [ -e /etc/cron.d/directadmin_cron ] || [ -e /etc/systemd/system/multi-user.target.wants/directadmin.service ]; then
    grep -qs '^letsencrypt=0' /usr/local/directadmin/conf/directadmin.conf || printf 'active\tdirectadmin\tits task queue\n'
  fi
  if [ -r /usr/local/directadmin/data/users ]; then
    for file in /usr/local/directadmin/data/users/*/domains/*.cert.creation_time; do
      [ -e "$file" ] || continue
      name=${file##*/} name=${name%.cert.creation_time}
      printf 'name\tdirectadmin\t%s\n' "$name"
      [ -e "${file%.cert.creation_time}.ssl.next_retry" ] || continue
      error=$(cd /var/log/directadmin && grep -hsF "$name" errortaskq.log error.log | tail -n 1 | cut -c 1-250 | tr '\t' ' ')
      printf 'failed\tdirectadmin\t%s\t%s\n' "$name" "${error:-its request failed and is to be tried again}"
    done
  else say hidden '/usr/local/directadmin/data/users cannot be read without root'; fi
fi
for folder in /etc/lego /root/.lego /var/lib/lego; do
  [ -d $folder/certificates ] || continue
  printf 'tool\tlego\n'; starts lego '\<lego\>'
  for file in $folder/certificates/*.crt; do
    case $file in *.issuer.crt) continue;; esac
    [ -e "$file" ] && { file=${file##*/}; printf 'name\tlego\t%s\n' "${file%.crt}"; }
  done
  break
done
for folder in /var/lib/dehydrated/certs /etc/dehydrated/certs; do
  [ -d $folder ] || continue
  printf 'tool\tdehydrated\n'; starts dehydrated dehydrated
  for file in $folder/*/; do [ -d "$file" ] && { file=${file%/}; printf 'name\tdehydrated\t%s\n' "${file##*/}"; }; done
  break
done
"""

_LIMIT = 5000
_PLACES = (
    "/etc/letsencrypt/renewal", "/root/.acme.sh", "$HOME/.acme.sh", "/etc/acme.sh", "/usr/local/directadmin",
    "/etc/lego", "/root/.lego", "/var/lib/lego", "/var/lib/dehydrated/certs", "/etc/dehydrated/certs",
)  # fmt: skip
_THERE = " || ".join(f'[ -d "{place}" ]' for place in _PLACES)
_NOTHING = "nothing that this account sees renews certificates"


def _parse(rows: Rows) -> Attempt[tuple[Renewal, ...]]:
    if nothing := rows.one("none"):
        return absent(nothing)
    found: dict[str, Renewal] = {tool: Renewal(tool, False) for (tool,) in rows.split("tool", 1)}
    for tool, _ in rows.split("active", 2):
        if tool in found:
            found[tool] = replace(found[tool], active=True)
    names: dict[str, dict[str, None]] = {}
    for tool, name in rows.split("name", 2):
        names.setdefault(tool, {})[name] = None
    failing: dict[str, dict[str, str]] = {}
    for tool, name, error in rows.split("failed", 3):
        failing.setdefault(tool, {})[name] = line(error)
    lacking = rows.lacking()
    renewals = tuple(
        replace(one, names=tuple(names.get(tool, ()))[:_LIMIT], failing=failing.get(tool, {})) for tool, one in found.items()
    )
    if not renewals:
        return not_checked(lacking) if lacking else absent(_NOTHING)
    return seen(renewals, lacking)


# What it looks at is small, and a due date passes without any file being touched: it is run each time, and only its
# output compared.
COLLECTOR = Collector("renewals", _LOOK, _parse, limit=1 << 20, there=_THERE, otherwise=_NOTHING)
