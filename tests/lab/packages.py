"""Package lists of a lab host: an apt repository of its own, on its own disk, so that apt itself can judge."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from tests.lab.layers import run

_SOURCES = "deb [trusted=yes] file:/srv/apt {codename} main\ndeb [trusted=yes] file:/srv/apt {codename}-security main\n"

#: A security update that is pending where a host is not patched.
_PENDING = """Package: {name}
Version: 99:1-0+security1
Architecture: all
Maintainer: lab <lab@example.net>
Filename: pool/none.deb
Size: 1
SHA256: 0000000000000000000000000000000000000000000000000000000000000000
Description: a security update

"""


def known_lists(root: Path, *, patched: bool) -> None:
    """Write a repository that offers exactly what is installed (and a security update if not `patched`)."""
    codename = _codename()
    apt = root / "etc/apt"
    (apt / "sources.list.d").mkdir(parents=True)
    (apt / "sources.list").write_text(_SOURCES.format(codename=codename))
    _suite(root, codename, "Debian", _installed())
    _suite(root, f"{codename}-security", "Debian-Security", "" if patched else _PENDING.format(name="base-files"))
    script = root / "lab/packages"
    script.write_text(
        "#!/bin/sh\nfind /etc/apt/sources.list.d /etc/apt/preferences.d -type f -delete 2>/dev/null\n"
        "rm -rf /var/lib/apt/lists; rm -f /var/run/reboot-required*\n"
        "apt-get -q -o Acquire::Languages=none update >/dev/null 2>&1\n"
    )
    script.chmod(0o755)


def _suite(root: Path, suite: str, label: str, packages: str) -> None:
    folder = root / "srv/apt/dists" / suite
    index = folder / "main/binary-amd64/Packages"
    index.parent.mkdir(parents=True)
    index.write_text(packages)
    content = packages.encode()
    (folder / "Release").write_text(
        f"Origin: Debian\nLabel: {label}\nSuite: {suite}\nCodename: {suite}\nArchitectures: amd64\nComponents: main\n"
        f"Date: {run('date', '-u', '-R').strip()}\n"
        f"SHA256:\n {hashlib.sha256(content).hexdigest()} {len(content)} main/binary-amd64/Packages\n"
    )


@functools.cache
def _codename() -> str:
    return run("sh", "-c", ". /etc/os-release; echo $VERSION_CODENAME").strip()


@functools.cache
def _installed() -> str:
    """This machine's packages as a repository's index: their own fields, since apt takes a version whose fields
    differ for another build. A trusted repository's checksums are never asked for."""
    stanzas = Path("/var/lib/dpkg/status").read_text().split("\n\n")
    return "".join(_as_offered(stanza) for stanza in stanzas if "\nStatus: install ok installed\n" in stanza)


def _as_offered(stanza: str) -> str:
    kept: list[str] = []
    dropping = False
    for line in stanza.splitlines():
        if not line.startswith(" "):
            dropping = line.startswith(("Status:", "Conffiles:"))
        if not dropping:
            kept.append(line)
    return "\n".join((*kept, "Filename: pool/none.deb", "Size: 1", "SHA256: " + "0" * 64, "", ""))
