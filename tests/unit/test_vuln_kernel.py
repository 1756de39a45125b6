"""The running kernel alone, what a reboot closes, live patches; and where packages come from."""

from __future__ import annotations

import pytest

from schouw.collect import updates
from schouw.model.facts import Package
from schouw.model.vulnerability import Assessment, CveVerdict, LivePatch
from schouw.vulnerabilities.database import Database
from schouw.vulnerabilities.origin import is_own, marked
from tests.unit.vulnerability_lab import database, deb, erratum, inventory, judged, rpm, tracker, verdicts, written

FIXABLE, NO_FIX, SAFE = CveVerdict.FIXABLE, CveVerdict.NO_FIX, CveVerdict.NOT_AFFECTED
UNKNOWN, SUPPRESSED = CveVerdict.UNKNOWN, CveVerdict.SUPPRESSED

FIXED, OPEN, LATER = "CVE-2030-1", "CVE-2030-2", "CVE-2030-3"


def image(abi: str, version: str, flavour: str = "amd64") -> Package:
    """As Debian has it: built from linux-signed-amd64, whose own version is another."""
    upstream, _, revision = version.partition("-")
    return deb(f"linux-image-{abi}-{flavour}", version, "linux-signed-amd64", f"{upstream}+{revision}")


OLD, NEW = image("6.1.0-27", "6.1.115-1"), image("6.1.0-100", "6.1.158-1")
META = deb("linux-image-amd64", "6.1.158-1", "linux-signed-amd64", "6.1.158+1")
HEADERS = deb("linux-libc-dev", "6.1.115-1", "linux")


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> Database:
    folder = tmp_path_factory.mktemp("kernel")
    linux = {FIXED: {"bookworm": "6.1.119-1"}, OPEN: {"bookworm": "open"}, LATER: {"bookworm": "6.1.170-1"}}
    kernels = [
        ("kernel-core", "0:4.18.0-553.40.1.el8_10", "x86_64", ""),
        ("kernel-tools", "0:4.18.0-553.40.1.el8_10", "x86_64", ""),
    ]
    errata = {
        "data": [
            erratum("ALSA-2030:1", [FIXED], [*kernels, ("kernel-rt-core", "0:4.18.0-553.40.1.rt7.381.el8_10", "x86_64", "")])
        ]
    }
    data = tracker(linux=linux, openssl={OPEN: {"bookworm": "3.0.17-1~deb12u2"}})
    return database(folder, written(folder / "tracker.json", data), written(folder / "errata.json", errata))


def counted(found: Assessment) -> set[tuple[str, str]]:
    """(package, CVE) of what counts as vulnerable."""
    return {
        (name, cve)
        for one in found.judged
        for match in one.matches
        if match.verdict.vulnerable
        for name in one.packages
        for cve in match.cves
    }


def test_krn_1_the_running_kernel_names_source_and_version(feeds: Database) -> None:
    found = verdicts(feeds, inventory("debian:12", OLD, NEW, running="6.1.0-27-amd64"))
    assert (found[OLD.name, FIXED].verdict, found[OLD.name, FIXED].fixed) == (FIXABLE, "6.1.119-1")
    newer = verdicts(feeds, inventory("debian:12", OLD, NEW, running="6.1.0-100-amd64"))
    assert newer[NEW.name, FIXED].verdict is SAFE


def test_krn_1_without_knowing_what_runs_nothing_is_known(feeds: Database) -> None:
    found = verdicts(feeds, inventory("debian:12", OLD, HEADERS))
    assert (found[OLD.name, FIXED].verdict, found[OLD.name, FIXED].rule) == (UNKNOWN, "KRN-1")
    assert found["linux-libc-dev", FIXED].verdict is SUPPRESSED  # no kernel, whatever runs


def test_krn_2_counted_once_a_host(feeds: Database) -> None:
    tools = deb("linux-perf", "6.1.115-1", "linux")
    found = judged(feeds, inventory("debian:12", OLD, NEW, META, HEADERS, tools, running="6.1.0-27-amd64"))
    assert counted(found) == {(OLD.name, FIXED), (OLD.name, OPEN), (OLD.name, LATER)}
    assert [one.packages for one in found.judged if OLD.name in one.packages] == [(OLD.name,)]
    aside = [match for one in found.judged for match in one.matches if match.rule == "KRN-2"]
    assert aside and all(match.verdict is SUPPRESSED for match in aside)


def test_krn_3_a_kernel_that_is_no_package(feeds: Database) -> None:
    found = judged(feeds, inventory("debian:12", HEADERS, running="6.6.30-hosting"))
    assert counted(found) == set()
    assert found.kernel and found.kernel.note == "the kernel is not managed by packages"
    inside = judged(feeds, inventory("debian:12", OLD, running="6.1.0-27-amd64", container=True))
    assert counted(inside) == set() and inside.kernel and "container" in inside.kernel.note


def test_krn_4_a_reboot_closes_what_is_fixed_on_disk(feeds: Database) -> None:
    """6.1.0-100 comes after 6.1.0-27, though not as text; another flavour and a metapackage are no successors."""
    cloud = image("6.1.0-200", "6.1.200-1", "cloud-amd64")
    found = judged(feeds, inventory("debian:12", OLD, NEW, META, cloud, running="6.1.0-27-amd64"))
    assert found.kernel and found.kernel.reboot_due
    assert (found.kernel.version, found.kernel.newest, found.kernel.closes) == ("6.1.115-1", "6.1.158-1", (FIXED,))
    current = judged(feeds, inventory("debian:12", OLD, NEW, running="6.1.0-100-amd64"))
    assert current.kernel and not current.kernel.reboot_due and current.kernel.closes == ()


