"""Root file systems that hosts lie on: this machine's own, other Debians, and an RPM-based one.

What takes long to make is kept in the user's cache folder, under a name that changes with its recipe.
"""

from __future__ import annotations

import fcntl
import hashlib
import inspect
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "schouw-lab"

#: The release before the previous one: out of every kind of free support, with security updates pending.
OLD_RELEASE = "bullseye"


@dataclass(frozen=True, slots=True)
class Base:
    """How a root, or a layer over this machine's own, is made: `make` gets an empty folder and then `parts`."""

    make: Callable[..., None]
    parts: tuple[object, ...] = ()
    below: str = ""
    """Another base that it begins as a copy of."""
    whole: bool = True
    """Whether it stands alone."""

    @property
    def recipe(self) -> str:
        under = BASES[self.below].recipe if self.below else ""
        return hashlib.sha256(f"{inspect.getsource(self.make)}{self.parts}{under}".encode()).hexdigest()[:8]


def layer(name: str) -> str:
    """The ``lowerdir`` of an overlay for the base `name`, made now if it is not in the cache."""
    if name == "this":
        return "/"
    return str(made(name)) if BASES[name].whole else f"{made(name)}:/"


def made(name: str) -> Path:
    """The folder of the base `name`. Others who need it meanwhile (another lab) wait until it is whole."""
    base = BASES[name]
    folder = CACHE / f"{name}-{base.recipe}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            building = folder.with_suffix(".new")
            shutil.rmtree(building, ignore_errors=True)
            building.mkdir()
            if base.below:
                run("cp", "-a", f"{made(base.below)}/.", building)
            base.make(building, *base.parts)
            building.rename(folder)
    return folder


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


def _debootstrap(root: Path, release: str, include: str) -> str:
    """A small Debian; returns the mirror that it came from."""
    mirror = _mirror()
    run("debootstrap", "--variant=minbase", f"--include={include}", release, root, mirror)
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    return mirror


def _old_debian(root: Path, release: str) -> None:
    """The release as it was on its first day: its security updates are known to apt, and pending."""
    mirror = _debootstrap(root, release, "openssh-server,iproute2,procps")
    (root / "etc/apt/sources.list").write_text(f"deb {mirror} {release} main\ndeb {mirror}-security {release}-security main\n")
    run("chroot", root, "apt-get", "-q", "update")
    shutil.rmtree(root / "var/cache/apt/archives", ignore_errors=True)


def _debian(root: Path, release: str) -> None:
    """The release with all its updates, and what makes it a server that can be looked after."""
    mirror = _debootstrap(root, release, "openssh-server,iproute2,procps,nftables,openssl,ca-certificates")
    (root / "etc/apt/sources.list").write_text(f"deb {mirror} {release} main\ndeb {mirror}-security {release}-security main\n")
    (root / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
    (root / "usr/sbin/policy-rc.d").chmod(0o755)
    _in(root, "apt-get -q update && apt-get -q -y dist-upgrade && apt-get -q clean")


def _servers(root: Path, packages: str) -> None:
    """The daemons of these packages, installed as apt does it, accounts and all, and never started."""
    _in(root, f"apt-get -q -y --no-install-recommends install {packages} && apt-get -q clean")


def _in(root: Path, command: str) -> None:
    """Run a shell command in a root of its own, with the /proc that maintainer scripts expect."""
    inner = f"mount -t proc proc {root}/proc && exec chroot {root} env DEBIAN_FRONTEND=noninteractive LC_ALL=C sh -c '{command}'"
    run("unshare", "--mount", "--propagation", "private", "sh", "-c", inner)


def _cared_for(root: Path, *packages: str) -> None:
    """This machine with what a well-kept server has: unattended-upgrades and needrestart, unpacked from their packages."""
    with tempfile.TemporaryDirectory() as archives:
        options = ("-o", f"Dir::Cache::archives={archives}", "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root")
        run("apt-get", "-q", "-y", "--download-only", "--reinstall", "--no-install-recommends", *options, "install", *packages)
        for package in Path(archives).glob("*.deb"):
            run("dpkg-deb", "--extract", package, root)
    # "dpkg-deb" makes real folders where this machine has links to them (/bin, /lib): they would hide all that is in them.
    for name in ("bin", "sbin", "lib"):
        if (root / name).is_dir() and not (root / name).is_symlink():
            shutil.copytree(root / name, root / "usr" / name, symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(root / name)


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


def _rpm(root: Path, template: str, packages: tuple[tuple[str, str, str], ...]) -> None:
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
    for name, version, release in packages:
        spec = build / f"{name}.spec"
        build.mkdir(exist_ok=True)
        spec.write_text(template.format(name=name, version=version, release=release))
        run("rpmbuild", "-bb", "--quiet", "--define", f"_topdir {build}", spec)
    run("rpm", "--dbpath", database, "-i", "--nodeps", "--justdb", "--ignorearch", *sorted(build.rglob("*.rpm")))
    shutil.rmtree(build)
    for hidden in ("usr/bin/dpkg", "usr/bin/dpkg-query", "usr/bin/apt-get", "usr/bin/apt-cache", "usr/bin/apt-config"):
        target = root / hidden
        target.parent.mkdir(parents=True, exist_ok=True)
        os.mknod(target, 0o600 | 0o020000, os.makedev(0, 0))  # an overlay's whiteout: "there is no such file"


BASES = {
    "old-debian": Base(_old_debian, (OLD_RELEASE,)),
    "cared-for": Base(_cared_for, ("unattended-upgrades", "needrestart"), whole=False),
    "rpm": Base(_rpm, (_SPEC, RPM_PACKAGES), whole=False),
    "bookworm": Base(_debian, ("bookworm",)),
    "trixie": Base(_debian, ("trixie",)),
    # Apart, since Debian lets only one mail server, one IMAP server and one FTP server live in a root.
    "web": Base(_servers, ("nginx apache2 pure-ftpd mariadb-server postgresql",), "bookworm"),
    "mail": Base(_servers, ("postfix dovecot-imapd dovecot-pop3d dovecot-lmtpd dovecot-managesieved vsftpd",), "bookworm"),
    "exim": Base(_servers, ("exim4-daemon-heavy courier-imap courier-pop proftpd-core proftpd-mod-crypto",), "bookworm"),
    "new": Base(_servers, ("nginx postfix dovecot-imapd dovecot-pop3d dovecot-managesieved vsftpd",), "trixie"),
    # With a syslog daemon, for what only it writes down.
    "mail-logged": Base(_servers, ("rsyslog",), "mail"),
    "exim-logged": Base(_servers, ("rsyslog",), "exim"),
    "ftp-logged": Base(_servers, ("pure-ftpd rsyslog",), "bookworm"),
    # With fail2ban as Debian has it.
    "mail-guarded": Base(_servers, ("fail2ban",), "mail-logged"),
    "exim-guarded": Base(_servers, ("fail2ban",), "exim-logged"),
    "ftp-guarded": Base(_servers, ("fail2ban",), "ftp-logged"),
    "new-guarded": Base(_servers, ("fail2ban rsyslog",), "new"),
}
