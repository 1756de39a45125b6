"""Newer versions that the host's own repositories offer, and where installed packages come from.

apt and dnf are asked without fetching anything and without a lock. For apt, `apt-cache policy` answers both
questions in one go and a quarter of the time of a simulated upgrade: an update is a candidate newer than what
is installed, as `apt list --upgradable` has it, kept back or not; it is a security update when any version
above the installed one is in a security archive (a point release takes over older security fixes).
"""

from __future__ import annotations

from schouw.collect.base import Collector, Rows, number
from schouw.model.attempt import Attempt, not_checked, seen
from schouw.model.facts import Origins, Update, Updates

# From lists/*Release come Origin and Label of each archive, named as apt names the file: the address without
# its scheme, "_" for "/". The distribution's own archives are those whose Origin is the distribution's name
# (ORG-4: a mirror is the distribution, whatever its address).
_APT = r"""
apt_table() {
  { for file in /var/lib/apt/lists/*Release; do
      [ -r "$file" ] && printf 'R %s ' "${file##*/}" && sed -n '/^Origin: */{s///;p;q;}; /^SHA256:/q' "$file" | tr -d '\n' && echo
    done
    printf 'D %s\n' "$(. /etc/os-release; echo "$ID")"
    printf 'S %s\n' "$(dpkg --print-architecture)"
    echo P
    dpkg-query -W -f '${db:Status-Abbrev} ${Package}:${Architecture}\n' | sed -n 's/^.i. //p' | sed 's/:all$//' |
    xargs apt-cache policy
  } | awk '
    function key(url, suite) {
      sub(/^[a-z+]*:(\/\/)?/, "", url); sub(/^[^\/@]*@/, "", url); sub(/\/$/, "", url)
      if (suite !~ /\/$/) sub(/\/[^\/]*$/, "", suite)
      gsub(/_/, "%5f", url); gsub(/\//, "_", url); gsub(/\//, "_", suite)
      return suite ~ /_$/ ? url "_" suite : url "_dists_" suite
    }
    # "Debian", "Debian Backports", "Ubuntu", "UbuntuESM"; not "Debian multimedia by somebody".
    function is_own(origin) {
      if (distribution == "raspbian" && origin ~ /^raspberry pi/) return 1
      return origin == distribution || origin == distribution " backports" || origin ~ "^" distribution "esm"
    }
    function flush(   origin) {
      if (name == "" || installed == "" || installed == "(none)") return
      if (candidate != installed && newer) print "update\t" name "\t" installed "\t" candidate "\t" from "\t" security
      if (!offered) print "nowhere\t" name
      else if (!own && foreign != "") print "foreign\t" name "\t" foreign
    }
    !policy && /^R / {
      file = $2; sub(/_(In)?Release$/, "", file); sub(/^[^ ]* [^ ]* ?/, ""); origin_of[file] = tolower($0); next
    }
    !policy && /^D / { distribution = tolower($2); next }
    !policy && /^S / { native = $2; next }
    /^P$/ { policy = 1; next }
    /^[^ ]/ {
      flush(); name = $1; sub(/:$/, "", name); sub(":" native "$", "", name)
      installed = candidate = from = foreign = ""; newer = security = offered = own = above = 0; next
    }
    /^  Installed: / { installed = $2; next }
    /^  Candidate: / { candidate = $2; next }
    /^  Version table:/ { above = 1; next }
    /^ (\*\*\*|   ) [^ ]/ { version = $1 == "***" ? $2 : $1; if (version == installed) above = 0; next }
    /^ +-?[0-9]+ / {
      if ($2 ~ /^\/.*status$/) next
      k = key($2, $3)
      if (!(k in origin_of)) { if (!unknown[k]++) print "unknown\t" $2 " " $3; offered = own = 1 }
      else if (is_own(origin_of[k])) offered = own = 1
      else { offered = 1; foreign = foreign == "" ? $2 : foreign }
      if (above && ($3 ~ /-security(\/|$)/ || $2 ~ /security\.debian\.org|debian-security|esm\.ubuntu\.com/)) security = 1
      if (above && version == candidate) { newer = 1; if (from == "") from = $2 " " $3 }
    }
    END { flush() }'
}
"""

