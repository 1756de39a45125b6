"""Which kernel runs, which packages are kernels, and what a reboot would bring (KRN-1 to KRN-5)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from schouw.model.facts import Package
from schouw.vulnerabilities.versions import Kind, key

_FLAVOURS = (
    "allwinner|aws|azure|azure-fde|bluefield|dell300x|euclid|fips|flo|gcp|gcp-fips|gke|gkeop|hwe|hwe-edge|ibm|"
    "intel|intel-iotg|iot|joule|kvm|laptop|lowlatency|lowlatency-hwe|lts|maguro|mako|nvidia|nvidia-tegra|oem|oem-osp1|"
    "oracle|raspi|raspi2|realtime|riscv|snapdragon|starfive|ti-omap4|unstable|xilinx-zynqmp"
)
#: UBU-6, and Debian's linux-6.1 (in LTS) and linux-signed-amd64. Many packages begin with linux- and are no kernel.
_DEB_SOURCE = re.compile(
    rf"linux(?:-(?:signed|meta|restricted-modules))*(?:-(?:{_FLAVOURS}))*(?:-\d[\w.]*)?(?:-(?:amd64|arm64|i386))?"
)
_SIGNED = re.compile(r"^linux-(?:signed|meta|restricted-modules)(?:-|$)")
_DEBIAN_ARCHITECTURE = re.compile(r"^linux(-\d[\w.]*)?-(amd64|arm64|i386)$")
_RPM_SOURCE = re.compile(r"kernel(-(rt|64k|uek|uki|lt|ml|plus))?")
_RPM_IMAGE = re.compile(r"kernel(-(rt|64k|uek|lt|ml|plus))?(-debug)?(-core)?")


@dataclass(frozen=True, slots=True)
class Image:
    """A kernel that could run."""

    package: Package
    releases: tuple[str, ...]
    """As `uname -r` may say it."""
    flavour: str
    """Kernels of different flavours are not each other's successors."""
    source: str
    """As feeds name it: "linux", "linux-aws-5.15", "kernel"."""
    version: str
    """As feeds count it."""


def is_kernel(package: Package) -> bool:
    """Whether `source_of` may name it: a quick look, for many packages."""
    return package.source.startswith(("linux", "kernel"))


def bears_on(package: Package) -> bool:
    """Whether it may be one of `images` or is judged by which of them runs: a quick look, as above."""
    return is_kernel(package) or package.name.startswith(("linux-", "kernel"))


def source_of(package: Package, kind: Kind) -> str:
    """The source of a kernel package as feeds name it; "" for what is no kernel's."""
    if kind == "rpm":
        return package.source if _RPM_SOURCE.fullmatch(package.source) else ""
    source = package.source
    if not is_kernel(package) or not _DEB_SOURCE.fullmatch(source):
        return ""
    if _SIGNED.match(source):  # UBU-6; Debian has one for each architecture: linux-signed-amd64
        source = _SIGNED.sub("linux-", source).rstrip("-")
        source = _DEBIAN_ARCHITECTURE.sub(r"linux\1", source)
    return source


def images(packages: Sequence[Package], kind: Kind) -> tuple[Image, ...]:
    """All installed kernels; metapackages, headers and tools are none (KRN-4)."""
    start, read = ("linux-", _deb_image) if kind == "deb" else ("kernel", _rpm_image)
    found = [image for package in packages if package.name.startswith(start) and (image := read(package))]
    # EL 8 and later: "kernel" only pulls in "kernel-core", which is the kernel.
    cores = {image.package.name.removesuffix("-core") for image in found if image.package.name.endswith("-core")}
    return tuple(image for image in found if image.package.name not in cores)


def running(found: Sequence[Image], release: str) -> Image | None:
    """KRN-1; None where no package owns the kernel that runs (KRN-3)."""
    return next((image for image in found if release in image.releases), None)


def newest(found: Sequence[Image], now: Image, kind: Kind) -> Image:
    """KRN-4: the newest of the same flavour, by the order of packages and not of text."""
    same = [image for image in found if image.flavour == now.flavour]
    return max(same, key=lambda image: _order(kind, image.version), default=now)


def at_least(release: str, kind: Kind) -> str:
    """KRN-5: KernelCare's word for what the kernel is worth, as a version to compare with; "" where that cannot be told.

    Ubuntu's ABI (5.15.0-91-generic) rises with every upload, so 5.15.0-91.x is the newest of it; Debian's does not.
    """
    if kind == "rpm":
        version, _, architecture = release.partition("+")[0].rpartition(".")
        return f"0:{version}" if version and "-" in version and architecture else ""
    found = re.fullmatch(r"(\d+\.\d+\.\d+-\d+)-(generic|lowlatency|aws|azure|gcp|kvm|oracle)", release)
    return f"{found[1]}.999999" if found else ""


def _deb_image(package: Package) -> Image | None:
    found = re.fullmatch(r"linux-(?:signed-)?image-(?:unsigned-)?(\d.*?)(?:-unsigned)?", package.name)
    source = source_of(package, "deb") if found else ""
    if not found or not source or package.name.endswith(("-dbg", "-dbgsym")):
        return None
    flavour = "-".join(word for word in found[1].split("-")[1:] if word and not word[0].isdigit())
    # The signed build has a source version of its own (6.1.115+1), but the image carries the kernel's (6.1.115-1).
    signed = _SIGNED.match(package.source) is not None
    return Image(package, (found[1],), flavour, source, package.version if signed else package.source_version)


def _rpm_image(package: Package) -> Image | None:
    if not _RPM_IMAGE.fullmatch(package.name) or not source_of(package, "rpm"):
        return None
    release = f"{package.version.partition(':')[2]}.{package.architecture}"
    marks = [mark for mark in ("rt", "64k", "debug") if f"-{mark}" in package.name]
    # EL 8 puts rt into the release of the package, EL 9 behind a plus as it does with the others.
    names = (f"{release}+{'-'.join(marks)}", *((release,) if marks == ["rt"] else ())) if marks else (release,)
    return Image(package, names, package.name, package.source, package.version)


def _order(kind: Kind, version: str) -> bytes:
    try:
        return key(kind, version)
    except ValueError:
        return b""