def test_krn_5_a_live_patch_counts_for_what_it_names(feeds: Database) -> None:
    patch = LivePatch("livepatch", cves=(FIXED,))
    found = verdicts(feeds, inventory("debian:12", OLD, running="6.1.0-27-amd64", live_patch=patch))
    assert (found[OLD.name, FIXED].verdict, found[OLD.name, FIXED].rule) == (SUPPRESSED, "KRN-5")
    assert found[OLD.name, LATER].verdict is FIXABLE
    nameless = verdicts(feeds, inventory("debian:12", OLD, running="6.1.0-27-amd64", live_patch=LivePatch("kpatch")))
    assert nameless[OLD.name, FIXED].verdict is FIXABLE


def test_krn_5_kernelcare_says_what_the_kernel_is_worth(feeds: Database) -> None:
    core = rpm("kernel-core", "0:4.18.0-553.el8_10", "kernel-4.18.0-553.el8_10")
    running = "4.18.0-553.el8_10.x86_64"
    assert verdicts(feeds, inventory("almalinux:8", core, running=running))["kernel-core", FIXED].verdict is FIXABLE
    patch = LivePatch("kernelcare", "4.18.0-553.45.1.el8_10.x86_64")
    assert (
        verdicts(feeds, inventory("almalinux:8", core, running=running, live_patch=patch))["kernel-core", FIXED].verdict is SAFE
    )
    unclear = LivePatch("kernelcare", "6.1.0-31-amd64")  # Debian's name for it says nothing of its version
    found = verdicts(feeds, inventory("debian:12", OLD, running="6.1.0-27-amd64", live_patch=unclear))
    assert (found[OLD.name, FIXED].verdict, found[OLD.name, FIXED].rule) == (UNKNOWN, "KRN-5")


def test_kernels_of_rpm(feeds: Database) -> None:
    source = "kernel-4.18.0-553.el8_10"
    packages = [rpm(name, "0:4.18.0-553.el8_10", source) for name in ("kernel", "kernel-core", "kernel-tools")]
    found = judged(feeds, inventory("almalinux:8", *packages, running="4.18.0-553.el8_10.x86_64"))
    assert counted(found) == {("kernel-core", FIXED)}
    realtime = rpm("kernel-rt-core", "0:4.18.0-553.rt7.342.el8_10", "kernel-rt-4.18.0-553.rt7.342.el8_10")
    both = judged(feeds, inventory("almalinux:8", *packages, realtime, running="4.18.0-553.rt7.342.el8_10.x86_64"))
    assert counted(both) == {("kernel-rt-core", FIXED)} and both.kernel and not both.kernel.reboot_due


@pytest.mark.parametrize(
    ("version", "whose"),
    [
        ("20.11.0-1nodesource1", "NodeSource"),
        ("8.3.1-1+0~20240101.1+debian12~1.gbp", "deb.sury.org"),
        ("16.1-1.pgdg120+1", "apt.postgresql.org"),
        ("1:10.11.6+maria~deb12", "MariaDB"),
        ("1.26.0-1~bookworm", "nginx.org"),
        ("8.2.14-1.el8.remi", "Remi"),
        ("3.0.11-1~deb12u2", ""),
        ("3.0.2-0ubuntu1.15~22.04.1", ""),
    ],
)
def test_org_1_marks_in_versions_are_hints(version: str, whose: str) -> None:
    assert whose in marked(version) and bool(marked(version)) == bool(whose)


def test_org_1_hints_only_count_where_the_host_did_not_say(feeds: Database) -> None:
    odd = deb("libssl3", "3.0.11-1~bookworm", "openssl")
    assert verdicts(feeds, inventory("debian:12", odd))["libssl3", OPEN].rule == "ORG-3"
    assert verdicts(feeds, inventory("debian:12", odd, foreign={}))["libssl3", OPEN].verdict is FIXABLE


def test_org_2_vendors_of_rpm(feeds: Database) -> None:
    theirs = rpm("kernel-core", "0:4.18.0-1.el8", "kernel-4.18.0-1.el8", vendor="ELRepo")
    found = verdicts(feeds, inventory("almalinux:8", theirs, running="4.18.0-1.el8.x86_64"))
    assert found["kernel-core", FIXED].rule == "ORG-3"
    assert "ELRepo" in found["kernel-core", FIXED].note


def test_org_3_a_build_of_somebody_else_is_neither_vulnerable_nor_fine(feeds: Database) -> None:
    old, new = (deb("libssl3", version, "openssl") for version in ("3.0.1-1", "9.9-1"))
    for package in (old, new):
        found = verdicts(feeds, inventory("debian:12", package, foreign={"libssl3": ""}))
        assert (found["libssl3", OPEN].verdict, found["libssl3", OPEN].rule) == (UNKNOWN, "ORG-3")
        assert "no repository" in found["libssl3", OPEN].note
    unheard = verdicts(feeds, inventory("debian:12", deb("tool", "1"), foreign={"tool": "https://apt.example.com"}))
    assert unheard["tool", ""].verdict is UNKNOWN


def test_org_4_a_mirror_is_the_distribution() -> None:
    assert is_own("Debian", "debian") and is_own("Debian Backports", "debian") and is_own("UbuntuESMApps", "ubuntu")
    assert not is_own("Debian multimedia by somebody", "debian") and not is_own("deb.sury.org", "debian")


def test_org_5_where_packages_come_from_is_asked_again_when_they_change() -> None:
    assert "/var/lib/dpkg/status" in updates.COLLECTOR.stamp and "rpmdb" in updates.COLLECTOR.stamp
