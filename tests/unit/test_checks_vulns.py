"""Area vulns: from a database of known vulnerabilities to things to do on one host."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from schouw.model.attempt import Attempt, absent, not_checked, seen
from schouw.model.basis import Deadline
from schouw.model.facts import Facts, Inside, Kernel, Origins, Package, Packages, System, Update, Updates
from schouw.model.finding import Finding, TrackedFinding, Verdict
from schouw.model.outside import PortState
from schouw.model.severity import FindingState, Severity
from schouw.model.vulnerability import Knowledge, LivePatch
from schouw.scan.assessor import Assessor
from tests.unit.facts import CLOCK, HOST, NOW, facts, inside, judge, listener, met, outside
from tests.unit.test_vuln_kernel import META, NEW, OLD
from tests.unit.vulnerability_lab import catalogue, deb, enriched, erratum, osv, rpm, taken, tracker, written, zipped

ONE, TWO, THREE, OPEN = "CVE-2030-1000", "CVE-2030-1001", "CVE-2030-2000", "CVE-2030-9000"
OPENSSL = deb("libssl3", "3.0.11-1~deb12u2", "openssl"), deb("openssl", "3.0.11-1~deb12u2")
TRACKER = tracker(
    openssl={
        THREE: {"bookworm": "3.0.17-1~deb12u2"},
        ONE: {"bookworm": "3.0.17-1~deb12u2"},
        TWO: {"bookworm": "3.0.14-1~deb12u1"},
        OPEN: {"bookworm": {"status": "open", "urgency": "low", "nodsa": "Minor issue", "nodsa_reason": "postponed"}},
    },
    zlib={"CVE-2023-45853": {"bookworm": {"status": "open", "urgency": "low", "nodsa": "not built", "nodsa_reason": "ignored"}}},
    curl={"CVE-2030-5000": {"bookworm": {"status": "undetermined", "urgency": "not yet assigned"}}},
    linux={
        ONE: {"bookworm": "6.1.119-1"},
        TWO: {"bookworm": "6.1.170-1"},
        OPEN: {"bookworm": "open"},
    },
)
REACHED = outside(met(443))
BEHIND = outside(met(443, PortState.FILTERED))


def host(*packages: Package, **sections: Any) -> Inside:
    """A Debian 12 with these packages, all of them the distribution's own."""
    manager: Any = "rpm" if any(one.vendor for one in packages) else "dpkg"
    return inside(packages=Packages(manager, packages), **({"kernel": Kernel(""), **sections}))


def files(
    folder: Path, *, exploited: Iterable[str] = (), enrich: Iterable[dict[str, Any]] = (), data: object = TRACKER
) -> list[Path]:
    found = [written(folder / "tracker.json", data)]
    if exploited:
        found.append(written(folder / "kev.json", catalogue(*exploited)))
    if enrich:
        found.append(zipped(folder / "vulnrichment.zip", enrich))
    return found


def verdict(folder: Path, looked: Facts, *paths: Path) -> Verdict:
    taken(folder / "vulnerabilities.db", *(paths or files(folder)))
    assessor = Assessor(folder / "vulnerabilities.db")
    assessor.refresh()
    return judge(looked, HOST, NOW, assessor.knowledge(looked))


def vulns(found: Verdict) -> dict[str, Finding]:
    return {one.key.removeprefix("vulns."): one for one in found.findings if one.area == "vulns"}


def gaps(found: Verdict) -> dict[tuple[str, str], str]:
    """What counts as not checked in this area."""
    return {
        (one.check, one.subject): one.reason for one in found.not_checked if one.check.startswith("vulns.") and not one.unasked
    }


def test_one_finding_a_source_package_with_all_that_its_update_closes(tmp_path: Path) -> None:
    found = verdict(tmp_path, facts(host(*OPENSSL)))
    one = vulns(found)["package.fixable:openssl"]
    assert one.title == "openssl 3.0.11-1~deb12u2 → 3.0.17-1~deb12u2 closes 3 CVEs"
    assert one.cves == (ONE, TWO, THREE)
    assert one.evidence.inside.split("\n") == [
        "installed: openssl 3.0.11-1~deb12u2",
        "3.0.17-1~deb12u2 closes 2 CVEs [DEB-7]",
        "3.0.14-1~deb12u1 closes 1 CVE [DEB-7]",
    ]
    assert one.fix == "apt-get update && apt-get install --only-upgrade libssl3 openssl"
    assert "https://security-tracker.debian.org/tracker/source-package/openssl" in one.references
    assert gaps(found) == {}


