"""Ubuntu's rules: the release, the pockets of Ubuntu Pro, and what only VEX tells."""

from __future__ import annotations

import pytest

from schouw.model.facts import Package
from schouw.model.vulnerability import CveVerdict, Match
from schouw.vulnerabilities.database import Database
from tests.unit.vulnerability_lab import database, deb, inventory, osv, tarred, verdicts, vex, zipped

FIXABLE, NO_FIX, SAFE = CveVerdict.FIXABLE, CveVerdict.NO_FIX, CveVerdict.NOT_AFFECTED

FREEGLUT = "CVE-2024-24258"


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> Database:
    folder = tmp_path_factory.mktemp("ubuntu")
    freeglut = osv(f"UBUNTU-{FREEGLUT}", "Ubuntu:24.04:LTS", {"freeglut": ""}, distro="noble", upstream=[FREEGLUT])
    pro = osv("x", "Ubuntu:Pro:24.04:LTS", {"freeglut": "3.4.0-1ubuntu0.1~esm1"}, distro="esm-apps/noble")
    freeglut["affected"] += pro["affected"]
    bionic = osv("UBUNTU-CVE-2030-2", "Ubuntu:Pro:18.04:LTS", {"netty": "1:4.1.7-4ubuntu0.1+esm3"}, distro="esm-apps/bionic")
    openssl = osv("UBUNTU-CVE-2030-3", "Ubuntu:22.04:LTS", {"openssl": "3.0.2-0ubuntu1.15"}, distro="jammy")
    openssl["affected"] += osv("x", "Ubuntu:Pro:FIPS-updates:22.04:LTS", {"gnutls28": "3.7.3-4ubuntu1.4+Fips2"})["affected"]
    records = [
        freeglut,
        bionic,
        openssl,
        osv("UBUNTU-CVE-2030-4", "Ubuntu:22.04:LTS", {"curl": ""}, distro="jammy"),
        osv(
            "UBUNTU-CVE-2030-5",
            "Ubuntu:22.04:LTS",
            {"linux": "5.15.0-100.110", "linux-hwe-6.8": "6.8.0-60.63~22.04.1"},
            distro="jammy",
        ),
        osv("USN-6663-1", "Ubuntu:22.04:LTS", {"openssl": "3.0.2-0ubuntu1.15"}, distro="jammy", related=["CVE-2030-3"]),
    ]
    statements = [
        vex("CVE-2030-4", "affected", {"curl": "jammy"}, action_statement="… the Ubuntu Security Team decided to not fix it"),
        vex("CVE-2030-6", "not_affected", {"openssl": "jammy"}, impact_statement="only affects 3.1 and later"),
        vex("CVE-2030-7", "affected", {"curl": "jammy"}, action_statement="this package is no longer supported"),
        vex("CVE-2030-8", "fixed", {"curl": "jammy"}),
    ]
    return database(folder, zipped(folder / "osv.zip", records), tarred(folder / "vex.tar.xz", statements))


def said(feeds: Database, release: str, *packages: Package, **more: object) -> dict[tuple[str, str], Match]:
    return verdicts(feeds, inventory(release, *packages, **more))


def test_ubu_1_by_source_and_its_notice(feeds: Database) -> None:
    match = said(feeds, "ubuntu:22.04", deb("libssl3", "3.0.2-0ubuntu1.10", "openssl"))["libssl3", "CVE-2030-3"]
    assert (match.verdict, match.fixed, match.advisory, match.rule) == (FIXABLE, "3.0.2-0ubuntu1.15", "USN-6663-1", "UBU-1")
    assert said(feeds, "ubuntu:22.04", deb("libssl3", "3.0.2-0ubuntu1.15", "openssl"))["libssl3", "CVE-2030-3"].verdict is SAFE


def test_ubu_2_a_release_whose_only_rows_are_in_esm(feeds: Database) -> None:
    match = said(feeds, "ubuntu:18.04", deb("libnetty-java", "1:4.1.7-4", "netty"), pro=frozenset())[
        "libnetty-java", "CVE-2030-2"
    ]
    assert (match.verdict, match.rule, match.fixed) == (FIXABLE, "UBU-2", "1:4.1.7-4ubuntu0.1+esm3")
    assert match.note == "available with Ubuntu Pro (esm-apps)"


