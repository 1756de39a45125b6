"""Releases that no feed covers: every package is unknown, never fine (DEB-15, RPM-8, RPM-10, RPM-11)."""

from __future__ import annotations

from datetime import date

from schouw.model.facts import Update
from schouw.model.vulnerability import Assessment, CveVerdict, Judged, Match
from schouw.vulnerabilities.inventory import Inventory
from schouw.vulnerabilities.releases import Release
from schouw.vulnerabilities.rules.item import unknown


def assess(inventory: Inventory, ends: date | None) -> Assessment:
    """`ends`: last day of free security updates, where the database has a newer one than schouw came with."""
    release = inventory.release
    rule, gap = _why(release, ends or release.free)
    source = "" if release.kind == "rpm" else "source"
    judged = [
        Judged(
            (package.source if source else "") or package.name,
            (package.source_version if source else "") or package.version,
            (package.name,),
            package.source,
            (unknown(rule, gap),),
        )
        for package in inventory.packages
    ]
    sources = {f"{package.name}.{package.architecture}": package.source for package in inventory.packages}
    advised = (_advised(update, sources.get(update.package, "")) for update in inventory.advised)
    return Assessment(str(release), (), (*judged, *advised), gap=gap, advised=release.by_itself)


def _why(release: Release, ends: date | None) -> tuple[str, str]:
    gap = f"no feed covers {release}"
    if release.by_itself:  # RPM-8: another rebuild's versions prove nothing here
        return "RPM-10", f"{gap}; only its own dnf tells which updates are for security"
    if ends is not None:
        gap += f"; its free security updates last until {ends.isoformat()}"
    return ("DEB-15" if release.kind == "deb" else "RPM-11"), gap


def _advised(update: Update, source: str) -> Judged:
    match = Match(
        update.cves,
        CveVerdict.FIXABLE,
        "RPM-10",
        update.candidate,
        ", ".join(update.advisories),
        f"a security update by its own package manager, from {update.origin}",
    )
    name = update.package.rpartition(".")[0] or update.package
    return Judged(name, update.installed, (update.package,), source, (match,))
