"""Root file systems that hosts lie on: this machine's own, an older Debian, and an RPM-based one.

What takes long to make is kept in the user's cache folder.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "schouw-lab"

#: The release before the previous one: out of every kind of free support, with security updates pending.
OLD_RELEASE = "bullseye"


def layer(name: str) -> str:
    """The ``lowerdir`` of an overlay for the base `name`, made now if it is not in the cache."""
    if name == "this":
        return "/"
    makers: dict[str, Callable[[Path], None]] = {"old-debian": _old_debian, "rpm": _rpm, "cared-for": _cared_for}
    made = CACHE / f"{name}-{_recipe()}"
    if not made.exists():
        building = made.with_suffix(".new")
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        makers[name](building)
        building.rename(made)
    return str(made) if name == "old-debian" else f"{made}:/"


def _recipe() -> str:
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]


def run(*command: str | Path, stdin: str | None = None) -> str:
    done = subprocess.run([str(part) for part in command], input=stdin, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(
            f"{' '.join(map(str, command))} ended with {done.returncode}: {done.stderr[-2000:]}{done.stdout[-500:]}"
        )
    return done.stdout


def _mirror() -> str:
    """The Debian mirror that this machine itself uses."""
    for line in run("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)").splitlines():
        address, _, _ = line.partition(" ")
        if address.rstrip("/").endswith("/debian"):
            return address.rstrip("/")
    raise RuntimeError("apt knows no Debian mirror on this machine: the old Debian root cannot be made")


def _old_debian(root: Path) -> None:
    """The release as it was on its first day: its security updates are known to apt, and pending."""
    mirror = _mirror()
    run("debootstrap", "--variant=minbase", "--include=openssh-server,iproute2,procps", OLD_RELEASE, root, mirror)
    (root / "etc/apt/sources.list").write_text(
        f"deb {mirror} {OLD_RELEASE} main\ndeb {mirror}-security {OLD_RELEASE}-security main\n"
    )
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    run("chroot", root, "apt-get", "-q", "update")
    shutil.rmtree(root / "var/cache/apt/archives", ignore_errors=True)


def _cared_for(root: Path) -> None:
    """This machine with what a well-kept server has: unattended-upgrades and needrestart, unpacked from their packages."""
    with tempfile.TemporaryDirectory() as archives:
        options = ("-o", f"Dir::Cache::archives={archives}", "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root")
        run("apt-get", "-q", "-y", "--download-only", "--reinstall", "--no-install-recommends", *options, "install", *_CARE)
        for package in Path(archives).glob("*.deb"):
            run("dpkg-deb", "--extract", package, root)
    # "dpkg-deb" makes real folders where this machine has links to them (/bin, /lib): they would hide all that is in them.
    for name in ("bin", "sbin", "lib"):
        if (root / name).is_dir() and not (root / name).is_symlink():
            shutil.copytree(root / name, root / "usr" / name, symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(root / name)


_CARE = ("unattended-upgrades", "needrestart")

_SPEC = """
Name: {name}
Version: {version}
Release: {release}
Summary: {name} of the lab
License: MIT
Vendor: AlmaLinux
BuildArch: noarch
%description
Nothing but its name and version.
%files
"""

#: As an unpatched AlmaLinux 9.4 would have them: (name, version, release).
RPM_PACKAGES = (
    ("openssl-libs", "3.0.7", "27.el9"),
    ("openssh-server", "8.7p1", "38.el9_4.1"),
    ("glibc", "2.34", "100.el9_4.2"),
    ("bash", "5.1.8", "9.el9"),
    ("curl", "7.76.1", "29.el9_4"),
    ("almalinux-release", "9.4", "1.el9"),
)


def _rpm(root: Path) -> None:
    """An RPM database and the signs of an AlmaLinux over this machine's programs; dpkg's are hidden."""
    database = root / "var/lib/rpm"
    database.mkdir(parents=True)
    (root / "etc/rpm").mkdir(parents=True)
    (root / "etc/rpm/macros").write_text("%_dbpath /var/lib/rpm\n")
    (root / "etc/os-release").write_text(
        'NAME="AlmaLinux"\nVERSION="9.4 (Seafoam Ocelot)"\nID="almalinux"\nID_LIKE="rhel centos fedora"\n'
        'VERSION_ID="9.4"\nPRETTY_NAME="AlmaLinux 9.4 (Seafoam Ocelot)"\n'
    )
    run("rpm", "--dbpath", database, "--initdb")
    build = root / "build"
    for name, version, release in RPM_PACKAGES:
        spec = build / f"{name}.spec"
        build.mkdir(exist_ok=True)
        spec.write_text(_SPEC.format(name=name, version=version, release=release))
        run("rpmbuild", "-bb", "--quiet", "--define", f"_topdir {build}", spec)
    run("rpm", "--dbpath", database, "-i", "--nodeps", "--justdb", "--ignorearch", *sorted(build.rglob("*.rpm")))
    shutil.rmtree(build)
    for hidden in ("usr/bin/dpkg", "usr/bin/dpkg-query", "usr/bin/apt-get", "usr/bin/apt-cache", "usr/bin/apt-config"):
        target = root / hidden
        target.parent.mkdir(parents=True, exist_ok=True)
        os.mknod(target, 0o600 | 0o020000, os.makedev(0, 0))  # an overlay's whiteout: "there is no such file"