def test_ubu_3_the_esm_row_decides_where_the_service_is_on(feeds: Database) -> None:
    old = deb("libglut3.12", "3.4.0-1build1", "freeglut")
    attached = said(feeds, "ubuntu:24.04", old, pro=frozenset({"esm-apps", "esm-infra"}))["libglut3.12", FREEGLUT]
    assert (attached.verdict, attached.rule, attached.fixed) == (FIXABLE, "UBU-3", "3.4.0-1ubuntu0.1~esm1")
    assert "available with Ubuntu Pro" not in attached.note
    without = said(feeds, "ubuntu:24.04", old, pro=frozenset({"esm-infra"}))["libglut3.12", FREEGLUT]
    assert (without.verdict, without.rule) == (FIXABLE, "UBU-3") and "available with Ubuntu Pro (esm-apps)" in without.note
    unasked = said(feeds, "ubuntu:24.04", old)["libglut3.12", FREEGLUT]
    assert "whether this host has it is not known" in unasked.note


def test_ubu_4_an_esm_version_proves_the_pocket(feeds: Database) -> None:
    fixed = deb("libglut3.12", "3.4.0-1ubuntu0.1~esm1", "freeglut")
    match = said(feeds, "ubuntu:24.04", fixed, pro=frozenset())["libglut3.12", FREEGLUT]
    assert (match.verdict, match.rule) == (SAFE, "UBU-4")
    between = deb("libnetty-java", "1:4.1.7-4ubuntu0.1+esm1", "netty")
    match = said(feeds, "ubuntu:18.04", between, pro=frozenset())["libnetty-java", "CVE-2030-2"]
    assert (match.verdict, match.rule) == (FIXABLE, "UBU-4") and "available with" not in match.note


def test_ubu_5_a_fips_build_is_never_judged_by_the_base_fix(feeds: Database) -> None:
    openssl = deb("libssl3", "3.0.2-0ubuntu1.99+Fips1", "openssl")  # newer than the base fix by its number
    match = said(feeds, "ubuntu:22.04", openssl)["libssl3", ""]
    assert (match.verdict, match.rule) == (CveVerdict.UNKNOWN, "UBU-5")
    gnutls = said(feeds, "ubuntu:22.04", deb("libgnutls30", "3.7.3-4ubuntu1.4+Fips1", "gnutls28"))["libgnutls30", "CVE-2030-3"]
    assert gnutls.verdict is FIXABLE  # that pocket speaks of it itself


def test_ubu_6_signed_and_meta_packages_are_the_kernel(feeds: Database) -> None:
    signed = deb("linux-image-5.15.0-91-generic", "5.15.0-91.101", "linux-signed", "5.15.0-91.101")
    match = said(feeds, "ubuntu:22.04", signed, running="5.15.0-91-generic")["linux-image-5.15.0-91-generic", "CVE-2030-5"]
    assert (match.verdict, match.fixed) == (FIXABLE, "5.15.0-100.110")
    hwe = deb("linux-image-6.8.0-50-generic", "6.8.0-50.51~22.04.1", "linux-signed-hwe-6.8", "6.8.0-50.51~22.04.1")
    match = said(feeds, "ubuntu:22.04", hwe, running="6.8.0-50-generic")["linux-image-6.8.0-50-generic", "CVE-2030-5"]
    assert match.fixed == "6.8.0-60.63~22.04.1"


def test_ubu_7_what_will_not_be_fixed_vex_alone_tells(feeds: Database) -> None:
    curl = said(feeds, "ubuntu:22.04", deb("curl", "7.81.0-1ubuntu1.15"))
    assert (curl["curl", "CVE-2030-4"].verdict, curl["curl", "CVE-2030-4"].rule) == (NO_FIX, "UBU-7")
    assert curl["curl", "CVE-2030-4"].note.startswith("ignored")
    assert curl["curl", "CVE-2030-7"].verdict is NO_FIX  # no OSV record at all
    assert ("curl", "CVE-2030-8") not in curl
    openssl = said(feeds, "ubuntu:22.04", deb("libssl3", "3.0.2-0ubuntu1.15", "openssl"))["libssl3", "CVE-2030-6"]
    assert (openssl.verdict, openssl.note) == (SAFE, "only affects 3.1 and later")
