"""Area software: end of life, what runs older code than is installed, and packages that will not be updated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from schouw.checks import needs
from schouw.checks.advice import command, listing, plural, quoted, steps
from schouw.checks.base import Case, Found, Unsure, check
from schouw.collect.kernel import release_order
from schouw.model.facts import Kernel, Origins, Packages, Restart, System
from schouw.model.finding import Evidence
from schouw.vulnerabilities.releases import release_of

SOON = timedelta(days=90)

#: Restarting these cuts off or breaks what runs on top of them; the system is rebooted instead.
_ONLY_REBOOT = ("dbus.service", "dbus-broker.service", "systemd-logind.service", "init.scope")


@check("software.system.end_of_life", needs.system)
def end_of_life(case: Case, system: System) -> Iterator[Found | Unsure]:
    known = release_of(system)
    name = system.pretty or f"{system.id} {system.version}"
    if known.free is None:
        yield Unsure(f"when support of {name} ends is not in the table of releases")
        return
    today = case.now.date()
    ended = today > known.free
    upgrade = "plan the upgrade to a supported release (back up first, then follow its release notes)"
    if ended and known.paid and today <= known.paid:
        variant, end = "paid", known.free
        upgrade = f"{upgrade}, or buy extended support until {known.paid.isoformat()}"
        if system.id == "ubuntu":
            upgrade += ": pro attach TOKEN     # Ubuntu Pro"
    elif ended:
        variant, end = "ended", known.free
    elif today + SOON > known.free:
        variant, end = "soon", known.free
    elif known.full and today > known.full:
        variant, end = "extended", known.free
        upgrade = "no hurry; plan the upgrade to the next release before that day"
    else:
        return
    words = {"release": name, "date": end.isoformat()}
    yield Found(evidence=Evidence(inside=f"os-release: {system.id} {system.version}"), fix=upgrade, variant=variant, words=words)


@check("software.system.reboot", needs.kernel)
def reboot(case: Case, kernel: Kernel) -> Iterator[Found | Unsure]:
    del case
    same = [release for release in kernel.installed if _flavour(release) == _flavour(kernel.running)]
    newest = max(same, key=release_order, default="")
    words = {"running": kernel.running, "installed": newest}
    if newest and release_order(newest) > release_order(kernel.running):
        inside = f"uname -r: {kernel.running}; newest installed: {newest}"
        yield Found(
            evidence=Evidence(inside=inside), fix="systemctl reboot     # in a maintenance window", variant="kernel", words=words
        )
    elif kernel.reboot_required:
        wants = listing(kernel.reboot_packages)
        inside = "/run/reboot-required exists" + (f", asked for by {wants}" if wants else "")
        yield Found(
            evidence=Evidence(inside=inside), fix="systemctl reboot     # in a maintenance window", variant="asked", words=words
        )
    if kernel.installed and not same:
        yield Unsure(f"none of the installed kernels is of the kind that runs ({kernel.running})")


@check("software.services.restart", needs.restarts)
def restart(case: Case, restarts: tuple[Restart, ...]) -> Iterator[Found | Unsure]:
    del case
    if not restarts:
        return
    units = sorted({one.unit for one in restarts if one.unit and one.unit not in _ONLY_REBOOT})
    loose = sorted({one.process for one in restarts if not one.unit})
    rebooting = sorted({one.unit for one in restarts if one.unit in _ONLY_REBOOT})
    users = (f"{one.unit or one.process}: {one.files[0] if one.files else 'a replaced file'}" for one in restarts)
    yield Found(
        evidence=Evidence(inside=listing(users)),
        fix=steps(
            (
                f"systemctl restart {quoted(units)}" if units else "",
                f"{listing(loose)}: end and start anew (no service of systemd owns them)" if loose else "",
                f"{listing(rebooting)}: only a reboot replaces them safely" if rebooting else "",
            )
        ),
        words={"count": plural(len({one.unit or one.process for one in restarts}), "service")},
    )


@check("software.packages.broken", needs.packages)
def broken(case: Case, packages: Packages) -> Iterator[Found | Unsure]:
    if packages.broken:
        yield Found(
            evidence=Evidence(inside=listing(packages.broken)),
            fix=command(case.system, "repair", packages.manager),
            words={"count": plural(len(packages.broken), "package")},
        )


@check("software.packages.held", needs.packages)
def held(case: Case, packages: Packages) -> Iterator[Found | Unsure]:
    if packages.held:
        yield Found(
            evidence=Evidence(inside=listing(packages.held)),
            fix=command(case.system, "release_hold", packages.manager).format(packages=quoted(packages.held)),
            words={"count": plural(len(packages.held), "package")},
        )


@check("software.origins.nowhere", needs.origins)
def nowhere(case: Case, origins: Origins) -> Iterator[Found | Unsure]:
    del case
    if origins.nowhere:
        yield Found(
            evidence=Evidence(inside=listing(origins.nowhere)),
            fix="remove what is not needed, or add the repository that keeps it up to date; "
            "what is left is yours to watch for security news",
            words={"count": plural(len(origins.nowhere), "package")},
        )


@check("software.origins.foreign", needs.origins)
def foreign(case: Case, origins: Origins) -> Iterator[Found | Unsure]:
    del case
    if origins.foreign:
        yield Found(
            evidence=Evidence(inside=listing(f"{package} ({repository})" for package, repository in origins.foreign)),
            fix="make sure that each repository is one you trust, signed, and still maintained for this release",
            words={"count": plural(len(origins.foreign), "package")},
        )


def _flavour(release: str) -> str:
    """What kind of kernel: 6.1.0-27-cloud-amd64 → cloud-amd64, 5.14.0-427.el9.x86_64+rt → rt, …el8uek.x86_64 → uek.

    Kernels of different kinds are not each other's successors.
    """
    words = [word for word in release.split("-")[1:] if word and not word[0].isdigit() and not re.match(r"rc\d", word)]
    architecture, plus, variant = release.rpartition(".")[2].partition("+")
    if plus and architecture.startswith(("x86", "aarch", "ppc", "s390", "i686")):
        words.append(variant)
    if "uek" in release:
        words.append("uek")
    return "-".join(re.sub(r"\d+$", "", word) if word.startswith("arch") else word for word in words)
