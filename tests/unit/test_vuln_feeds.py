"""Feeds as their publishers write them, and what becomes of a database that takes them."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from schouw.errors import DatabaseError, FeedError
from schouw.vulnerabilities import database as module
from schouw.vulnerabilities import overview
from schouw.vulnerabilities.build import Source, build
from schouw.vulnerabilities.database import Database, Record, Wanted
from schouw.vulnerabilities.feeds import by_name, recognise
from schouw.vulnerabilities.judge import Judge
from tests.unit.vulnerability_lab import (
    DAY,
    database,
    deb,
    erratum,
    inventory,
    judged,
    osv,
    taken,
    tarred,
    tracker,
    verdicts,
    vex,
    written,
    zipped,
)

KEV = {
    "title": "CISA Catalog of Known Exploited Vulnerabilities",
    "dateReleased": "2026-11-20T17:04:19Z",
    "vulnerabilities": [
        {"cveID": "CVE-2030-1", "dateAdded": "2026-11-02", "knownRansomwareCampaignUse": "Known", "dueDate": "2026-11-05"},
        {"cveID": "CVE-2030-2", "dateAdded": "2026-11-03", "knownRansomwareCampaignUse": "Unknown"},
    ],
}
EPSS = """#model_version:v2026.01.01,score_date:2026-11-22T00:00:00+0000
cve,epss,percentile
CVE-2030-1,0.93,0.998
CVE-2030-3,0.0004,0.1
"""
DEBIAN_RELEASES = """version,codename,series,created,release,eol,eol-lts,eol-elts
12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-07-11,2028-06-30,2033-06-30
13,Trixie,trixie,2023-06-10,2025-08-09,2028-08-09
"""
TRACKER = tracker(
    openssl={"CVE-2030-1": {"bookworm": "3.0.17-1"}, "CVE-2030-2": {"bookworm": "open"}}, zlib={"CVE-2030-3": {"bookworm": "1.3"}}
)


def cve_record(name: str, state: str = "PUBLISHED") -> dict[str, object]:
    """One of Vulnrichment's, whose words come in every case."""
    ssvc = {"options": [{"Exploitation": "none"}, {"Automatable": "YES"}, {"Technical Impact": "Total"}]}
    return {
        "dataType": "CVE_RECORD",
        "cveMetadata": {
            "cveId": name,
            "state": state,
            "datePublished": "2026-10-01T00:00:00Z",
            "dateUpdated": "2026-11-21T00:00:00Z",
        },
        "containers": {
            "cna": {"metrics": [{"cvssV3_1": {"vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}]},
            "adp": [
                {
                    "metrics": [
                        {"other": {"type": "kev", "content": {"dateAdded": "x"}}},
                        {"other": {"type": "ssvc", "content": ssvc}},
                    ]
                }
            ],
        },
    }


def files(folder: Path) -> dict[str, Path]:
    """One of each feed that is fetched."""
    return {
        "debian-tracker": written(folder / "json", TRACKER),
        "debian-osv": zipped(folder / "debian.zip", [osv("CVE-2030-1", "Debian:12", {"openssl": "3.0.17-1"})]),
        "ubuntu-osv": tarred(
            folder / "osv-all.tar.xz", [osv("UBUNTU-CVE-2030-1", "Ubuntu:22.04:LTS", {"openssl": "3.1"}, distro="jammy")]
        ),
        "ubuntu-vex": tarred(folder / "vex-all.tar.xz", [vex("CVE-2030-1", "not_affected", {"zlib": "jammy"})]),
        "almalinux-osv": zipped(folder / "alma.zip", [osv("ALSA-2030:1", "AlmaLinux:9", {"a": "1-1"}, related=["CVE-2030-1"])]),
        "rocky-osv": zipped(folder / "rocky.zip", [osv("RLSA-2030:1", "Rocky Linux:9", {"a": "1-1"}, upstream=["CVE-2030-1"])]),
        "almalinux-errata-9": written(
            folder / "errata", {"data": [erratum("ALSA-2030:1", ["CVE-2030-1"], [("a", "0:1-1.el9", "x86_64", "")], 9)]}
        ),
        "kev": written(folder / "kev.json", KEV),
        "vulnrichment": zipped(folder / "v.zip", [cve_record("CVE-2030-1"), cve_record("CVE-2030-9", "REJECTED")]),
        "epss": written(folder / "epss.csv.gz", EPSS),
        "debian-releases": written(folder / "debian.csv", DEBIAN_RELEASES),
    }


def test_a_file_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    for name, path in files(tmp_path).items():
        assert recognise(path).name == name


def test_errata_that_begin_with_a_long_one(tmp_path: Path) -> None:
    many = [(f"kernel-module-number-{n}", "0:4.18.0-553.el9_4", "x86_64", "") for n in range(1500)]
    path = written(tmp_path / "x", {"data": [erratum("ALSA-2030:1", ["CVE-2030-1"], many, 9)]})
    assert recognise(path).name == "almalinux-errata-9"


def test_each_feed_leaves_its_rows_its_date_and_its_hash(tmp_path: Path) -> None:
    paths = files(tmp_path)
    feeds = {row.name: row for row in overview.feeds(database(tmp_path, *paths.values()))}
    assert set(feeds) == set(paths)
    assert all(row.rows and len(row.sha256) == 64 and row.size and row.odd == 0 for row in feeds.values())
    assert feeds["epss"].date == date(2026, 11, 22) and feeds["kev"].date == date(2026, 11, 20)
    assert feeds["debian-osv"].date == date(2026, 11, 20) and feeds["debian-tracker"].date == DAY


def test_what_is_known_of_a_cve_comes_from_all_of_them(tmp_path: Path) -> None:
    found = database(tmp_path, *files(tmp_path).values())
    about = found.about(["CVE-2030-1", "CVE-2030-9", "CVE-2030-404"])
    one = about["CVE-2030-1"]
    assert one.exploited == date(2026, 11, 2) and one.ransomware and one.epss == 0.93 and one.cvss == 9.8
    assert one.automatable and one.total and about["CVE-2030-9"].rejected and "CVE-2030-404" not in about
    figures = overview.figures(found)
    assert (figures.known, figures.matchable) == (3, 3)  # a rejected one is not known
    assert overview.figures(found, ["debian:12"]).matchable == 3 and overview.figures(found, ["almalinux:9"]).matchable == 1
    assert found.ends("debian:12") == date(2028, 6, 30)


def test_a_rejected_cve_does_not_count(tmp_path: Path) -> None:
    data = written(tmp_path / "t.json", tracker(openssl={"CVE-2030-9": {"bookworm": "open"}}))
    found = database(tmp_path, data, zipped(tmp_path / "v.zip", [cve_record("CVE-2030-9", "REJECTED")]))
    match = verdicts(found, inventory("debian:12", deb("openssl", "3")))["openssl", "CVE-2030-9"]
    assert not match.verdict.vulnerable and "rejected" in match.note


def test_a_withdrawn_record_is_none(tmp_path: Path) -> None:
    records = [
        osv("CVE-2030-1", "Debian:12", {"a": "2"}),
        osv("CVE-2030-2", "Debian:12", {"a": "2"}, withdrawn="2026-11-01T00:00:00Z"),
    ]
    found = database(tmp_path, zipped(tmp_path / "osv.zip", records))
    assert {cve for _, cve in verdicts(found, inventory("debian:12", deb("a", "1")))} == {"CVE-2030-1"}


def test_the_better_feed_is_asked_unless_it_is_much_older(tmp_path: Path) -> None:
    tracked = written(tmp_path / "tracker.json", tracker(a={"CVE-2030-1": {"bookworm": "2"}}))
    record = osv("CVE-2030-1", "Debian:12", {"a": "3"})
    found = database(tmp_path, tracked, zipped(tmp_path / "osv.zip", [record]))
    assert verdicts(found, inventory("debian:12", deb("a", "1")))["a", "CVE-2030-1"].fixed == "2"
    record["modified"] = "2027-03-01T00:00:00Z"
    taken(tmp_path / "vulnerabilities.db", zipped(tmp_path / "osv.zip", [record]))
    assert verdicts(Database.open(found.path), inventory("debian:12", deb("a", "1")))["a", "CVE-2030-1"].fixed == "3"


def test_a_new_database_is_swapped_in_whole_and_readers_keep_theirs(tmp_path: Path) -> None:
    found = database(tmp_path, written(tmp_path / "t.json", tracker(a={"CVE-2030-1": {"bookworm": "2"}})))
    host = inventory("debian:12", deb("a", "1"))
    taken(found.path, written(tmp_path / "t.json", tracker(a={"CVE-2030-1": {"bookworm": "3"}})))
    assert found.replaced
    assert verdicts(found, host)["a", "CVE-2030-1"].fixed == "2"
    assert verdicts(Database.open(found.path), host)["a", "CVE-2030-1"].fixed == "3"
    assert sorted(path.name for path in tmp_path.glob(".vuln*")) == [".vulnerabilities.db.lock"]


def test_only_changed_names_are_judged_again(tmp_path: Path) -> None:
    first = tracker(
        a={"CVE-2030-1": {"bookworm": "2"}}, b={"CVE-2030-2": {"bookworm": "2"}}, c={"CVE-2030-3": {"bookworm": "open"}}
    )
    found = database(tmp_path, written(tmp_path / "t.json", first))
    judge = Judge(found)
    host = inventory("debian:12", deb("a", "1"), deb("b", "1"), deb("c", "1"))
    before = {one.name: one.matches for one in judge.host(host).judged}
    second = tracker(
        a={"CVE-2030-1": {"bookworm": "2"}}, b={"CVE-2030-2": {"bookworm": "3"}}, c={"CVE-2030-3": {"bookworm": "2"}}
    )
    taken(found.path, written(tmp_path / "t.json", second))
    changed = judge.refresh()
    assert changed is not None and changed.names == frozenset({("debian:12", "b"), ("debian:12", "c")})
    assert changed.concerns(host) and not changed.concerns(inventory("debian:12", deb("a", "1")))
    assert not changed.concerns(inventory("debian:13", deb("b", "1")))
    after = {one.name: one.matches for one in judge.host(host).judged}
    assert after["a"] is before["a"], "an unchanged package was judged anew"
    assert (after["b"][0].fixed, after["c"][0].fixed) == ("3", "2")
    again = judge.refresh()
    assert again is not None and again.names == frozenset()


def test_another_feed_for_a_release_judges_all_of_it_again(tmp_path: Path) -> None:
    found = database(tmp_path, zipped(tmp_path / "osv.zip", [osv("CVE-2030-1", "Debian:12", {"a": "2"})]))
    judge = Judge(found)
    judge.host(inventory("debian:12", deb("a", "1")))
    taken(found.path, written(tmp_path / "t.json", tracker(a={"CVE-2030-1": {"bookworm": "2"}})))
    assert judge.refresh() is None


def test_equal_packages_of_different_hosts_are_judged_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = database(tmp_path, written(tmp_path / "t.json", TRACKER))
    asked: list[str] = []
    ask = Database.records

    def counted(self: Database, platform: int, wanted: Mapping[str, Wanted]) -> dict[str, list[Record]]:
        asked.extend(wanted)
        return ask(self, platform, wanted)

    monkeypatch.setattr(Database, "records", counted)
    judge = Judge(found)
    for number in range(50):
        judge.host(inventory("debian:12", deb("libssl3", "3.0.11-1", "openssl"), deb("zlib1g", f"1.2-{number % 2}", "zlib")))
    assert sorted(asked) == ["openssl", "zlib", "zlib"]


def test_the_records_of_a_host_are_found_by_key_alone(tmp_path: Path) -> None:
    """SQLite without statistics of what is wanted would rather read the whole table."""
    found = database(tmp_path, written(tmp_path / "t.json", TRACKER))
    connection = sqlite3.connect(found.path)
    sql = module._RECORDS.format(values="(?, ?, ?), (?, ?, ?)", about="")
    plan = " / ".join(row[3] for row in connection.execute("explain query plan " + sql, ("a", b"", "", "b", b"", "", 1)))
    assert "SCAN fix" not in plan and "BLOOM" not in plan and "SEARCH fix USING PRIMARY KEY" in plan


def test_fewer_rows_than_before_are_refused_until_told_otherwise(tmp_path: Path) -> None:
    many = tracker(**{f"p{n}": {f"CVE-2030-{1000 + n}": {"bookworm": "2"}} for n in range(100)})
    few = dict(list(many.items())[:94])
    found = database(tmp_path, written(tmp_path / "t.json", many))
    (outcome,) = taken(found.path, written(tmp_path / "t.json", few))
    assert "94 rows, 6% fewer than the 100" in outcome.problem and "--allow-fewer" in outcome.problem
    assert not found.replaced
    assert not taken(found.path, written(tmp_path / "t.json", dict(list(many.items())[:95])))[0].problem
    assert not taken(found.path, written(tmp_path / "t.json", few), allow_fewer=True)[0].problem


def test_one_bad_feed_does_not_keep_the_others_out(tmp_path: Path) -> None:
    good, bad = written(tmp_path / "t.json", TRACKER), written(tmp_path / "kev.json", json.dumps(KEV)[:-40])
    outcomes = build(
        tmp_path / "v.db", [Source(by_name["kev"], bad, "x", DAY), Source(by_name["debian-tracker"], good, "y", DAY)]
    )
    assert [bool(outcome.problem) for outcome in outcomes] == [True, False]
    assert [row.name for row in overview.feeds(Database.open(tmp_path / "v.db"))] == ["debian-tracker"]


def test_two_builders_do_not_meet(tmp_path: Path) -> None:
    found = database(tmp_path, written(tmp_path / "t.json", TRACKER))

    def sources() -> Iterator[Source]:
        with pytest.raises(DatabaseError, match="another schouw is changing it"):
            build(found.path, [])
        yield from ()

    build(found.path, sources())


def test_a_host_of_8_000_packages_and_two_architectures(tmp_path: Path) -> None:
    found = database(
        tmp_path, written(tmp_path / "t.json", tracker(**{f"p{n}": {"CVE-2030-1": {"bookworm": "2"}} for n in range(8000)}))
    )
    both = [deb(f"p{n}", "1", arch=arch) for n in range(8000) for arch in ("amd64", "i386")]
    assessment = Judge(found).host(inventory("debian:12", *both))
    assert [one.packages for one in assessment.judged] == [(f"p{n}",) for n in range(8000)]


def test_data_grows_old(tmp_path: Path) -> None:
    (age,) = judged(database(tmp_path, written(tmp_path / "t.json", TRACKER)), inventory("debian:12", deb("openssl", "3"))).feeds
    assert not age.old(DAY) and age.old(DAY + timedelta(days=9))


def test_a_database_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="schouw db update"):
        Database.open(tmp_path / "none.db")
    for content in (b"", b"no database at all", os.urandom(9000)):
        (tmp_path / "v.db").write_bytes(content)
        with pytest.raises(DatabaseError, match="schouw db update"):
            Database.open(tmp_path / "v.db")
    taken(tmp_path / "v.db", written(tmp_path / "t.json", TRACKER))  # and building one replaces it
    assert overview.figures(Database.open(tmp_path / "v.db")).rows == 3


def test_a_damaged_database_says_what_to_do(tmp_path: Path) -> None:
    found = database(tmp_path, written(tmp_path / "t.json", TRACKER))
    size = found.path.stat().st_size
    with found.path.open("r+b") as file:
        file.seek(8192)
        file.write(os.urandom(size - 8192))
    with pytest.raises(DatabaseError, match="damaged"):
        verdicts(Database.open(found.path), inventory("debian:12", deb("openssl", "1")))


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseError, match="cannot be written"):
        taken(tmp_path / "file" / "v.db", written(tmp_path / "t.json", TRACKER))


def test_a_feed_that_nobody_knows(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="no feed that schouw knows"):
        recognise(written(tmp_path / "x.json", {"hello": 1}))


def test_fetched_is_when_it_came(tmp_path: Path) -> None:
    taken(tmp_path / "v.db", written(tmp_path / "t.json", TRACKER), now=datetime(2026, 11, 24, 12, tzinfo=UTC))
    assert overview.feeds(Database.open(tmp_path / "v.db"))[0].fetched == "2026-11-24T12:00:00+00:00"
