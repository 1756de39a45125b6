"""Feeds that are broken, empty, hostile or just odd: a clear sentence, the old rows kept, the rest goes on."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import resource
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schouw.errors import FeedError
from schouw.vulnerabilities import overview
from schouw.vulnerabilities.build import Outcome, Source, build
from schouw.vulnerabilities.database import Database
from schouw.vulnerabilities.feeds import FEEDS, by_name, recognise
from schouw.vulnerabilities.judge import Judge
from schouw.vulnerabilities.reading import Limits, members, unpacked
from tests.unit.vulnerability_lab import DAY, database, deb, erratum, inventory, osv, taken, tracker, verdicts, written, zipped

GOOD = tracker(openssl={"CVE-2030-1": {"bookworm": "3.0.17-1"}}, zlib={"CVE-2030-2": {"bookworm": "open"}})
TIGHT = Limits(total=40 << 20, member=1 << 20, members=50, ratio=100, nesting=1000)


@pytest.fixture
def feeds(tmp_path: Path) -> Database:
    return database(tmp_path, written(tmp_path / "good.json", GOOD))


def given_file(feeds: Database, path: Path, feed: str = "debian-tracker", **more: Any) -> Outcome:
    """What a file leads to that claims to be this feed; the old rows have to stay where it is refused."""
    before = feeds.path.read_bytes()
    (outcome,) = build(feeds.path, [Source(by_name[feed], path, str(path), DAY)], **more)
    assert not outcome.problem or feeds.path.read_bytes() == before
    return outcome


def test_a_web_page(feeds: Database, tmp_path: Path) -> None:
    page = written(tmp_path / "page", "<!DOCTYPE html><html><body>Please log in</body></html>")
    assert "is not the JSON" in given_file(feeds, page).problem
    with pytest.raises(FeedError, match="it is a web page, not data"):
        recognise(page)


@pytest.mark.parametrize("content", ["", "   ", "{}", "[]", "null", '"text"', "42"])
def test_nothing(feeds: Database, tmp_path: Path, content: str) -> None:
    assert given_file(feeds, written(tmp_path / "x", content)).problem


def test_a_truncated_gzip(feeds: Database, tmp_path: Path) -> None:
    whole = written(tmp_path / "x.gz", tracker(**{f"p{n}": {f"CVE-2030-{n}000": {"bookworm": f"{n}"}} for n in range(2000)}))
    whole.write_bytes(whole.read_bytes()[:-200])
    assert "damaged or was cut off" in given_file(feeds, whole).problem


def test_json_that_ends_early(feeds: Database, tmp_path: Path) -> None:
    assert given_file(feeds, written(tmp_path / "x", json.dumps(GOOD)[:-30])).problem


def test_a_truncated_archive(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", [osv(f"CVE-2030-{n}000", "Debian:12", {"a": "2"}) for n in range(50)])
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(FeedError, match="damaged"):
        recognise(path)
    tar = tmp_path / "x.tar.xz"
    tar.write_bytes(lzma.compress(b"\0" * 262144)[:-20])
    with pytest.raises(FeedError):
        recognise(tar)


def test_a_zip_bomb_is_refused_by_its_index(feeds: Database, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(12):
            archive.writestr(f"CVE-2030-{number}000.json", b" " * (4 << 20))
    assert "refused as a bomb" in given_file(feeds, bomb, "debian-osv").problem


def test_a_gzip_bomb_costs_no_memory(feeds: Database, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.gz"
    with gzip.open(bomb, "wb") as file:
        file.write(b'{"a": "')
        for _ in range(100):
            file.write(b"x" * (1 << 20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "refused as a bomb" in given_file(feeds, bomb).problem
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 120 << 10


def test_an_archive_whose_index_lies(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", [osv("CVE-2030-1", "Debian:12", {"a": "2"}, details="x" * (2 << 20))])
    with pytest.raises(FeedError, match="larger than 1 MiB"):
        list(members(path, TIGHT))


def test_an_archive_of_countless_files(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        for number in range(60):
            archive.addfile(tarfile.TarInfo(f"{number}.json"), io.BytesIO())
    with pytest.raises(FeedError, match="more than 50 files"):
        list(members(path, TIGHT))


def test_names_in_archives_are_never_paths(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../outside.json", json.dumps(osv("CVE-2030-1", "Debian:12", {"a": "2"})))
    database(tmp_path, path)
    assert not (tmp_path.parent / "outside.json").exists()


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000, '{"a": {"CVE-2030-1": ' + "[" * 200_000])
def test_deep_nesting(feeds: Database, tmp_path: Path, text: str) -> None:
    assert "nests brackets" in given_file(feeds, written(tmp_path / "x", text)).problem


def test_deep_nesting_in_one_record_of_many(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", [osv(f"CVE-2030-{n}000", "Debian:12", {"a": "2"}) for n in range(1, 60)])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("deep.json", '{"id": "CVE-2030-99000", "affected": ' + "[" * 100_000 + "]" * 100_000 + "}")
    (outcome,) = taken(tmp_path / "v.db", path)
    assert (outcome.problem, outcome.odd) == ("", 1)


def test_wrong_types_and_unknown_fields_are_left_out_and_counted(tmp_path: Path) -> None:
    fine = {"releases": {"bookworm": {"status": "open"}}, "extra": {"deep": [1, 2]}}
    records: dict[str, object] = {f"CVE-2030-{n}000": fine for n in range(1, 200)}
    odd: dict[str, object] = {
        "CVE-2030-1": 42,
        "CVE-2030-2": {"releases": []},
        "CVE-2030-3": {"releases": {"bookworm": {"status": 7}}},
        "CVE-2030-4": {"releases": {"bookworm": {"status": "surprise"}}},
        "; drop table": fine,
    }
    packages = {"a": records | odd, "b": "no object", "c\x1b[31m": {"CVE-2030-9": fine}}
    (outcome,) = taken(tmp_path / "v.db", written(tmp_path / "t.json", packages))
    assert (outcome.problem, outcome.rows, outcome.odd) == ("", 199, 6)


def test_releases_without_end_are_refused(feeds: Database, tmp_path: Path) -> None:
    endless = {f"r{n}": {"status": "open"} for n in range(600)}
    assert "500 releases" in given_file(feeds, written(tmp_path / "t.json", {"a": {"CVE-2030-1": {"releases": endless}}})).problem


def test_a_feed_that_is_mostly_nonsense_is_refused(feeds: Database, tmp_path: Path) -> None:
    records: dict[str, object] = {f"CVE-2030-{n}000": 1 for n in range(1, 60)} | {
        "CVE-2030-1": {"releases": {"bookworm": {"status": "open"}}}
    }
    assert "59 of its 60 records make no sense" in given_file(feeds, written(tmp_path / "t.json", {"a": records})).problem


def test_duplicates_are_taken_at_their_worst(tmp_path: Path) -> None:
    text = '{"a": {"CVE-2030-1": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "2"}}}}, '
    text += '"a": {"CVE-2030-1": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "3"}}}}}'
    feeds = database(tmp_path, written(tmp_path / "t.json", text))
    assert verdicts(feeds, inventory("debian:12", deb("a", "2")))["a", "CVE-2030-1"].verdict.vulnerable


def test_versions_that_do_not_parse_make_the_verdict_unknown(tmp_path: Path) -> None:
    feeds = database(tmp_path, written(tmp_path / "t.json", tracker(a={"CVE-2030-1": {"bookworm": "what: ever"}})))
    match = verdicts(feeds, inventory("debian:12", deb("a", "2")))["a", "CVE-2030-1"]
    assert match.verdict.value == "unknown" and "makes no sense" in match.note


def test_a_cve_in_100_000_rows(tmp_path: Path) -> None:
    fixed = {f"package-{n}": "2" for n in range(100_000)}
    record = osv("ALSA-2030:1", "AlmaLinux:9", {f"package-{n}": "2-1" for n in range(100_000)}, related=["CVE-2030-1"])
    feeds = database(tmp_path, zipped(tmp_path / "x.zip", [record]))
    assert overview.figures(feeds).rows == len(fixed) and overview.figures(feeds).matchable == 1
    assert len(feeds.names("CVE-2030-1")) == len(fixed)


def test_dictionaries_that_want_all_memory(tmp_path: Path) -> None:
    """An xz file says itself how much memory its unpacking takes."""
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 29}]
    path = tmp_path / "x.xz"
    path.write_bytes(lzma.compress(b"{}", filters=filters))
    with pytest.raises(FeedError), unpacked(path) as stream:
        stream.read()


def test_xz_of_several_streams_and_padding(tmp_path: Path) -> None:
    path = tmp_path / "x.xz"
    path.write_bytes(lzma.compress(b'{"a": ') + lzma.compress(b"1}") + b"\0" * 8)
    with unpacked(path) as stream:
        assert stream.read() == b'{"a": 1}'


# Fuzzing: whatever a feed holds, its reader ends with rows or a FeedError.

SEEDS: dict[str, Callable[[Path], Path]] = {
    "debian-tracker": lambda folder: written(folder / "x", GOOD),
    "debian-osv": lambda folder: zipped(folder / "x.zip", [osv("CVE-2030-1", "Debian:12", {"a": "2"})]),
    "almalinux-errata-8": lambda folder: written(
        folder / "x", {"data": [erratum("ALSA-1:1", ["CVE-2030-1"], [("a", "0:1-1", "x", "a:b")])]}
    ),
    "kev": lambda folder: written(folder / "x", {"vulnerabilities": [{"cveID": "CVE-2030-1", "dateAdded": "2026-01-01"}]}),
    "epss": lambda folder: written(folder / "x.gz", "#a,score_date:2026-01-01\ncve,epss,percentile\nCVE-2030-1,0.1,0.2\n"),
    "ubuntu-tracker": lambda folder: written(
        folder / "x", "cve,release_pocket,source,status,note_or_fixed\nCVE-2030-1,esm-apps/jammy,a,released,1\n"
    ),
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(SEEDS)), st.data())
def test_damaged_bytes(tmp_path: Path, name: str, data: st.DataObject) -> None:
    path = SEEDS[name](tmp_path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    (outcome,) = build(tmp_path / "v.db", [Source(by_name[name], path, "", DAY)])
    assert outcome.problem or outcome.rows


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["CVE-2030-1", "open", "resolved", "bookworm"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "releases",
                    "CVE-2030-1",
                    "bookworm",
                    "status",
                    "fixed_version",
                    "affected",
                    "package",
                    "data",
                    "id",
                    "packages",
                    "vulnerabilities",
                    "cveID",
                ]
            )
            | st.text(max_size=4),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["debian-tracker", "almalinux-errata-8", "kev"]), _JSON)
def test_json_of_any_shape(tmp_path: Path, name: str, value: object) -> None:
    path = written(tmp_path / "x", value)
    (outcome,) = build(tmp_path / "v.db", [Source(by_name[name], path, "", DAY)])
    assert outcome.problem or outcome.rows


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["debian-osv", "ubuntu-osv", "ubuntu-vex", "vulnrichment"]), st.lists(_JSON, max_size=3))
def test_records_of_any_shape(tmp_path: Path, name: str, values: list[object]) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for number, value in enumerate(values):
            archive.writestr(f"CVE-{number}.json", json.dumps(value))
    (outcome,) = build(tmp_path / "v.db", [Source(by_name[name], tmp_path / "x.zip", "", DAY)])
    assert outcome.problem or outcome.rows


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([feed.name for feed in FEEDS if feed.name in ("epss", "cisa-ssvc", "ubuntu-tracker", "rocky-rows")]),
    st.text(max_size=300),
)
def test_tables_of_any_shape(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "x").write_bytes(
        ("cve,epss,release,source,package,arch,fixed_evr,cves,advisory\n" + text).encode("utf-8", "surrogatepass")
    )
    with suppress(FeedError):
        recognise(tmp_path / "x")
    (outcome,) = build(tmp_path / "v.db", [Source(by_name[name], tmp_path / "x", "", DAY)])
    assert outcome.problem or outcome.rows


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(min_size=1, max_size=300), st.text(max_size=300), st.text(max_size=100))
def test_hosts_may_say_what_they_like(feeds: Database, name: str, version: str, source: str) -> None:
    host = inventory("debian:12", deb(name, version, source, version), running=source, foreign={name: source})
    assert Judge(feeds, settled=True).host(host).release == "debian:12"