def test_it_names_the_advisory(tmp_path: Path) -> None:
    row = "DSA-5900-1,2026-11-20,CVE-2030-1000 CVE-2030-2000,12,openssl,fixed,3.0.17-1~deb12u2"
    advisories = written(tmp_path / "dsa.csv", f"advisory,published,cves,release,source,status,fixed_version\n{row}\n")
    one = vulns(verdict(tmp_path, facts(host(*OPENSSL)), *files(tmp_path), advisories))["package.fixable:openssl"]
    assert "by DSA-5900-1" in one.evidence.inside
    assert "https://security-tracker.debian.org/tracker/DSA-5900-1" in one.references


def test_its_key_is_the_package_whatever_its_version(tmp_path: Path) -> None:
    older = vulns(verdict(tmp_path, facts(host(deb("openssl", "3.0.9-1")))))
    newer = vulns(verdict(tmp_path, facts(host(deb("openssl", "3.0.16-1~deb12u1")))))
    assert older.keys() == newer.keys()
    assert newer["package.fixable:openssl"].cves == (ONE, THREE)


@pytest.mark.parametrize(
    ("exploited", "automatable", "total", "reached", "severity", "days"),
    [
        (True, True, True, True, Severity.CRITICAL, 3),
        (True, False, False, False, Severity.HIGH, 14),
        (False, True, True, True, Severity.CRITICAL, 3),
        (False, False, False, True, Severity.MEDIUM, 60),
        (False, False, False, False, Severity.LOW, None),
    ],
)
def test_pri_3_severity_and_deadline_follow_bod_26_04(
    tmp_path: Path, exploited: bool, automatable: bool, total: bool, reached: bool, severity: Severity, days: int | None
) -> None:
    data = tracker(nginx={ONE: {"bookworm": "1.22.1-9+deb12u3"}})
    enrich = [enriched(ONE, automatable=automatable, total=total)]
    within = host(deb("nginx", "1.22.1-9"), listeners=(listener(22), listener(443, process="nginx")))
    looked = facts(within, REACHED if reached else BEHIND)
    paths = files(tmp_path, exploited=[ONE] if exploited else [], enrich=enrich, data=data)
    one = vulns(verdict(tmp_path, looked, *paths))["package.fixable:nginx"]
    since = date(2026, 11, 20) if exploited else date(2026, 11, 22)
    assert (one.severity, one.deadlines) == (severity, () if days is None else (Deadline(days, since),))
    assert ("1 exploited" in one.title) is exploited is one.exploited
    assert ("exploited in the wild" in one.why) is exploited
    assert ("not reached from outside" in one.why) is not reached


def test_the_day_it_is_due_counts_from_when_it_was_found_or_became_known(tmp_path: Path) -> None:
    paths = files(tmp_path, exploited=[ONE], enrich=[enriched(ONE, automatable=True, total=True)])
    one = vulns(verdict(tmp_path, facts(host(*OPENSSL)), *paths))["package.fixable:openssl"]
    assert one.deadlines == (Deadline(3, date(2026, 11, 20)), Deadline(60, None))
    for first, due in ((NOW, NOW + timedelta(days=3)), (NOW - timedelta(days=90), NOW - timedelta(days=30))):
        assert TrackedFinding(one, FindingState.OPEN, first, NOW).due == due.date()


def test_what_nobody_stated_is_marked(tmp_path: Path) -> None:
    one = vulns(verdict(tmp_path, facts(host(*OPENSSL))))["package.fixable:openssl"]
    assert "reached from outside (assumed), not automatable (assumed)" in one.why


