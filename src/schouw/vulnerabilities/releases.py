"""Releases of distributions: how feeds call them, and until when they get security updates (releases.toml)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

import tomli

from schouw.errors import ConfigError
from schouw.model.facts import System

#: What people and feeds call a distribution → ID of its os-release(5).
_ALIASES = {"alma": "almalinux", "rocky linux": "rocky", "redhat": "rhel", "red hat": "rhel"}


@dataclass(frozen=True, slots=True)
class Release:
    distribution: str
    """ID of os-release(5)."""
    version: str
    """As feeds count: "12", "22.04", "9" for every 9.x; the codename where there is no number (sid)."""
    codename: str = ""
    free: date | None = None
    """Last day of security updates for everybody; None where it is not known."""
    full: date | None = None
    """Where long-term support by a community follows: the end of what came before."""
    paid: date | None = None

    def __str__(self) -> str:
        return f"{self.distribution}:{self.version}"

    @property
    def kind(self) -> str:
        """ "deb" or "rpm": by whose order versions are compared; "" for neither."""
        return "deb" if self.distribution in _DEB else "rpm" if self.distribution in _RPM else ""

    @property
    def by_itself(self) -> bool:
        """RPM-10: its own dnf tells which updates are for security, with channels and contracts that we cannot see."""
        return self.distribution in ("rhel", "cloudlinux")


_DEB = ("debian", "ubuntu")
_RPM = ("almalinux", "rocky", "rhel", "cloudlinux", "centos", "centos-stream", "fedora", "ol", "amzn")


def release_of(system: System) -> Release:
    """The release that a host runs; one that the table does not know has no dates."""
    distribution = "centos-stream" if system.id == "centos" and "stream" in system.pretty.lower() else system.id
    return _find(distribution, system.version or system.codename.partition("/")[0])


def named(text: str) -> Release:
    """From what a person writes: ``debian:12``, ``ubuntu:jammy``, ``almalinux:9.4``. `ConfigError` otherwise."""
    distribution, colon, version = text.strip().lower().partition(":")
    distribution = _ALIASES.get(distribution, distribution)
    release = _find(distribution, version)
    if not colon or not version or not release.kind:
        raise ConfigError(f"{text[:80]!r} is no release; expected such as debian:12, ubuntu:24.04, almalinux:9 or rocky:9")
    return release


def by_codename(distribution: str, codename: str) -> Release:
    """As the Debian tracker and Ubuntu's feeds call them. An unknown one keeps its codename for a version."""
    return _find(distribution, codename)


def following(release: Release) -> Release:
    """The next one of Debian's: where backports come from."""
    return _find(release.distribution, str(int(release.version) + 1)) if release.version.isdigit() else release


def _find(distribution: str, version: str) -> Release:
    releases = _table().get(distribution, {})
    if version in releases:
        return releases[version]
    known = next((release for release in releases.values() if release.codename and release.codename == version), None)
    if known is not None:
        return known
    # "9.4" is 9, "3.20.3" is 3.20: the longest prefix of whole parts that the table has.
    parts = version.split(".")
    prefixes = (".".join(parts[:length]) for length in range(len(parts) - 1, 0, -1))
    shorter = parts[0] if distribution in _RPM else version
    return next((releases[prefix] for prefix in prefixes if prefix in releases), Release(distribution, shorter))


@cache
def _table() -> dict[str, dict[str, Release]]:
    data = tomli.loads(files(__package__).joinpath("releases.toml").read_text("utf-8"))
    return {
        distribution: {version: Release(distribution, version, **row) for version, row in releases.items()}
        for distribution, releases in data.items()
        if isinstance(releases, dict)
    }
