"""AlmaLinux, Rocky and their kin: epochs, architectures, module streams, and whose build it is."""

from __future__ import annotations

import pytest

from schouw.model.facts import Package, Update
from schouw.model.vulnerability import CveVerdict, Match
from schouw.vulnerabilities.database import Database
from tests.unit.vulnerability_lab import database, erratum, inventory, judged, osv, rpm, verdicts, written, zipped

FIXABLE, SAFE, UNKNOWN = CveVerdict.FIXABLE, CveVerdict.NOT_AFFECTED, CveVerdict.UNKNOWN

#: Real ones of AlmaLinux 8: the same package in two streams.
NODE_10 = ("nodejs", "1:10.24.0-1.module_el8.3.0+2047+b07ac28e", "x86_64", "nodejs:10:8030020210426100849:229f0a1c:x86_64")
NODE_16 = ("nodejs", "1:16.20.2-4.module_el8.9.0+3731+490e3ca3", "x86_64", "nodejs:16:8090020240301:a75119d5:x86_64")


@pytest.fixture(scope="module")
def alma(tmp_path_factory: pytest.TempPathFactory) -> Database:
    folder = tmp_path_factory.mktemp("alma")
    errata = [
        erratum("ALSA-2021:0735", ["CVE-2021-22883"], [NODE_10]),
        erratum("ALSA-2024:1444", ["CVE-2024-22019"], [NODE_16]),
        erratum("ALSA-2030:0001", ["CVE-2030-1", "CVE-2030-2"], [("openssl", "1:1.1.1k-14.el8_6", "x86_64", "")]),
        erratum(
            "ALSA-2030:0002", ["CVE-2030-3"], [("zlib", "0:1.2.11-25.el8", "i686", ""), ("tzdata", "0:2030a-1.el8", "noarch", "")]
        ),
        erratum("ALSA-2030:0003", ["CVE-2030-4"], [("squid", "7:4.15-10.el8", "x86_64", "")]),
        erratum("ALBA-2030:0004", [], [("bash", "0:9-1.el8", "x86_64", "")]),
        erratum(
            "ALSA-2030:0005",
            ["CVE-2030-5"],
            [
                ("podman", "0:1.0.0-8.git921f98f.module_el8.4.0+2497+1", "x86_64", "container-tools:1.0:1:2:x86_64"),
                ("podman", "0:1.0.0-8.git921f98f.module_el8.3.0+2044+1", "x86_64", "container-tools:1.0:1:2:x86_64"),
            ],
        ),
    ]
    return database(folder, written(folder / "errata.full.json", {"schema_version": "1.0", "data": errata}))


@pytest.fixture(scope="module")
def osv_only(tmp_path_factory: pytest.TempPathFactory) -> Database:
    folder = tmp_path_factory.mktemp("osv")
    squid = osv(
        "ALSA-2020:4743",
        "AlmaLinux:8",
        {"squid": "7:4.11-3.module_el8.3.0+2165+af250afe"},
        related=["CVE-2019-12520"],
        summary="Moderate: squid:4 security, bug fix, and enhancement update",
    )
    untold = osv(
        "ALSA-2030:1", "AlmaLinux:8", {"php": "7.2.24-1.module_el8.2.0+1", "perl": "1-1.module_el8.2.0+1"}, related=["CVE-2030-9"]
    )
    streams = [
        osv(
            f"ALSA-2030:{n}",
            "AlmaLinux:8",
            {"php": f"{n}.0-1.module_el8+1"},
            related=[f"CVE-2030-{n}"],
            summary=f"Important: php:{n} update",
        )
        for n in (7, 8)
    ]
    alma = zipped(folder / "alma.zip", [squid, untold, *streams])
    rocky = zipped(
        folder / "rocky.zip",
        [
            osv("RLSA-2030:1", "Rocky Linux:8", {"perl": "4:5.26.3-420.el8"}, upstream=["CVE-2030-10"]),
            osv("RLSA-2030:2", "Rocky Linux:8", {"bind": "32:9.11.36-14.el8"}, related=["CVE-2030-11"]),
        ],
    )
    return database(folder, alma, rocky)


def said(feeds: Database, release: str, *packages: Package, **more: object) -> dict[tuple[str, str], Match]:
    return verdicts(feeds, inventory(release, *packages, **more))


