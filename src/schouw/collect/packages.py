"""Installed packages: dpkg with source and source version, rpm with epoch, vendor and module label."""

from __future__ import annotations

from functools import lru_cache

from schouw.collect.base import FIELD, Collector, Rows, number
from schouw.model.attempt import Attempt, not_checked, seen
from schouw.model.facts import Package, Packages

#: Fields that follow from others are left out on the host, which halves what has to travel: a dpkg source that
#: is the package itself, a status of "installed, nothing wrong", an epoch of 0.
_SCRIPT = r"""
if have dpkg-query && [ -s /var/lib/dpkg/status ]; then
  echo 'manager	dpkg'
  dpkg-query -W -f '${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${db:Status-Abbrev}\n' |
  awk -F '\t' '{
    if ($6 != "ii ") print "state\t" $6 "\t" $1
    if ($6 !~ /^.[iHUFWt]/) next
    if ($5 == $2) $5 = ""
    if ($4 == $1) $4 = ""
    print "deb\t" $1 "\t" $2 "\t" $3 ($4 $5 == "" ? "" : "\t" $4 "\t" $5)
  }'
elif have rpm; then
  echo 'manager	rpm'
  row='rpm\t%{NAME}\t%{EPOCHNUM}\t%{VERSION}-%{RELEASE}\t%{ARCH}\t%{SOURCERPM}\t%{VENDOR}'
  rpm -q --qf '%{MODULARITYLABEL}' rpm >/dev/null 2>&1 && row=$row'\t%{MODULARITYLABEL}' || row=$row'\t'
  rpm -qa --qf "$row\n" | sort
else
  say absent 'it has neither dpkg nor rpm'
fi
"""

_STAMP = r"""
stats /var/lib/dpkg/status
for folder in /var/lib/rpm /usr/lib/sysimage/rpm; do
  stats $folder/rpmdb.sqlite $folder/rpmdb.sqlite-wal $folder/Packages $folder/Packages.db
done
"""


def _parse(rows: Rows) -> Attempt[Packages]:
    if rows.one("manager") == "dpkg":
        return _dpkg(rows)
    if rows.one("manager") == "rpm":
        return _rpm(rows)
    return not_checked(rows.lacking() or "the host sent no packages")


def _dpkg(rows: Rows) -> Attempt[Packages]:
    found = [_deb_row(row) for row in rows.all("deb")]
    packages = tuple(package for package in found if package is not None)
    if not packages:
        return not_checked(rows.lacking() or "dpkg lists no package")
    broken: list[str] = []
    held: list[str] = []
    for status, name in rows.split("state", 2):
        # dpkg(1): wanted, current state, error. H U F W t are half-way states; R wants to be installed anew.
        if status[1:2] in "HUFWt" or status[2:3] == "R":
            broken.append(name)
        if status[:1] == "h":
            held.append(name)
    unparsed = len(found) - len(packages)
    return seen(Packages("dpkg", packages, tuple(broken), tuple(held), unparsed), _lacking(rows, unparsed))


def _rpm(rows: Rows) -> Attempt[Packages]:
    # gpg-pubkey is a key that rpm keeps among its packages.
    found = [_rpm_row(row) for row in rows.all("rpm") if not row.startswith("gpg-pubkey\t")]
    packages = tuple(package for package in found if package is not None)
    if not packages:
        return not_checked(rows.lacking() or "rpm lists no package")
    unparsed = len(found) - len(packages)
    return seen(Packages("rpm", packages, unparsed=unparsed), _lacking(rows, unparsed))


def _lacking(rows: Rows, unparsed: int) -> str:
    odd = f"{unparsed} package{'s' if unparsed != 1 else ''} of the list could not be read" if unparsed else ""
    return "; ".join(reason for reason in (odd, rows.lacking()) if reason)


# The same rows come from many hosts and with every scan; equal ones are read once and share one Package.
@lru_cache(maxsize=1 << 15)
def _deb_row(row: str) -> Package | None:
    parts = row.split("\t")
    if len(parts) == 3:
        name, version, architecture = parts
        source = source_version = ""
    elif len(parts) == 5:
        name, version, architecture, source, source_version = parts
    else:
        return None
    if not name or not version or len(row) > 2 * FIELD or " " in name or " " in version:
        return None
    return Package(name, version, architecture, source or name, source_version or version)


@lru_cache(maxsize=1 << 15)
def _rpm_row(row: str) -> Package | None:
    parts = row.split("\t")
    if len(parts) != 7 or len(row) > 3 * FIELD:
        return None
    name, epoch, version, architecture, source, vendor, module = ("" if part == "(none)" else part for part in parts)
    if not name or not version or " " in name or " " in version or number(epoch or "0") is None:
        return None
    # SOURCERPM is name-version-release.src.rpm; it has no epoch (RPM-2: never compare with it).
    source_name, _, source_version = source.removesuffix(".rpm").removesuffix(".src").removesuffix(".nosrc").rpartition("-")
    source_name, _, upstream = source_name.rpartition("-")
    source_version = f"{upstream}-{source_version}" if source_name else ""
    return Package(name, f"{epoch or '0'}:{version}", architecture, source_name, source_version, vendor, module)


COLLECTOR = Collector("packages", _SCRIPT, _parse, stamp=_STAMP)