def test_a_hold_in_the_way_is_released_first(tmp_path: Path) -> None:
    within = inside(packages=Packages("dpkg", OPENSSL, held=("libssl3", "vim")), kernel=Kernel(""))
    fix = vulns(verdict(tmp_path, facts(within)))["package.fixable:openssl"].fix
    assert fix.split("\n")[0] == "apt-mark unhold libssl3"


def test_without_a_fix_the_trackers_reason_is_said_and_nothing_is_dropped(tmp_path: Path) -> None:
    found = vulns(verdict(tmp_path, facts(host(*OPENSSL, deb("zlib1g", "1:1.2.13", "zlib"), deb("curl", "7.88.1-10")))))
    zlib, openssl, curl = (found[f"package.unfixed:{name}"] for name in ("zlib", "openssl", "curl"))
    assert zlib.title == "zlib 1:1.2.13: 1 CVE without a fix (1 ignored)"
    assert zlib.evidence.inside.endswith("CVE-2023-45853  ignored: not built [DEB-13]")
    assert openssl.title == "openssl 3.0.11-1~deb12u2: 1 CVE without a fix (1 postponed)" and openssl.cves == (OPEN,)
    assert curl.title == "curl 7.88.1-10: 1 CVE not yet looked at (undetermined)"
    assert {one.severity for one in (zlib, openssl, curl)} == {Severity.INFO} and not zlib.deadlines


def test_an_exploited_one_without_a_fix_is_no_mere_information(tmp_path: Path) -> None:
    paths = files(tmp_path, exploited=["CVE-2023-45853"])
    one = vulns(verdict(tmp_path, facts(host(deb("zlib1g", "1:1.2.13", "zlib"))), *paths))["package.unfixed:zlib"]
    assert one.severity == Severity.HIGH and "1 exploited" in one.title and one.deadlines and one.fix


def kernel(*packages: Package, running: str = "6.1.0-27-amd64", **sections: Any) -> Facts:
    return facts(host(*packages, kernel=Kernel(running), **sections))


def test_krn_4_a_reboot_closes_what_is_on_the_disk_and_an_update_the_rest(tmp_path: Path) -> None:
    found = vulns(verdict(tmp_path, kernel(OLD, NEW, META)))
    reboot, update = found["kernel.reboot"], found["package.fixable:linux"]
    assert reboot.title == "Reboot into kernel 6.1.158-1 closes 1 CVE" and reboot.cves == (ONE,)
    assert reboot.fix.startswith("systemctl reboot")
    assert update.title == "linux 6.1.115-1 → 6.1.170-1 closes 1 CVE" and update.cves == (TWO,)
    assert update.fix.startswith("apt-get update && apt-get install linux-image-amd64\nsystemctl reboot")
    assert found["package.unfixed:linux"].cves == (OPEN,)


def test_krn_4_nothing_newer_on_disk_is_an_update(tmp_path: Path) -> None:
    found = vulns(verdict(tmp_path, kernel(OLD)))
    assert "kernel.reboot" not in found and found["package.fixable:linux"].cves == (ONE, TWO)
    assert "linux-image-$(dpkg --print-architecture)" in found["package.fixable:linux"].fix


def test_krn_5_what_is_live_patched_needs_no_reboot(tmp_path: Path) -> None:
    patch = seen(LivePatch("livepatch", cves=(ONE,)))
    assert "kernel.reboot" not in vulns(verdict(tmp_path, kernel(OLD, NEW, live_patch=patch)))


def test_krn_3_a_kernel_that_is_no_package_is_not_checked(tmp_path: Path) -> None:
    found = verdict(tmp_path, kernel(OLD, running="6.6.1-hoster"))
    assert gaps(found) == {("vulns.kernel.reboot", ""): "the kernel is not managed by packages"}
    container = seen(System("debian", "12", "Debian 12", container="lxc"))
    assert gaps(verdict(tmp_path, kernel(OLD, system=container))) == {}


