"""From facts to what is to be judged of a host: its release, its packages with their origin, its kernel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from schouw.model.attempt import Attempt, not_checked
from schouw.model.facts import Inside, Package, Update
from schouw.model.vulnerability import LivePatch
from schouw.vulnerabilities.releases import Release, release_of

#: DEB-3: a rebuild without a change of source.
_BINNMU = re.compile(r"\+b\d+$")
#: DEB-11.
_BACKPORT = re.compile(r"~bpo(\d+)\+\d+(?:\.\d+)?$")


@dataclass(frozen=True, slots=True)
class Inventory:
    """One host, as far as vulnerabilities go."""

    release: Release
    packages: tuple[Package, ...]
    foreign: Mapping[str, str] | None = None
    """Package → repository ("" for none) of those that are not the distribution's own; None: the host did not say."""
    running: str = ""
    """`uname -r`; "" where it is not known."""
    container: bool = False
    """It runs its host's kernel."""
    live_patch: LivePatch | None = None
    pro: frozenset[str] | None = None
    """Ubuntu Pro services that are on, such as "esm-apps"; None: not asked."""
    streams: frozenset[str] = frozenset()
    """Enabled module streams, ``name:stream``, where packages themselves do not tell (old AlmaLinux 8)."""
    advised: tuple[Update, ...] = ()
    """Pending security updates in the words of the host's own package manager (RPM-10)."""


def inventory_of(inside: Inside) -> Attempt[Inventory]:
    """Not checked, with the reason, where release or packages were not seen; other gaps only make verdicts unknown."""
    system, packages = inside.system, inside.packages
    if system.result is None or packages.result is None:
        return not_checked(packages.reason or system.reason or "its packages are not known")
    origins, kernel, updates, pro = inside.origins.result, inside.kernel.result, inside.updates.result, inside.pro.result
    release = release_of(system.result)
    if release.by_itself and updates is None:  # RPM-10: what it says of its updates is all that can be known
        return not_checked(inside.updates.reason)
    foreign = None
    if origins is not None and not inside.origins.reason:
        foreign = dict(origins.foreign) | dict.fromkeys(origins.nowhere, "")
    inventory = Inventory(
        release=release,
        packages=packages.result.packages,
        foreign=foreign,
        running=kernel.running if kernel else "",
        container=bool(system.result.container),
        live_patch=inside.live_patch.result,
        pro=frozenset(pro) if pro is not None else None,
        streams=frozenset(inside.streams.result or ()),
        advised=tuple(update for update in updates.pending if update.security) if updates else (),
    )
    lacking = (packages.reason, inside.updates.reason if release.by_itself else "")
    return Attempt(inventory, "; ".join(filter(None, lacking)))


def without_rebuild(version: str) -> str:
    """DEB-3: a binary version as its source's."""
    return _BINNMU.sub("", version) if "+b" in version else version


def backport(version: str) -> tuple[str, str]:
    """DEB-11: (release that it was built for, version without the mark) of ``1.2-3~bpo12+1``; ("", version) otherwise."""
    found = _BACKPORT.search(version) if "~bpo" in version else None
    if found is None:
        return "", version
    number = int(found[1])
    # Releases before 10 were counted in tens: ~bpo70+1 is for Debian 7.
    return str(number // 10 if number >= 50 and number % 10 == 0 else number), version[: found.start()]
