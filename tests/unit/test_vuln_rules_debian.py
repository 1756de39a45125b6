"""Debian's rules, each with a fact that comes out otherwise without it."""

from __future__ import annotations

from pathlib import Path

import pytest

from schouw.collect.base import Rows
from schouw.collect.packages import COLLECTOR
from schouw.model.vulnerability import CveVerdict, Match
from schouw.vulnerabilities.database import Database
from tests.unit.vulnerability_lab import database, deb, inventory, judged, osv, tracker, verdicts, written, zipped

FIXABLE, NO_FIX, SAFE = CveVerdict.FIXABLE, CveVerdict.NO_FIX, CveVerdict.NOT_AFFECTED
UNKNOWN, SUPPRESSED = CveVerdict.UNKNOWN, CveVerdict.SUPPRESSED

APACHE = ("CVE-2006-20001", "CVE-2022-36760", "CVE-2022-37436", "CVE-2023-25690", "CVE-2023-27522")

TRACKER = tracker(
    apache2={cve: {"bullseye": "2.4.56-1~deb11u1", "sid": "2.4.56-1"} for cve in APACHE},
    xz_utils={"CVE-2024-3094": {"bookworm": "0", "sid": "5.6.1+really5.4.5-1"}},
    zlib={
        "CVE-2023-45853": {
            "bookworm": {"status": "open", "urgency": "not yet assigned", "nodsa": "Contrib module", "nodsa_reason": "ignored"},
            "sid": "1:1.3.dfsg-2",
        }
    },
    bzip2={"CVE-2030-1001": {"bookworm": "1.0.8-5"}},
    lvm2={"CVE-2030-1002": {"bookworm": "2.03.16-3"}},
    gcc_defaults={"CVE-2030-1003": {"bookworm": "1.204"}},
    nodejs={"CVE-2023-46809": {"bookworm": "open", "sid": "18.19.1+dfsg-1"}},
    curl={"CVE-2030-1004": {"bookworm": {"status": "undetermined"}}},
    git={"CVE-2030-1005": {"bookworm": {"status": "open", "urgency": "unimportant"}, "sid": "open"}},
    sudo={"CVE-2030-1006": {"bookworm": "open", "sid": "open"}},
    samba={"CVE-2030-1007": {"bookworm": {"status": "open", "urgency": "end-of-life"}}},
    nginx={"CVE-2030-1008": {"bookworm": "1.26.0-1~bpo12+9", "trixie": "1.26.0-1", "sid": "1.26.0-1"}},
    dav1d={
        "CVE-2023-32570": {
            "bookworm": {"status": "open", "repositories": {"bookworm": "1.2.1-2", "bookworm-security": "1.0.0-2+deb12u1"}},
            "sid": "1.2.1-1",
        }
    },
)


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> Database:
    folder = tmp_path_factory.mktemp("debian")
    notices = zipped(
        folder / "osv.zip",
        [
            osv("DSA-5376-1", "Debian:11", {"apache2": "2.4.56-1~deb11u1"}, related=list(APACHE)),
            osv("CVE-2023-25690", "Debian:11", {"apache2": "2.4.56-1~deb11u1"}),
        ],
    )
    return database(folder, written(folder / "tracker.json", TRACKER), notices)


def said(feeds: Database, release: str, *packages: object, **more: object) -> dict[tuple[str, str], Match]:
    return verdicts(feeds, inventory(release, *packages, **more))  # type: ignore[arg-type]


def test_apache_on_bullseye_and_its_advisory(feeds: Database) -> None:
    """DEB-7, and the evidence: installed, fixed in, by which advisory, which rule."""
    before = said(feeds, "debian:11", deb("apache2", "2.4.54-1~deb11u1"))
    assert {cve for (_, cve), match in before.items() if match.verdict is FIXABLE} == set(APACHE)
    match = before["apache2", "CVE-2023-25690"]
    assert (match.fixed, match.advisory, match.rule) == ("2.4.56-1~deb11u1", "DSA-5376-1", "DEB-7")
    after = said(feeds, "debian:11", deb("apache2", "2.4.56-1~deb11u1"))
    assert {match.verdict for match in after.values()} == {SAFE}


def test_deb_1_removed_packages_do_not_count_and_half_installed_ones_do() -> None:
    rows = "manager\tdpkg\nstate\trc \told\nstate\tiU \tcurl\ndeb\tcurl\t7.88.1-10\tamd64"
    packages = COLLECTOR.parse(Rows(rows)).result
    assert packages is not None
    assert [package.name for package in packages.packages] == ["curl"] and packages.broken == ("curl",)


def test_deb_2_the_source_and_its_version_are_compared(feeds: Database) -> None:
    dmsetup = deb("dmsetup", "2:1.02.185-2", "lvm2", "2.03.16-2")  # by its own version it would pass for newer
    gcc = deb("gcc", "4:12.2.0-3", "gcc-defaults", "1.203")
    found = said(feeds, "debian:12", dmsetup, gcc)
    assert found["dmsetup", "CVE-2030-1002"].verdict is FIXABLE
    assert found["gcc", "CVE-2030-1003"].verdict is FIXABLE