def test_rpm_1_binary_names_and_a_missing_epoch_is_0(alma: Database) -> None:
    match = said(alma, "almalinux:8.10", rpm("openssl", "1:1.1.1k-12.el8_6"))["openssl", "CVE-2030-2"]
    assert (match.verdict, match.fixed, match.advisory) == (FIXABLE, "1:1.1.1k-14.el8_6", "ALSA-2030:0001")
    # Without its epoch it would pass for older than any fix.
    assert said(alma, "almalinux:8", rpm("squid", "7:4.15-10.el8"))["squid", "CVE-2030-4"].verdict is SAFE
    assert said(alma, "almalinux:8", rpm("squid", "8:4.1-1.el8"))["squid", "CVE-2030-4"].verdict is SAFE
    assert said(alma, "almalinux:8", rpm("zlib", "(none):1.2.11-25.el8", arch="i686"))["zlib", "CVE-2030-3"].verdict is SAFE


def test_rpm_2_the_source_has_no_epoch_to_compare_with(osv_only: Database) -> None:
    errno = rpm("perl-Errno", "0:1.28-420.el8", "perl-5.26.3-419.el8", vendor="Rocky Enterprise Software Foundation")
    alone = said(osv_only, "rocky:8", errno)["perl-Errno", ""]
    assert (alone.verdict, alone.rule) == (UNKNOWN, "RPM-2")
    perl = rpm("perl", "4:5.26.3-419.el8", "perl-5.26.3-419.el8", vendor="Rocky Enterprise Software Foundation")
    both = said(osv_only, "rocky:8", errno, perl)
    assert both["perl-Errno", "CVE-2030-10"].verdict is both["perl", "CVE-2030-10"].verdict is FIXABLE


def test_rpm_3_architectures_apply_and_noarch_is_for_all(alma: Database) -> None:
    found = said(alma, "almalinux:8", rpm("zlib", "0:1.2.11-20.el8"), rpm("tzdata", "0:2029a-1.el8", arch="noarch"))
    assert ("zlib", "CVE-2030-3") not in found and found["tzdata", "CVE-2030-3"].verdict is FIXABLE
    both = [rpm("zlib", "0:1.2.11-20.el8", arch=arch) for arch in ("i686", "x86_64")]
    for packages in (both[:1], both, both[::-1]):  # a library of another architecture is a package of its own
        assert said(alma, "almalinux:8", *packages)["zlib", "CVE-2030-3"].verdict is FIXABLE


def test_rpm_4_only_the_same_stream(alma: Database) -> None:
    patched = rpm("nodejs", NODE_10[1], module=NODE_10[3])
    found = said(alma, "almalinux:8", patched)
    assert found["nodejs", "CVE-2021-22883"].verdict is SAFE
    assert ("nodejs", "CVE-2024-22019") not in found  # a patched nodejs:10 would get every fix of 16
    plain = said(alma, "almalinux:8", rpm("nodejs", "1:10.1-1.el8"))
    assert plain == {}  # a fix of a stream says nothing of a package of none
    modular_squid = rpm("squid", "7:4.1-1.module_el8.3.0+1", module="squid:4:1:2")
    assert said(alma, "almalinux:8", modular_squid) == {}


def test_rpm_4_a_package_without_label_takes_its_stream_from_dnf(alma: Database) -> None:
    unlabelled = rpm("nodejs", "1:10.1-1.module_el8.1.0+1")
    doubt = said(alma, "almalinux:8", unlabelled)["nodejs", "CVE-2021-22883"]
    assert (doubt.verdict, doubt.rule) == (UNKNOWN, "RPM-4")
    known = said(alma, "almalinux:8", unlabelled, streams=frozenset({"nodejs:10"}))
    assert known["nodejs", "CVE-2021-22883"].verdict is FIXABLE and ("nodejs", "CVE-2024-22019") not in known


def test_of_an_advisorys_builds_for_one_stream_the_oldest_is_enough(alma: Database) -> None:
    old_minor = rpm("podman", "0:1.0.0-8.git921f98f.module_el8.3.0+2044+1", module="container-tools:1.0:1:2")
    assert said(alma, "almalinux:8", old_minor)["podman", "CVE-2030-5"].verdict is SAFE


