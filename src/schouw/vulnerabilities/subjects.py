"""What of a host's packages is judged as one: those of a source and version (Debian, Ubuntu), or each by itself (RPM)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from schouw.model.facts import Package
from schouw.model.vulnerability import RunningKernel
from schouw.vulnerabilities import kernel, origin
from schouw.vulnerabilities.inventory import Inventory, backport, without_rebuild
from schouw.vulnerabilities.releases import Release, by_codename, following
from schouw.vulnerabilities.rules.item import Asked, Item, SetAside
from schouw.vulnerabilities.streams import is_modular, stream_of
from schouw.vulnerabilities.versions import Kind

#: RPM-9: symbols and sources for debuggers, and rpm's keys.
_NEVER = ("-debuginfo", "-debugsource")


class Circumstances(NamedTuple):
    """What hosts have in common, as far as it bears on how their packages are judged."""

    release: Release
    keyed: str
    """"source" or "binary": whose names the feed uses."""
    plain: bool
    """As debsecan has it, without the rules on origin, backports and the running kernel."""
    pro: tuple[str, ...] | None
    streams: str
    """Enabled module streams with commas, where packages do not tell their own: a module has one of them at most."""
    declared: bool
    """Whether the host said where its packages come from."""

    @classmethod
    def of(cls, inventory: Inventory, keyed: str, plain: bool) -> Circumstances:
        release = inventory.release
        pro = tuple(sorted(inventory.pro)) if inventory.pro is not None and release.distribution == "ubuntu" else None
        streams = ",".join(sorted(inventory.streams)) if release.kind == "rpm" else ""
        return cls(release, keyed, plain, pro, streams, inventory.foreign is not None)

    @property
    def kind(self) -> Kind:
        return "rpm" if self.release.kind == "rpm" else "deb"

    @property
    def by_neighbours(self) -> bool:
        """Whether a package can only be asked about beside the others of its host (RPM-2)."""
        return self.keyed == "source" and self.kind == "rpm"


class Particulars(NamedTuple):
    """What bears on one package and may differ from host to host; equal with nearly all of them."""

    whose: str | None = None
    """Where from, of a package that its host calls foreign; None for the others."""
    evr: str = ""
    """Of its source, where the feed names sources (RPM-2)."""
    aside: SetAside = ("", "")


NOTHING = Particulars()


@dataclass(frozen=True, slots=True)
class View:
    """One host, ready for its packages to be asked about one by one."""

    inventory: Inventory
    circumstances: Circumstances
    images: tuple[kernel.Image, ...]
    now: kernel.Image | None
    """The kernel that runs."""
    evrs: dict[tuple[str, str], str]

    @classmethod
    def of(cls, inventory: Inventory, circumstances: Circumstances, packages: Sequence[Package]) -> View:
        """`packages`: those that will be asked about, and all that bear on kernels."""
        images = () if circumstances.plain else kernel.images(packages, circumstances.kind)
        now = None if inventory.container else kernel.running(images, inventory.running)
        return cls(inventory, circumstances, images, now, _evrs(inventory) if circumstances.by_neighbours else {})

    def particulars(self, package: Package) -> Particulars:
        foreign = self.inventory.foreign
        whose = foreign.get(package.name, foreign.get(f"{package.name}:{package.architecture}")) if foreign else None
        evr = self.evrs.get((package.source, package.source_version), "") if self.evrs else ""
        aside = ("", "")
        if not self.circumstances.plain and kernel.is_kernel(package):
            aside = self._aside(package)
        return Particulars(whose, evr, aside) if whose is not None or evr or aside[0] else NOTHING

    def kernel_asked(self) -> Asked | None:
        """The kernel that runs, at what it is worth; None where it is no package."""
        if self.now is None:
            return None
        live, kind = self.inventory.live_patch, self.circumstances.kind
        package = replace(self.now.package, source=self.now.source, source_version=self.now.version)
        if live is not None and live.release and (worth := kernel.at_least(live.release, kind)):  # KRN-5
            package = replace(package, version=worth, source_version=worth)
        particulars = self.particulars(self.now.package)._replace(evr=package.version, aside=("", ""))
        return asked(self.circumstances, package, particulars)

    def kernel_known(self) -> RunningKernel | None:
        """Before it is judged; None where nothing is said of kernels."""
        running = self.inventory.running
        if self.now is not None:
            newest = kernel.newest(self.images, self.now, self.circumstances.kind)
            return RunningKernel(running, self.now.package.name, self.now.version, newest.version)
        if self.circumstances.plain:
            return None
        if self.inventory.container:
            return RunningKernel(running, note="a container runs its host's kernel")
        if running:
            return RunningKernel(running, note="the kernel is not managed by packages")
        return RunningKernel("", note="which kernel runs is not known") if self.images else None

    def _aside(self, package: Package) -> SetAside:
        if not kernel.source_of(package, self.circumstances.kind):
            return "", ""
        if self.now is not None:
            return "KRN-2", f"not the kernel that runs ({self.inventory.running})"
        if self.inventory.running or self.inventory.container:
            return "KRN-3", "the kernel that runs is no package of this host"
        if any(package is image.package for image in self.images):
            return "KRN-1", "which kernel runs is not known"
        return "KRN-2", "not a kernel that runs"


def asked(common: Circumstances, package: Package, own: Particulars) -> Asked | None:
    """What is asked about a package; None for what is never judged."""
    item = _deb(common, package, own) if common.kind == "deb" else _rpm(common, package, own)
    return None if item is None else (item, own.aside)


def _deb(common: Circumstances, package: Package, own: Particulars) -> Item:
    release, distribution = str(common.release), common.release.distribution
    version = without_rebuild(package.source_version or package.version)  # DEB-2, DEB-3
    source = package.source or package.name
    if common.plain:
        return Item(release, source, version, source)
    source = kernel.source_of(package, "deb") or source
    whose = origin.foreign(package, distribution, own.whose, common.declared)
    built_for, shorn = backport(version) if distribution == "debian" else ("", version)
    note = ""
    if built_for and not whose:  # DEB-11
        ahead = following(by_codename("debian", built_for))
        note = f"a backport of {version}, judged as {ahead}"
        release, version = str(ahead), shorn
    return Item(release, source, version, source, foreign=whose, pro=common.pro, note=note)


def _rpm(common: Circumstances, package: Package, own: Particulars) -> Item | None:
    if package.name.endswith(_NEVER) or package.name == "gpg-pubkey":
        return None
    whose = origin.foreign(package, common.release.distribution, own.whose, common.declared)
    module = stream_of(package.module) or (common.streams if is_modular(package.version) else "")
    release = str(common.release)
    if common.keyed == "source":
        return Item(release, package.source or package.name, own.evr, package.source, "", module, whose)
    return Item(release, package.name, package.version, package.source, package.architecture, module, whose)


def _evrs(inventory: Inventory) -> dict[tuple[str, str], str]:
    """RPM-2: a source's epoch is in none of its package's file names; that of a binary of the same version is it.

    Sources of which no such binary is installed (perl 4:5.26 where only perl-Errno 0:1.28 is) are left out.
    """
    found: dict[tuple[str, str], str] = {}
    for package in inventory.packages:
        source = (package.source, package.source_version)
        if package.version.partition(":")[2] == package.source_version and (
            source not in found or package.name == package.source
        ):
            found[source] = package.version
    return found