# dnf prints "name.arch  version  repository" and ends with a chapter on obsoleted packages.
_DNF = r"""
dnf_table() {
  dnf=$(command -v dnf) || dnf=$(command -v yum) || { say absent 'it has rpm but neither dnf nor yum'; return; }
  table=$(as_root dnf -q -C check-update); code=$?
  [ $code = 77 ] && { table=$(dnf -q -C check-update); code=$?; }
  case $code in 0|100) ;; *) say failed 'dnf has no usable lists in its cache: run `dnf makecache`'; return;; esac
  advice=$(as_root dnf -q -C updateinfo list --security) || advice=$(dnf -q -C updateinfo list --security) ||
    printf 'unadvised\t`dnf updateinfo` failed: which updates are for security is not known\n'
  closed=$(as_root dnf -q -C updateinfo list --security --with-cve) || closed=$(dnf -q -C updateinfo list --security --with-cve)
  { rpm -qa --qf 'H %{NAME}.%{ARCH} %{EPOCHNUM}:%{VERSION}-%{RELEASE}\n'
    printf '%s\n' "$advice" | sed 's/^/A /'
    printf '%s\n' "$closed" | sed 's/^/C /'
    printf '%s\n' "$table" | sed 's/^/U /'
  } | awk '
    function evr(text) { return text ~ /:/ ? text : "0:" text }
    $1 == "H" { have[$2] = $3; next }
    $1 == "A" || $1 == "C" { for (i = 3; i <= NF; i++) if ($i ~ /-[^-]+-[^-]+\.[a-z0-9_]+$/) {
        n = $i; arch = n; sub(/.*\./, "", arch); sub(/-[^-]+-[^-]+$/, "", n); security[n "." arch] = 1
        if (!said[n, arch, $2]++) print ($1 == "A" ? "advisory" : "cve") "\t" n "." arch "\t" $2 } next }
    /^U Obsoleting/ { exit }
    $1 == "U" { for (i = 2; i <= NF; i++) word[++n_words] = $i
      if (n_words < 3) next
      if (n_words == 3 && word[1] in have) {
        print "update\t" word[1] "\t" have[word[1]] "\t" evr(word[2]) "\t" word[3] "\t" (word[1] in security) }
      n_words = 0 }'
  own=$(rpm -q --whatprovides system-release --qf '%{VENDOR}\n' | head -n 1)
  rpm -qa --qf '%{NAME}\t%{VENDOR}\n' | awk -F '\t' -v own="$own" '
    $1 != "gpg-pubkey" && $2 != own { print ($2 == "" || $2 == "(none)") ? "nowhere\t" $1 : "foreign\t" $1 "\t" $2 }' | sort -u
}
"""

_SCRIPT = (
    _APT
    + _DNF
    + r"""
if have apt-cache && [ -s /var/lib/dpkg/status ]; then
  echo 'manager	apt'
  printf 'fetched\t%s\n' "$(modified /var/lib/apt/periodic/update-success-stamp /var/lib/apt/lists/partial /var/lib/apt/lists)"
  if ls /var/lib/apt/lists/*Packages* >/dev/null 2>&1; then apt_table
  else say absent 'it has no package lists: run `apt-get update` on it'; fi
elif have rpm; then
  echo 'manager	dnf'
  cd /var/cache
  printf 'fetched\t%s\n' "$(modified dnf/*/repodata/repomd.xml libdnf5/*/repodata/repomd.xml yum/*/*/*/repomd.xml)"
  dnf_table
else say absent 'it has neither apt nor dnf'
fi
"""
)

_STAMP = r"""
stats /var/lib/dpkg/status /var/lib/apt/periodic/update-success-stamp /var/lib/apt/lists /var/lib/apt/lists/* \
  /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/sources.list.d/* /etc/apt/preferences /etc/apt/preferences.d/*
for folder in /var/lib/rpm /usr/lib/sysimage/rpm; do
  stats $folder/rpmdb.sqlite $folder/rpmdb.sqlite-wal $folder/Packages $folder/Packages.db
done
stats /etc/yum.repos.d /etc/yum.repos.d/* /var/cache/dnf/*/repodata/repomd.xml /var/cache/libdnf5/*/repodata/repomd.xml
"""


def _updates(rows: Rows) -> Attempt[Updates]:
    manager = rows.one("manager")
    if manager not in ("apt", "dnf") or rows.all("!"):
        return not_checked(rows.lacking() or "the host did not say which updates it knows of")
    advisories, cves = _named(rows, "advisory"), _named(rows, "cve")
    pending = tuple(
        Update(name, installed, candidate, origin, security == "1", advisories.get(name, ()), cves.get(name, ()))
        for name, installed, candidate, origin, security in rows.split("update", 5)
    )
    fetched = number(rows.one("fetched"))
    at = float(fetched) if fetched else None
    lacking = (rows.one("unadvised"), rows.lacking())
    return seen(Updates("apt" if manager == "apt" else "dnf", pending, at), "; ".join(filter(None, lacking)))


def _named(rows: Rows, tag: str) -> dict[str, tuple[str, ...]]:
    """What advisories say of each package, as ``name.arch``."""
    found: dict[str, dict[str, None]] = {}
    for package, name in rows.split(tag, 2):
        found.setdefault(package, {})[name] = None
    return {package: tuple(names) for package, names in found.items()}


def _origins(rows: Rows) -> Attempt[Origins]:
    if rows.one("manager") not in ("apt", "dnf") or rows.all("!"):
        return not_checked(rows.lacking() or "the host did not say where its packages come from")
    nowhere = tuple(name for (name,) in rows.split("nowhere", 1))
    foreign = tuple((name, origin) for name, origin in rows.split("foreign", 2))
    unknown = rows.all("unknown")
    lacking = f"nothing is known of the archive {unknown[0][:200]}" if unknown else ""
    return seen(Origins(nowhere, foreign), "; ".join(reason for reason in (lacking, rows.lacking()) if reason))


COLLECTOR = Collector("updates", _SCRIPT, _updates, stamp=_STAMP, seconds=30)
ORIGINS = Collector("origins", "", _origins, reads="updates")