def test_rpm_5_the_stream_from_the_advisorys_title(osv_only: Database) -> None:
    squid = rpm("squid", "7:4.4-5.module_el8.1.0+1", module="squid:4:8010020200101:abc")
    match = said(osv_only, "almalinux:8", squid)["squid", "CVE-2019-12520"]
    assert (match.verdict, match.advisory) == (FIXABLE, "ALSA-2020:4743")
    assert said(osv_only, "almalinux:8", rpm("squid", "7:3.5-1.module_el8.1.0+1", module="squid:3:1:2")) == {}
    php = said(osv_only, "almalinux:8", rpm("php", "7.0-1.module_el8+1", module="php:7:1:2"))
    assert php["php", "CVE-2030-7"].verdict is SAFE and ("php", "CVE-2030-8") not in php
    assert (php["php", "CVE-2030-9"].verdict, php["php", "CVE-2030-9"].rule) == (UNKNOWN, "RPM-5")  # 7 or 8?


def test_rpm_6_a_patched_host_of_streams_has_nothing(alma: Database) -> None:
    host = inventory("almalinux:8", rpm("nodejs", NODE_16[1], module=NODE_16[3]), rpm("openssl", "1:1.1.1k-14.el8_6"))
    assert {match.verdict for match in verdicts(alma, host).values()} == {SAFE}


def test_rpm_7_that_only_fixes_are_listed_is_said(alma: Database) -> None:
    assert "without a fix is not seen" in judged(alma, inventory("almalinux:8", rpm("bash", "0:1-1.el8"))).limit


def test_rpm_8_one_rebuild_is_never_judged_by_anothers_versions(alma: Database) -> None:
    for release in ("rhel:8", "rocky:8", "centos-stream:8"):
        found = judged(alma, inventory(release, rpm("openssl", "1:1.1.1k-1.el8")))
        assert found.gap and {match.verdict for one in found.judged for match in one.matches} == {UNKNOWN}


def test_rpm_9_what_debuggers_need_and_keys_are_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("debug")
    names = ("bash-debuginfo", "bash-debugsource", "gpg-pubkey", "bash")
    record = osv("ALSA-2030:1", "AlmaLinux:9", dict.fromkeys(names, "9-1.el9"), related=["CVE-2030-1"])
    feeds = database(folder, zipped(folder / "osv.zip", [record]))
    assert {name for name, _ in said(feeds, "almalinux:9", *(rpm(name, "0:1-1.el9") for name in names))} == {"bash"}


def test_rpm_10_cloudlinux_asks_its_own_dnf(alma: Database) -> None:
    update = Update("openssl", "1:1.1.1k-12.el8_6", "1:1.1.1k-14.el8_6", "cloudlinux-x86_64-server-8", True)
    found = judged(alma, inventory("cloudlinux:8", rpm("openssl", "1:1.1.1k-12.el8_6", vendor="CloudLinux"), advised=(update,)))
    verdict_of = {match.verdict: match for one in found.judged for match in one.matches}
    assert {match.rule for match in verdict_of.values()} == {"RPM-10"} and "its own dnf" in found.gap
    assert set(verdict_of) == {UNKNOWN, FIXABLE} and verdict_of[FIXABLE].fixed == "1:1.1.1k-14.el8_6"
    # Nor does AlmaLinux's feed judge what CloudLinux built for it.
    theirs = said(alma, "almalinux:8", rpm("openssl", "1:1.1.1k-12.el8_6.cloudlinux", vendor="CloudLinux"))
    assert {(match.verdict, match.rule) for match in theirs.values()} == {(UNKNOWN, "ORG-3")}


def test_rpm_11_a_dead_release_is_unknown(alma: Database) -> None:
    found = judged(alma, inventory("centos:7", rpm("openssl", "1:1.0.2k-25.el7")))
    assert "2024-06-30" in found.gap
    assert [match.rule for one in found.judged for match in one.matches] == ["RPM-11"]


def test_an_update_without_a_cve_is_no_vulnerability(alma: Database) -> None:
    assert said(alma, "almalinux:8", rpm("bash", "0:1-1.el8")) == {}


def test_a_cve_of_two_advisories_is_closed_by_the_last(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("twice")
    records = [osv(f"ALSA-2030:{n}", "AlmaLinux:9", {"a": f"{n}-1"}, related=["CVE-2030-1"]) for n in (3, 2)]
    feeds = database(folder, zipped(folder / "osv.zip", records))
    for installed, verdict in (("0:1-1", FIXABLE), ("0:2-1", FIXABLE), ("0:3-1", SAFE)):
        match = said(feeds, "almalinux:9", rpm("a", installed))["a", "CVE-2030-1"]
        assert (match.verdict, match.fixed) == (verdict, "3-1")
