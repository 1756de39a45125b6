"""What of a host's packages is judged as one: those of a source and version (Debian, Ubuntu), or each by itself (RPM)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from schouw.model.facts import Package
from schouw.model.vulnerability import RunningKernel
from schouw.vulnerabilities import kernel, origin
from schouw.vulnerabilities.inventory import Inventory, backport, without_rebuild
from schouw.vulnerabilities.releases import by_codename, following
from schouw.vulnerabilities.rules.item import Item
from schouw.vulnerabilities.streams import is_modular, stream_of
from schouw.vulnerabilities.versions import Kind


@dataclass(frozen=True, slots=True)
class Subject:
    item: Item
    packages: tuple[str, ...]
    set_aside: tuple[str, str] = ("", "")
    """(rule, why) where what feeds say of it does not count here."""


@dataclass(frozen=True, slots=True)
class Subjects:
    found: tuple[Subject, ...]
    running: Subject | None = None
    """The kernel that runs; not among `found`."""
    kernel: RunningKernel | None = None


#: RPM-9: symbols and sources for debuggers, and rpm's keys.
_NEVER = ("-debuginfo", "-debugsource")

_Key = tuple[Item, tuple[str, str]]


def subjects(inventory: Inventory, keyed: str, plain: bool = False) -> Subjects:
    """`plain`: as debsecan has it, without the rules on origin, backports and the running kernel."""
    kind: Kind = "rpm" if inventory.release.kind == "rpm" else "deb"
    images = () if plain else kernel.images(inventory.packages, kind)
    now = kernel.running(images, inventory.running) if not inventory.container else None
    release = str(inventory.release)
    groups: dict[_Key, list[str]] = {}
    of_source = _evr_of_source(inventory) if keyed == "source" and kind == "rpm" else None
    for package in inventory.packages:
        if now is not None and package is now.package:
            continue
        aside = ("", "")
        if not plain and (name := kernel.source_of(package, kind)):
            aside = _aside(inventory, now, package, images)
            package = replace(package, source=name) if name != package.source else package
        item = (
            _deb_item(inventory, release, package, plain) if kind == "deb" else _rpm_item(inventory, release, package, of_source)
        )
        if item is not None:
            groups.setdefault((item, aside), []).append(package.name)
    found = tuple(Subject(item, tuple(sorted(set(names))), aside) for (item, aside), names in groups.items())
    if plain:
        return Subjects(found)
    if now is None:
        return Subjects(found, kernel=_no_kernel(inventory, bool(images)))
    newest = kernel.newest(images, now, kind)
    return Subjects(found, _running(inventory, release, keyed, now), _running_kernel(inventory, now, newest))


def _deb_item(inventory: Inventory, release: str, package: Package, plain: bool) -> Item:
    version = without_rebuild(package.source_version or package.version)  # DEB-2, DEB-3
    source = package.source or package.name
    if plain:
        return Item(release, source, version, source)
    note = ""
    built_for, shorn = backport(version) if inventory.release.distribution == "debian" else ("", version)
    whose = origin.foreign(package, inventory.release.distribution, inventory.foreign)
    if built_for and not whose:  # DEB-11
        ahead = following(by_codename("debian", built_for))
        note = f"a backport of {version}, judged as {ahead}"
        release, version = str(ahead), shorn
    pro = tuple(sorted(inventory.pro)) if inventory.pro is not None else None
    if inventory.release.distribution != "ubuntu":
        pro = None
    return Item(release, source, version, source, foreign=whose, pro=pro, note=note)


def _rpm_item(inventory: Inventory, release: str, package: Package, of_source: dict[tuple[str, str], str] | None) -> Item | None:
    if package.name.endswith(_NEVER) or package.name == "gpg-pubkey":
        return None
    whose = origin.foreign(package, inventory.release.distribution, inventory.foreign)
    module = stream_of(package.module)
    if not module and is_modular(package.version) and len(inventory.streams) == 1:
        module = next(iter(inventory.streams))
    if of_source is None:
        return Item(release, package.name, package.version, package.source, package.architecture, module, whose)
    evr = of_source.get((package.source, package.source_version), "")
    return Item(release, package.source or package.name, evr, package.source, "", module, whose)


def _evr_of_source(inventory: Inventory) -> dict[tuple[str, str], str]:
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


def _aside(inventory: Inventory, now: kernel.Image | None, package: Package, images: tuple[kernel.Image, ...]) -> tuple[str, str]:
    if now is not None:
        return "KRN-2", f"not the kernel that runs ({inventory.running})"
    if inventory.running or inventory.container:
        return "KRN-3", "the kernel that runs is no package of this host"
    if any(package is image.package for image in images):
        return "KRN-1", "which kernel runs is not known"
    return "KRN-2", "not a kernel that runs"


def _no_kernel(inventory: Inventory, installed: bool) -> RunningKernel | None:
    if inventory.container:
        return RunningKernel(inventory.running, note="a container runs its host's kernel")
    if inventory.running:
        return RunningKernel(inventory.running, note="the kernel is not managed by packages")
    return RunningKernel("", note="which kernel runs is not known") if installed else None


def _running(inventory: Inventory, release: str, keyed: str, now: kernel.Image) -> Subject:
    kind: Kind = "rpm" if inventory.release.kind == "rpm" else "deb"
    live = inventory.live_patch
    name = now.package.name if kind == "rpm" and keyed == "binary" else now.source
    version = now.version
    if live is not None and live.release:  # KRN-5
        version = kernel.at_least(live.release, kind) or version
    arch = now.package.architecture if kind == "rpm" and keyed == "binary" else ""
    pro = tuple(sorted(inventory.pro)) if inventory.pro is not None and inventory.release.distribution == "ubuntu" else None
    whose = origin.foreign(now.package, inventory.release.distribution, inventory.foreign)
    return Subject(Item(release, name, version, now.source, arch, foreign=whose, pro=pro), (now.package.name,))


def _running_kernel(inventory: Inventory, now: kernel.Image, newest: kernel.Image) -> RunningKernel:
    return RunningKernel(inventory.running, now.package.name, now.version, newest.version)
