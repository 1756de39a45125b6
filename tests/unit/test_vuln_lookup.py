"""A CVE or a package over a fleet, from stored facts: who has it, who has not and why, and who cannot be told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from schouw.errors import DatabaseError
from schouw.model.attempt import not_checked, seen
from schouw.model.facts import Facts, Kernel, Origins, Package, Packages, System
from schouw.model.vulnerability import Assessment
from schouw.vulnerabilities.answers import CveAnswer, Row, Standing
from schouw.vulnerabilities.inventory import Inventory
from schouw.vulnerabilities.judge import Judge
from schouw.vulnerabilities.lookup import Lookup
from tests.unit.facts import facts, inside
from tests.unit.vulnerability_lab import DAY, deb, erratum, rpm, taken, tracker, written

TRACKER = tracker(
    openssl={
        "CVE-2030-1001": {"bookworm": "3.0.15-1", "trixie": "3.5.1-1"},
        "CVE-2030-1002": {"bookworm": "3.0.17-1"},
        "CVE-2030-1003": {"bookworm": "open"},
        "CVE-2020-1004": {"bookworm": "0"},
        "CVE-2020-1005": {"bullseye": "1.1"},
    },
    linux={"CVE-2030-1000": {"bookworm": "6.1.119-1"}, "CVE-2030-2000": {"bookworm": "6.1.110-1"}},
    zlib={"CVE-2023-45853": {"bookworm": {"status": "open", "nodsa": "contrib/minizip", "nodsa_reason": "ignored"}}},
)
LOOKED = datetime(2026, 11, 24, 12, tzinfo=UTC)
KERNELS = tuple(
    deb(f"linux-image-6.1.0-{abi}-amd64", f"6.1.{version}-1", "linux-signed-amd64", f"6.1.{version}+1")
    for abi, version in ((27, 115), (31, 128))
)
OLD, NEWER, NEWEST = (deb("libssl3", f"3.0.{patch}-1", "openssl") for patch in (11, 15, 17))


def look(*packages: Package, running: str = "6.1.0-27-amd64", **more: object) -> Facts:
    return facts(inside(packages=Packages("dpkg", packages), kernel=Kernel(running), **more))


def alma(*packages: Package) -> Facts:
    return facts(
        inside(
            system=System("almalinux", "8.10", "AlmaLinux 8.10", "", ("rhel",), "x86_64"),
            packages=Packages("rpm", packages),
            kernel=Kernel("4.18.0-553.el8.x86_64"),
        )
    )


class Fleet:
    """Hosts, and how often they were read."""

    def __init__(self, folder: Path, hosts: Mapping[str, Facts]) -> None:
        self.hosts = dict(hosts)
        self.read: list[str] = []
        self.looked: dict[str, datetime | None] = dict.fromkeys(hosts, LOOKED)
        self.path = folder / "vulnerabilities.db"
        written(folder / "tracker.json", TRACKER)
        squid = erratum("ALSA-2030:1", ["CVE-2030-3000"], [("squid", "7:4.15-1.el8", "x86_64", "")])
        written(folder / "errata.json", {"data": [squid]})
        taken(self.path, folder / "tracker.json", folder / "errata.json")
        self.lookup = Lookup(self.path, self._facts)

    def _facts(self, name: str, sections: Collection[str]) -> Facts | None:
        assert "packages" in sections
        self.read.append(name)
        return self.hosts.get(name)

    def cve(self, name: str) -> CveAnswer:
        return self.lookup.cve(name, self.looked)


def by_host(answer: CveAnswer) -> dict[str, Row]:
    """What decides on each host."""
    return {row.host: row for row in reversed(answer.rows)}


def test_who_has_it_and_who_has_not(tmp_path: Path) -> None:
    foreign = look(OLD, origins=Origins((), (("libssl3", "Example"),)))
    made = Fleet(tmp_path, {"old": look(OLD), "new": look(NEWER), "none": look(deb("bash", "5")), "foreign": foreign})
    made.looked["never"] = None
    answer = made.cve("CVE-2030-1001")
    rows = by_host(answer)
    assert {host: row.standing for host, row in rows.items()} == {
        "old": Standing.AFFECTED,
        "new": Standing.FINE,
        "none": Standing.FINE,
        "foreign": Standing.UNKNOWN,
        "never": Standing.UNKNOWN,
    }
    assert (rows["old"].installed, rows["old"].fixed, rows["old"].rule) == ("3.0.11-1", "3.0.15-1", "DEB-7")
    assert rows["none"].note == "not installed: openssl"
    assert rows["foreign"].rule == "ORG-3" and rows["never"].note == "never scanned"
    assert answer.counts[Standing.AFFECTED] == 1 and answer.rows[0].host == "old"
    assert by_host(made.cve("CVE-2020-1004"))["old"].rule == "DEB-6"
    ignored = by_host(Fleet(tmp_path, {"a": look(deb("zlib1g", "1:1.2.13", "zlib"))}).cve("CVE-2023-45853"))["a"]
    assert ignored.standing is Standing.NO_FIX and "ignored" in ignored.note


def test_who_is_still_to_reboot(tmp_path: Path) -> None:
    headers = deb("linux-libc-dev", "6.1.115-1", "linux")
    made = Fleet(
        tmp_path,
        {
            "due": look(*KERNELS, headers),
            "done": look(*KERNELS, headers, running="6.1.0-31-amd64"),
            "behind": look(KERNELS[0], headers),
            "own": look(headers, running="6.12.1-hoster"),
        },
    )
    rows = by_host(made.cve("CVE-2030-1000"))
    assert {host: row.standing for host, row in rows.items()} == {
        "behind": Standing.AFFECTED,
        "due": Standing.REBOOT,
        "done": Standing.FINE,  # whatever is left of the old one
        "own": Standing.ASIDE,
    }
    assert rows["own"].rule == "KRN-3"
    assert {row.standing for row in made.cve("CVE-2030-2000").rows} == {Standing.FINE}


def test_silence_is_not_always_a_no(tmp_path: Path) -> None:
    made = Fleet(tmp_path, {"deb": look(OLD), "rpm": alma(rpm("squid", "7:4.11-3.el8")), "dead": _dead()})
    unknown = by_host(made.cve("CVE-2019-9999"))
    assert {row.standing for row in unknown.values()} == {Standing.UNKNOWN}
    assert unknown["deb"].note == "no feed here knows this CVE"
    named = by_host(made.cve("CVE-2030-3000"))
    assert named["rpm"].standing is Standing.AFFECTED and named["rpm"].advisory == "ALSA-2030:1"
    assert named["deb"].standing is Standing.UNKNOWN and "may be before this CVE" in named["deb"].note
    elsewhere = by_host(made.cve("CVE-2020-1004"))
    made.hosts["eleven"] = look(OLD, system=System("debian", "11", "Debian 11", "bullseye", (), "x86_64"))
    made.looked["eleven"] = LOOKED
    assert "names no package of debian:11 with it" in by_host(made.cve("CVE-2020-1004"))["eleven"].note
    assert elsewhere["rpm"].rule == "RPM-7" and elsewhere["rpm"].standing is Standing.UNKNOWN
    assert elsewhere["dead"].standing is Standing.UNKNOWN and "no feed covers debian:8" in elsewhere["dead"].note


def _dead() -> Facts:
    return facts(
        inside(
            system=System("debian", "8", "Debian 8", "jessie", (), "x86_64"),
            packages=Packages("dpkg", (OLD,)),
            kernel=Kernel("3"),
        )
    )


def test_a_package_list_that_was_seen_in_part_proves_nothing(tmp_path: Path) -> None:
    whole = look(deb("bash", "5"))
    assert whole.inside.result is not None
    part = replace(whole.inside.result, packages=seen(Packages("dpkg", (deb("bash", "5"),)), "the list was cut off"))
    made = Fleet(tmp_path, {"part": replace(whole, inside=seen(part)), "shut": replace(whole, inside=not_checked("no answer"))})
    rows = by_host(made.cve("CVE-2030-1001"))
    assert rows["part"].standing is Standing.UNKNOWN and rows["part"].note == "the list was cut off"
    assert rows["shut"].standing is Standing.UNKNOWN and rows["shut"].note == "no answer"


def test_a_package_over_the_fleet(tmp_path: Path) -> None:
    tool = deb("openssl", "3.0.11-1")
    made = Fleet(tmp_path, {"a": look(OLD, tool), "b": look(OLD), "c": look(NEWEST), "d": look(deb("bash", "5"))})
    made.looked["never"] = None
    for name in ("openssl", "libssl3"):
        answer = made.lookup.package(name, made.looked)
        old, new = answer.installed
        assert (old.version, old.hosts, old.packages) == ("3.0.11-1", ("a", "b"), ("libssl3", "openssl"))
        assert (old.fixed, old.fixable, old.unfixed) == ("3.0.17-1", 2, 1)
        assert set(old.open) == {"CVE-2030-1001", "CVE-2030-1002", "CVE-2030-1003"}
        assert (new.version, new.hosts, set(new.open), new.fixed) == ("3.0.17-1", ("c",), {"CVE-2030-1003"}, "")
        assert answer.without == 1 and answer.unseen == {"never": "never scanned"}


def test_the_kernel_as_a_package(tmp_path: Path) -> None:
    made = Fleet(tmp_path, {"a": look(*KERNELS, deb("linux-libc-dev", "6.1.115-1", "linux"))})
    versions = {(one.packages, one.version): one for one in made.lookup.package("linux", made.looked).installed}
    assert versions[("linux-image-6.1.0-27-amd64", "linux-libc-dev"), "6.1.115-1"].fixable == 1
    assert versions[("linux-image-6.1.0-31-amd64",), "6.1.128-1"].open == {}


def test_names_like_one_that_is_not_installed(tmp_path: Path) -> None:
    made = Fleet(tmp_path, {"a": look(OLD)})
    answer = made.lookup.package("opensll", made.looked)
    assert answer.installed == () and "openssl" in answer.near and answer.without == 1


def test_equal_hosts_are_judged_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[Inventory] = []
    once = Judge.host

    def counted(self: Judge, one: Inventory) -> Assessment:
        judged.append(one)
        return once(self, one)

    monkeypatch.setattr(Judge, "host", counted)
    others = [deb(f"other{number}", "1") for number in range(30)]
    made = Fleet(tmp_path, {f"h{number}": look(OLD if number % 2 else NEWER, others[number]) for number in range(30)})
    assert made.cve("CVE-2030-1001").counts == {Standing.AFFECTED: 15, Standing.FINE: 15}
    assert len(judged) == 2


def test_what_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    made = Fleet(tmp_path, {"a": look(OLD), "b": look(OLD)})
    made.cve("CVE-2030-1001")
    made.hosts["a"], made.looked["a"] = look(NEWER), LOOKED + timedelta(minutes=1)
    assert by_host(made.cve("CVE-2030-1001"))["a"].standing is Standing.FINE
    assert made.read == ["a", "b", "a"]


def test_another_database_answers_the_next_question(tmp_path: Path) -> None:
    made = Fleet(tmp_path, {"a": look(NEWER)})
    assert by_host(made.cve("CVE-2030-1001"))["a"].standing is Standing.FINE
    written(tmp_path / "tracker.json", tracker(openssl={"CVE-2030-1001": {"bookworm": "3.0.16-1"}}))
    taken(made.path, tmp_path / "tracker.json", allow_fewer=True)
    assert by_host(made.cve("CVE-2030-1001"))["a"].standing is Standing.AFFECTED
    made.path.unlink()
    with pytest.raises(DatabaseError, match="schouw db update"):
        Lookup(made.path, made._facts).cve("CVE-2030-1001", made.looked)


def test_how_much_is_known_and_how_old(tmp_path: Path) -> None:
    made = Fleet(tmp_path, {})
    known = made.lookup.known(["debian:12", "debian:12", "debian:8"])
    assert (known.known, known.matchable, known.as_of) == (9, 7, DAY)
    debian8, debian12 = sorted(known.platforms, key=lambda one: one.hosts)
    assert "no feed covers debian:8" in debian8.gap and debian12.hosts == 2
    assert debian12.as_of == DAY and not debian12.old(DAY) and debian12.old(date(2027, 3, 1))
