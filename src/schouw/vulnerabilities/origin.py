"""Where a package comes from: the distribution, or somebody who builds it differently (ORG-1 to ORG-4).

What is not the distribution's own build is *unknown*, with this reason: its version is not comparable with the
distribution's fixes, in neither direction.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from schouw.model.facts import Package
from schouw.vulnerabilities.rules.item import NOWHERE

#: ORG-2: what rpm says of the distribution's own packages.
_VENDORS: Mapping[str, tuple[str, ...]] = {
    "almalinux": ("AlmaLinux", "AlmaLinux OS Foundation"),
    "rocky": ("Rocky Enterprise Software Foundation", "Rocky"),
    "rhel": ("Red Hat, Inc.",),
    "cloudlinux": ("CloudLinux", "Cloud Linux"),
    "centos": ("CentOS",),
    "centos-stream": ("CentOS",),
}

#: ORG-1: marks in a version, and whose they are. Hints: asked only where the host did not say where its packages are from.
_MARKS = (
    (re.compile(r"nodesource"), "NodeSource"),
    (re.compile(r"\+0~\d{8}|deb\.sury\.org|\+sury"), "deb.sury.org"),
    (re.compile(r"\.pgdg\d|pgdg"), "apt.postgresql.org"),
    (re.compile(r"\+maria~"), "MariaDB's own repository"),
    (
        re.compile(r"\d~(stretch|buster|bullseye|bookworm|trixie|bionic|focal|jammy|noble)$"),
        "a vendor's repository, as nginx.org's",
    ),
    (re.compile(r"\.remi$|\.remi\."), "Remi's repository"),
    (re.compile(r"\.cloudlinux|\.el\d+\.cl\b|\.el\d+\.cloudlinux"), "CloudLinux"),
)


def foreign(package: Package, distribution: str, whose: str | None, declared: bool) -> str:
    """Who builds it, where that is not the distribution; "" for its own.

    `whose`: where from, if the host counts it among those that are not the distribution's ("" for nowhere).
    `declared`: whether the host said anything of that kind at all.
    """
    if distribution in _VENDORS:
        return _by_vendor(package, distribution)
    if whose is not None:
        return whose or NOWHERE
    return "" if declared else marked(package.version)


@lru_cache(maxsize=1 << 15)
def marked(version: str) -> str:
    """ORG-1: whose mark a version bears, "" for none."""
    return next((whose for mark, whose in _MARKS if mark.search(version)), "")


def is_own(origin: str, distribution: str) -> bool:
    """ORG-4: by the archive's own word (Origin in its Release file), never by its address: a mirror is the distribution."""
    origin, distribution = origin.strip().lower(), distribution.lower()
    return origin in (distribution, f"{distribution} backports") or origin.startswith(f"{distribution}esm")


def _by_vendor(package: Package, distribution: str) -> str:
    # RPM-10: CloudLinux rebuilds parts of AlmaLinux; those are not AlmaLinux's.
    if any(package.vendor.startswith(own) for own in _VENDORS[distribution]):
        return marked(package.version) if distribution != "cloudlinux" else ""
    return package.vendor or "nobody: it was built by hand"