def test_org_3_a_third_partys_build_is_not_checked_and_closes_nothing(tmp_path: Path) -> None:
    origins = Origins(("homemade",), (("openssl", "https://deb.example.org"),))
    within = host(deb("openssl", "3.0.11-1~deb12u2"), deb("homemade", "1.0"), origins=origins)
    found = verdict(tmp_path, facts(within))
    assert vulns(found) == {}
    assert gaps(found) == {
        ("vulns.package.fixable", "openssl"): (
            "built by https://deb.example.org, not by the distribution: its versions cannot be compared"
        ),
        ("vulns.package.fixable", "homemade"): "it is in no repository: its versions cannot be compared",
    }
    assert {one.subject for one in found.not_checked if one.check == "vulns.package.unfixed"} == {"openssl", "homemade"}


def test_deb_15_a_release_that_no_feed_covers_is_not_checked(tmp_path: Path) -> None:
    jessie = seen(System("debian", "8", "Debian GNU/Linux 8 (jessie)", "jessie"))
    found = verdict(tmp_path, facts(host(*OPENSSL, system=jessie)))
    assert vulns(found) == {}
    assert set(gaps(found).values()) == {"no feed covers debian:8; its free security updates last until 2020-06-30"}
    assert {check for check, _ in gaps(found)} == {"vulns.package.fixable", "vulns.package.unfixed", "vulns.kernel.reboot"}


def test_without_a_database_it_is_said_what_to_do(tmp_path: Path) -> None:
    assessor = Assessor(tmp_path / "none.db")
    assessor.refresh()
    looked = facts()
    found = judge(looked, HOST, NOW, assessor.knowledge(looked))
    assert set(gaps(found).values()) == {"there is no vulnerability database: run `schouw db update`"}


def test_a_database_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_text("<html>")
    assessor = Assessor(tmp_path / "broken.db")
    assessor.refresh()
    attempt: Attempt[Knowledge] = assessor.knowledge(facts())
    assert attempt.result is None and "no vulnerability database" in attempt.reason


def test_packages_that_were_not_seen_are_not_checked(tmp_path: Path) -> None:
    looked = facts(inside(packages=not_checked("it took too long")))
    assert set(gaps(verdict(tmp_path, looked)).values()) == {"it took too long"}


RHEL = seen(System("rhel", "9.4", "Red Hat Enterprise Linux 9.4"))
INSTALLED = (
    rpm("openssl", "1:3.0.7-24.el9", "openssl-3.0.7-24.el9", vendor="Red Hat, Inc."),
    rpm("openssl-libs", "1:3.0.7-24.el9", "openssl-3.0.7-24.el9", vendor="Red Hat, Inc."),
)


def advised(*cves: str) -> Updates:
    pending = [
        Update(f"{name}.x86_64", "1:3.0.7-24.el9", "1:3.0.7-28.el9", "baseos", True, ("RHSA-2030:7", "RHSA-2030:9"), cves)
        for name in ("openssl", "openssl-libs")
    ]
    return Updates("dnf", (*pending, Update("vim.x86_64", "1", "2", "baseos", False)), CLOCK)


def test_rpm_10_rhel_is_judged_by_its_own_dnf(tmp_path: Path) -> None:
    found = verdict(tmp_path, facts(host(*INSTALLED, system=RHEL, updates=advised(ONE, TWO))))
    one = vulns(found)["package.fixable:openssl"]
    assert one.title == "openssl 1:3.0.7-24.el9 → 1:3.0.7-28.el9 closes 2 CVEs" and one.cves == (ONE, TWO)
    assert one.fix == "dnf upgrade openssl-libs.x86_64 openssl.x86_64"
    assert "by RHSA-2030:7, RHSA-2030:9" in one.evidence.inside
    assert "https://access.redhat.com/errata/RHSA-2030:7" in one.references
    assert ("vulns.package.fixable", "") not in gaps(found)
    told = {one.reason for one in found.not_checked if one.check == "vulns.package.unfixed" and one.unasked}
    assert told == {"no feed covers rhel:9; only its own dnf tells which updates are for security"}


def test_rpm_10_an_advisory_that_names_no_cve_is_still_a_security_update(tmp_path: Path) -> None:
    one = vulns(verdict(tmp_path, facts(host(*INSTALLED, system=RHEL, updates=advised()))))["package.fixable:openssl"]
    assert one.title.endswith("is a security update") and one.cves == ()


