"""Install what the tests need beside Python packages: real servers and the tools that make hosts for them.

With root and apt they are installed, without starting any of them. Otherwise it says what is missing; the tests
that need it then skip, except where CI=true: there a test that cannot run is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

#: A program that must be there → the Debian package that has it.
NEEDED = {
    "sshd": "openssh-server",
    "ssh": "openssh-client",
    "ssh-agent": "openssh-client",
    "nft": "nftables",
    "openssl": "openssl",
    "ip": "iproute2",
    "ss": "iproute2",
    "debootstrap": "debootstrap",
    "rpmbuild": "rpm",
    "sudo": "sudo",
    "tmux": "tmux",
    "busybox": "busybox",
    "mawk": "mawk",
    "gawk": "gawk",
    "xz": "xz-utils",
    "bzip2": "bzip2",
    "debsecan": "debsecan",
    "nginx": "nginx-light",
    "systemd-analyze": "systemd",
}

_POLICY = Path("/usr/sbin/policy-rc.d")


def missing() -> list[str]:
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return sorted({package for program, package in NEEDED.items() if not shutil.which(program, path=path)})


def main() -> int:
    packages = missing()
    if not packages:
        return 0
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print(f"Some tests need: apt install {' '.join(packages)}", file=sys.stderr)
        return 1 if os.environ.get("CI") == "true" else 0
    print(f"Installing {' '.join(packages)} …", file=sys.stderr)
    ours = not _POLICY.exists()
    if ours:
        _POLICY.write_text("#!/bin/sh\nexit 101\n")  # invoke-rc.d: starting any service is forbidden
        _POLICY.chmod(0o755)
    try:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "-q", "-q", "update"], env=environment, check=True)
        command = ["apt-get", "-q", "-q", "install", "-y", "--no-install-recommends", *packages]
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    finally:
        if ours:
            _POLICY.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