def test_deb_3_a_rebuild_is_no_new_version(feeds: Database) -> None:
    tool = deb("nodejs", "18.19.0+dfsg-6~deb12u2+b1")  # a list without sources
    (one,) = judged(feeds, inventory("debian:12", tool)).judged
    assert one.version == "18.19.0+dfsg-6~deb12u2"
    bzip2 = deb("bzip2", "1.0.8-5+b1", "bzip2", "1.0.8-5")
    assert said(feeds, "debian:12", bzip2)["bzip2", "CVE-2030-1001"].verdict is SAFE


def test_deb_4_epochs_and_tildes_count_as_dpkg_has_them(feeds: Database) -> None:
    assert said(feeds, "debian:11", deb("apache2", "0:2.4.56-1~deb11u1"))["apache2", APACHE[0]].verdict is SAFE
    assert said(feeds, "debian:11", deb("apache2", "2.4.56-1~deb11u1~"))["apache2", APACHE[0]].verdict is FIXABLE
    nonsense = said(feeds, "debian:11", deb("apache2", "never:1"))["apache2", ""]
    assert (nonsense.verdict, nonsense.rule) == (UNKNOWN, "DEB-4")


def test_deb_5_fields_left_out_and_fields_never_heard_of(tmp_path: Path) -> None:
    entry = {"description": "x", "debianbug": 1, "new": [], "releases": {"bookworm": {"status": "open", "surprise": {}}}}
    feeds = database(tmp_path, written(tmp_path / "tracker.json", {"a": {"TEMP-0000000-ABCDEF": entry, "CVE-2030-1": entry}}))
    assert {cve for _, cve in said(feeds, "debian:12", deb("a", "1"))} == {"TEMP-0000000-ABCDEF", "CVE-2030-1"}


def test_deb_6_never_affected_is_an_explicit_no(feeds: Database) -> None:
    match = said(feeds, "debian:12", deb("liblzma5", "5.4.1-0.2", "xz-utils"))["liblzma5", "CVE-2024-3094"]
    assert (match.verdict, match.rule) == (SAFE, "DEB-6")


def test_deb_7_resolved_speaks_of_the_archive_not_of_the_host(feeds: Database) -> None:
    match = said(feeds, "debian:12", deb("bzip2", "1.0.8-4"))["bzip2", "CVE-2030-1001"]
    assert (match.verdict, match.fixed) == (FIXABLE, "1.0.8-5")


def test_deb_8_open_has_no_fix(feeds: Database) -> None:
    match = said(feeds, "debian:12", deb("sudo", "99"))["sudo", "CVE-2030-1006"]
    assert (match.verdict, match.rule, match.fixed) == (NO_FIX, "DEB-8", "")


def test_deb_9_undetermined_is_unknown(feeds: Database) -> None:
    match = said(feeds, "debian:12", deb("curl", "7.88.1-10"))["curl", "CVE-2030-1004"]
    assert (match.verdict, match.rule) == (UNKNOWN, "DEB-9")


def test_deb_10_as_new_as_what_sid_has_fixed(feeds: Database) -> None:
    newer = said(feeds, "debian:12", deb("nodejs", "18.20.4+dfsg-1"))["nodejs", "CVE-2023-46809"]
    assert (newer.verdict, newer.rule) == (SAFE, "DEB-10")
    older = said(feeds, "debian:12", deb("nodejs", "18.13.0+dfsg1-1"))["nodejs", "CVE-2023-46809"]
    assert (older.verdict, older.rule) == (NO_FIX, "DEB-8") and "sid" in older.note


def test_deb_10_but_not_for_somebody_elses_build(feeds: Database) -> None:
    theirs = deb("nodejs", "20.11.0-1nodesource1")
    match = said(feeds, "debian:12", theirs, foreign={"nodejs": "https://deb.nodesource.com"})["nodejs", "CVE-2023-46809"]
    assert (match.verdict, match.rule) == (UNKNOWN, "ORG-3")


def test_deb_11_a_backport_is_judged_by_the_release_that_it_comes_from(feeds: Database) -> None:
    match = said(feeds, "debian:12", deb("nginx", "1.26.0-1~bpo12+1"))["nginx", "CVE-2030-1008"]
    assert match.verdict is SAFE and "debian:13" in match.note
    older = said(feeds, "debian:12", deb("nginx", "1.24.0-1~bpo12+1"))["nginx", "CVE-2030-1008"]
    assert (older.verdict, older.fixed) == (FIXABLE, "1.26.0-1")
    ahead = said(feeds, "debian:13", deb("nginx", "1.26.0-1~bpo13+1"))["nginx", ""]  # nobody here speaks of debian:14
    assert (ahead.verdict, ahead.rule) == (UNKNOWN, "DEB-11")