def test_rpm_10_a_dnf_that_could_not_be_asked_is_a_gap(tmp_path: Path) -> None:
    silent: Attempt[Updates] = not_checked("dnf has no usable lists in its cache: run `dnf makecache`")
    found = verdict(tmp_path, facts(host(*INSTALLED, system=RHEL, updates=silent)))
    assert gaps(found)["vulns.package.fixable", ""] == "dnf has no usable lists in its cache: run `dnf makecache`"


def test_rpm_7_errata_tell_of_fixes_only_and_that_is_said(tmp_path: Path) -> None:
    errata = written(
        tmp_path / "errata.json",
        {
            "data": [
                erratum(
                    "ALSA-2030:1",
                    [ONE],
                    [("openssl", "1:3.0.7-28.el9", "x86_64", ""), ("openssl-libs", "1:3.0.7-28.el9", "x86_64", "")],
                    9,
                )
            ]
        },
    )
    alma = seen(System("almalinux", "9.4", "AlmaLinux 9.4", like=("rhel",)))
    packages = (
        rpm("openssl", "1:3.0.7-24.el9", "openssl-3.0.7-24.el9"),
        rpm("openssl-libs", "1:3.0.7-24.el9", "openssl-3.0.7-24.el9"),
    )
    found = verdict(tmp_path, facts(host(*packages, system=alma)), errata)
    one = vulns(found)["package.fixable:openssl"]
    assert one.title == "openssl 1:3.0.7-24.el9 → 1:3.0.7-28.el9 closes 1 CVE"
    assert one.fix == "dnf upgrade openssl openssl-libs"
    assert "https://errata.almalinux.org/9/ALSA-2030-1.html" in one.references
    assert gaps(found) == {}
    assert any(gap.unasked and "fixes only" in gap.reason for gap in found.not_checked)


def test_ubu_3_what_ubuntu_pro_closes_is_a_finding_of_its_own(tmp_path: Path) -> None:
    feed = zipped(
        tmp_path / "ubuntu.zip",
        [
            osv(f"UBUNTU-{ONE}", "Ubuntu:24.04:LTS", {"freeglut": ""}, distro="noble", upstream=[ONE]),
            osv(
                f"UBUNTU-{ONE}-esm",
                "Ubuntu:Pro:24.04:LTS",
                {"freeglut": "3.4.0-1ubuntu0.1~esm1"},
                distro="esm-apps/noble",
                upstream=[ONE],
            ),
        ],
    )
    noble = seen(System("ubuntu", "24.04", "Ubuntu 24.04 LTS", "noble"))
    package = deb("libglut3.12", "3.4.0-1", "freeglut")
    one = vulns(verdict(tmp_path, facts(host(package, system=noble, pro=seen(()))), feed))[
        "package.fixable:freeglut (Ubuntu Pro)"
    ]
    assert one.title == "freeglut 3.4.0-1 → 3.4.0-1ubuntu0.1~esm1 closes 1 CVE with Ubuntu Pro (esm-apps)"
    assert one.fix.startswith("pro attach TOKEN")
    attached = vulns(verdict(tmp_path, facts(host(package, system=noble, pro=seen(("esm-apps",)))), feed))
    assert attached["package.fixable:freeglut"].fix.startswith("apt-get update")


def test_what_a_host_says_cannot_break_a_finding(tmp_path: Path) -> None:
    names = ("{0}", "a{title}b", "$(reboot)", "../../etc", "x" * 250)
    data = tracker(**{name: {ONE: {"bookworm": "2"}} for name in names})
    found = vulns(verdict(tmp_path, facts(host(*(deb(name, "1") for name in names))), *files(tmp_path, data=data)))
    assert "'$(reboot)'" in found["package.fixable:$(reboot)"].fix
    assert all(address.startswith("https://") and "$" not in address for one in found.values() for address in one.references)


def test_live_patches_of_hosts_without_any_lack_nothing(tmp_path: Path) -> None:
    looked = facts(replace(host(*OPENSSL), live_patch=absent("none"), pro=absent("none"), streams=absent("none")))
    assert gaps(verdict(tmp_path, looked)) == {}