def test_deb_12_unimportant_is_suppressed_and_counted(feeds: Database) -> None:
    match = said(feeds, "debian:12", deb("git", "1:2.39.2-1"))["git", "CVE-2030-1005"]
    assert (match.verdict, match.rule) == (SUPPRESSED, "DEB-12")


def test_deb_12_end_of_life_has_no_fix_and_says_why(feeds: Database) -> None:
    match = said(feeds, "debian:12", deb("samba", "2:4.17.12"))["samba", "CVE-2030-1007"]
    assert (match.verdict, match.rule) == (NO_FIX, "DEB-12") and "support has ended" in match.note


def test_deb_13_the_trackers_own_reason(feeds: Database) -> None:
    match = said(feeds, "debian:12", deb("zlib1g", "1:1.2.13.dfsg-1", "zlib"))["zlib1g", "CVE-2023-45853"]
    assert (match.verdict, match.rule, match.note) == (NO_FIX, "DEB-13", "ignored: Contrib module")


def test_deb_14_the_archive_has_caught_up_before_the_tracker(feeds: Database) -> None:
    match = said(feeds, "debian:12", deb("libdav1d6", "1.0.0-2+deb12u1", "dav1d"))["libdav1d6", "CVE-2023-32570"]
    assert (match.verdict, match.rule, match.fixed) == (FIXABLE, "DEB-14", "1.2.1-1")


def test_deb_15_a_release_that_no_feed_covers_is_unknown_never_zero(feeds: Database) -> None:
    found = judged(feeds, inventory("debian:10", deb("apache2", "2.4.38-3"), deb("zlib1g", "1:1.2.11", "zlib")))
    assert "debian:10" in found.gap and "2024-06-30" in found.gap
    assert [match.verdict for one in found.judged for match in one.matches] == [UNKNOWN, UNKNOWN]


def test_deb_16_a_package_that_debian_no_longer_looks_after(tmp_path: Path) -> None:
    ended = """# List of packages whose security support ends before the distribution EOL
# 1. source package name
mbedtls         2.16.9-0.1+deb11u4      2026-06-12      Crypto library difficult to support in the long term
php-horde.*\t0\t2025-03-22
nonsense
"""
    feeds = database(tmp_path, written(tmp_path / "t.json", TRACKER), written(tmp_path / "security-support-ended.deb12", ended))
    host = inventory("debian:12", deb("libmbedcrypto7", "2.28.3-1", "mbedtls"), deb("php-horde-imp", "6"), deb("bash", "5"))
    found = verdicts(feeds, host)
    assert {name: match.rule for (name, _), match in found.items()} == {"libmbedcrypto7": "DEB-16", "php-horde-imp": "DEB-16"}
    match = found["libmbedcrypto7", ""]
    assert match.verdict is UNKNOWN and "2026-06-12: Crypto library" in match.note
    assert verdicts(feeds, inventory("debian:13", deb("libmbedcrypto7", "2.28.3-1", "mbedtls"))) == {}


def test_advisories_alone_do_not_cover_a_release(tmp_path: Path) -> None:
    """A DSA tells what was fixed, never what is open."""
    feeds = database(
        tmp_path,
        zipped(tmp_path / "osv.zip", [osv("DSA-5321-1", "Debian:11", {"sudo": "1.9.5p2-3+deb11u1"}, related=["CVE-2023-22809"])]),
    )
    assert judged(feeds, inventory("debian:11", deb("sudo", "1.9.5p2-3"))).gap


def test_remnants_of_a_release_do_not_cover_it(tmp_path: Path) -> None:
    """osv.dev still has some hundred rows of Debian 10; a host judged by them would look well."""
    records = [osv(f"CVE-2030-{n}", "Debian:12", {"a": "2"}) for n in range(1000, 1060)]
    feeds = database(tmp_path, zipped(tmp_path / "osv.zip", [*records, osv("CVE-2030-2000", "Debian:10", {"a": "2"})]))
    assert judged(feeds, inventory("debian:10", deb("a", "1"))).gap
    assert not judged(feeds, inventory("debian:12", deb("a", "1"))).gap


def test_plain_is_debsecans_algorithm(feeds: Database) -> None:
    """No backport, origin or kernel rules; what sid has fixed and what is unimportant stay."""
    host = inventory(
        "debian:12", deb("nodejs", "20.11.0-1nodesource1"), deb("git", "1:2.39.2-1"), deb("nginx", "1.26.0-1~bpo12+1")
    )
    found = {cve: match.rule for (_, cve), match in verdicts(feeds, host, plain=True).items()}
    assert found == {"CVE-2023-46809": "DEB-10", "CVE-2030-1005": "DEB-12", "CVE-2030-1008": "DEB-7"}
    assert verdicts(feeds, host, plain=True)["nginx", "CVE-2030-1008"].verdict is FIXABLE
