"""``schouw db``, ``judge`` and ``cve``, as a person or a script meets them."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schouw.cli import main
from schouw.history import History
from schouw.model.facts import Facts, Kernel, Packages
from schouw.model.finding import Verdict
from schouw.model.host import Host
from schouw.vulnerabilities.feeds import FEEDS
from tests.unit.facts import facts, inside
from tests.unit.loopback import Answer, Handler, serving
from tests.unit.vulnerability_lab import deb, erratum, tracker, written

TRACKER = tracker(
    apache2={"CVE-2023-25690": {"bookworm": "2.4.56-1~deb12u1"}},
    xz_utils={"CVE-2024-3094": {"bookworm": "0"}},
    linux={"CVE-2030-1000": {"bookworm": "6.1.119-1"}},
    nodejs={"CVE-2023-46809": {"bookworm": "open", "sid": "18.19.1+dfsg-1"}},
)
LIST = """apache2-bin\t2.4.54-1\tamd64\tapache2\t2.4.54-1\tii 
liblzma5\t5.4.1-0.2\tamd64\txz-utils\t5.4.1-0.2\tii 
nodejs\t20.11.0-1nodesource1\tamd64\tnodejs\t20.11.0-1nodesource1\tii 
old\t1\tamd64\tapache2\t1\trc 
half\t2.4.54-1\tamd64\tapache2\t2.4.54-1\tiU 
linux-libc-dev\t6.1.115-1\tamd64\tlinux\t6.1.115-1\tii 
"""  # noqa: W291 (dpkg's status is three characters)
RPM_LIST = (
    "rpm\tsquid\t7\t4.11-3.el8\tx86_64\tsquid-4.11-3.el8.src.rpm\tAlmaLinux\t(none)\n"
    "rpm\tgpg-pubkey\t0\t1-1\t(none)\t(none)\t(none)\t(none)\n"
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, with a database."""
    for name in [name for name in os.environ if name.startswith(("XDG_", "VULNERS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "tracker.json", TRACKER)
    squid = erratum("ALSA-2030:1", ["CVE-2030-1001"], [("squid", "7:4.15-1.el8", "x86_64", "")])
    written(tmp_path / "errata.json", {"data": [squid]})
    assert main(["db", "import", "tracker.json", "errata.json"]) == 0
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def judged(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[tuple[str, str], dict[str, str]]:
    found = json.loads(told(capsys, "judge", *arguments, "--format", "json"))
    assert set(found["verdicts"][0]) >= {"package", "source", "installed", "cve", "verdict", "fixed", "advisory", "rule"}
    return {(row["package"], row["cve"]): row for row in found["verdicts"]}


@pytest.mark.parametrize(
    ("kind", "one", "operator", "other", "status"),
    [
        ("deb", "1.0~rc1", "lt", "1.0", 0),
        ("deb", "1.0", "lt", "1.0~rc1", 1),
        ("deb", "1.0-1", "eq", "1.0-01", 0),
        ("rpm", "1.0^git1", "gt", "1.0", 0),
        ("rpm", "1:1-1", "le", "2-1", 1),
        ("deb", "1 2", "lt", "3", 2),
        ("apk", "1", "lt", "3", 2),
        ("deb", "1", "<<", "3", 2),
    ],
)
def test_two_versions(kind: str, one: str, operator: str, other: str, status: int) -> None:
    assert main(["judge", "--compare", kind, one, operator, other]) == status


def test_a_list_of_dpkg(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "list").write_text(LIST)
    found = judged(capsys, "list", "--release", "debian:12", "--kernel", "6.1.0-27-amd64")
    assert found["apache2-bin", "CVE-2023-25690"]["verdict"] == "vulnerable-fixable"
    assert found["apache2-bin", "CVE-2023-25690"]["fixed"] == "2.4.56-1~deb12u1"
    assert found["half", "CVE-2023-25690"]["verdict"] == "vulnerable-fixable"  # DEB-1
    assert found["liblzma5", "CVE-2024-3094"]["rule"] == "DEB-6"
    assert found["nodejs", "CVE-2023-46809"]["verdict"] == "unknown"
    assert found["linux-libc-dev", "CVE-2030-1000"]["verdict"] == "suppressed"
    assert not [package for package, _ in found if package == "old"]


def test_plain_rules(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "list").write_text(LIST)
    found = judged(capsys, "list", "--release", "debian:bookworm", "--rules", "plain")
    vulnerable = {key for key, row in found.items() if row["verdict"].startswith("vulnerable")}
    assert vulnerable == {("apache2-bin", "CVE-2023-25690"), ("linux-libc-dev", "CVE-2030-1000")}


def test_an_origin_column(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    origins = ("Debian", "Debian Backports", "NodeSource", "", "local", "Debian")
    rows = [f"{row}\t{origin}" for row, origin in zip(LIST.splitlines(), origins, strict=True)]
    (home / "list").write_text("\n".join(rows))
    found = judged(capsys, "list", "--release", "debian:12")
    assert found["apache2-bin", "CVE-2023-25690"]["verdict"] == "vulnerable-fixable"
    assert found["nodejs", "CVE-2023-46809"]["rule"] == "ORG-3" and "NodeSource" in found["nodejs", "CVE-2023-46809"]["note"]
    assert "no repository" in found["half", "CVE-2023-25690"]["note"]


def test_a_list_of_rpm(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "list").write_text(RPM_LIST)
    assert judged(capsys, "list", "--release", "alma:8.10")["squid", "CVE-2030-1001"]["advisory"] == "ALSA-2030:1"
    long = "squid\t7\t4.11\t3.el8\tx86_64\tsquid-4.11-3.el8.src.rpm\tAlmaLinux\t(none)\t1700000000\n"
    (home / "list").write_text(long)
    assert judged(capsys, "list", "--release", "almalinux:8")["squid", "CVE-2030-1001"]["installed"] == "7:4.11-3.el8"


def test_rows_that_make_no_sense_are_counted(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "list").write_bytes(LIST.encode() + b"nonsense\nmore\t\xff\x1b[31m\n")
    assert main(["judge", "list", "--release", "debian:12"]) == 0
    out, err = capsys.readouterr()
    assert "2 rows of list make no sense" in err and "\x1b" not in out + err


@pytest.mark.parametrize("text", ["", "hello\n", "\x00\x01\x02"])
def test_what_is_no_list(home: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (home / "list").write_text(text)
    assert main(["judge", "list", "--release", "debian:12"]) == 2
    assert "no package list" in capsys.readouterr().err


def test_a_release_that_no_feed_covers(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "list").write_text(LIST)
    found = judged(capsys, "list", "--release", "debian:8")
    assert {row["verdict"] for row in found.values()} == {"unknown"} and len(found) == 5
    assert "2020-06-30" in told(capsys, "judge", "list", "--release", "debian:8")
    assert main(["judge", "list", "--release", "windows:11"]) == 2


def test_without_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "list").write_text(LIST)
    assert main(["judge", str(tmp_path / "list"), "--release", "debian:12"]) == 2
    assert "schouw db update" in capsys.readouterr().err


def test_status(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "5 CVEs known, 5 of them matchable, 6 fix rows" in told(capsys, "db", "status")
    found = json.loads(told(capsys, "db", "status", "--format", "json"))
    (debian,) = [feed for feed in found["feeds"] if feed["name"] == "debian-tracker"]
    assert debian["releases"] == ["debian:12", "debian:sid"] and len(debian["sha256"]) == 64


def test_old_data_is_called_old(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.utime(home / "tracker.json", (1.7e9, 1.7e9))
    assert main(["db", "import", "tracker.json"]) == 0
    assert "2023-11-14 old: " in told(capsys, "db", "status")


def test_a_bad_file_beside_a_good_one(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "page.json").write_text("<html>moved</html>")
    capsys.readouterr()
    assert main(["db", "import", "page.json", "errata.json", "nowhere.json"]) == 3
    out, err = capsys.readouterr()
    assert "almalinux-errata-8: 1 rows" in out
    assert "page.json: it is a web page" in err and "nowhere.json: cannot be read" in err and "Traceback" not in err


def test_update_from_a_mirror(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    body = json.dumps(TRACKER | tracker(curl={"CVE-2030-1002": {"bookworm": "2"}})).encode()

    def page(handler: Handler) -> None:
        handler.say(200, b"<html>log in first</html>")

    def whole(handler: Handler) -> None:
        handler.say(200, body, ETag='"1"', Last_Modified="Mon, 23 Nov 2026 10:00:00 GMT")

    settings = home / ".config/schouw/settings.toml"
    settings.parent.mkdir(parents=True)
    with serving(page, whole, lambda handler: handler.say(304)) as server:
        settings.write_text(f'[database.mirrors]\ndebian-tracker = "{server.url}"\n')
        assert main(["db", "update", "debian-tracker"]) == 3
        assert "it is a web page" in capsys.readouterr().err
        assert "6 rows, +1" in told(capsys, "db", "update", "debian-tracker")
        assert told(capsys, "db", "update", "debian-tracker") == ""
        assert server.asked[2]["If-None-Match"] == '"1"'
    assert main(["db", "update", "no-such-feed"]) == 2


@pytest.mark.parametrize(
    "fault",
    [
        lambda handler: handler.say(200, b"<html>log in first</html>"),
        lambda handler: handler.say(200, gzip.compress(b'{"data": [' + b"1," * 5000)[:-20]),
        lambda handler: handler.say(200, b"[" * 100_000),
        lambda handler: handler.say(200, b""),
        lambda handler: handler.say(200, b'{"vulnerabilities": 3, "data": {"a": []}}'),
        lambda handler: handler.say(404, b"gone"),
    ],
    ids=["a web page", "a gzip cut off", "deep nesting", "nothing", "wrong types", "not there"],
)
def test_every_feed_may_be_broken_and_what_is_there_stays(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, fault: Answer
) -> None:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    settings = home / ".config/schouw/settings.toml"
    settings.parent.mkdir(parents=True)
    feeds = [feed for feed in FEEDS if feed.url]
    before = told(capsys, "db", "status", "--format", "json")
    with serving(fault) as server:
        mirrors = "".join(f'{feed.name} = "{server.url}"\n' for feed in feeds)
        settings.write_text(f"[database.mirrors]\n{mirrors}")
        assert main(["db", "update"]) == 3
    out, err = capsys.readouterr()
    assert out == "" and "Traceback" not in err
    assert "what these feeds left before stays as it was" in err
    complaints = [line for line in err.splitlines() if line.startswith("schouw: ")]
    assert len(complaints) == len(feeds) + 1
    assert all(any(feed.title in line or feed.name in line for line in complaints) for feed in feeds)
    assert told(capsys, "db", "status", "--format", "json") == before


def test_settings_with_mistakes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = home / ".config/schouw/settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('[database]\nmirrors = { epps = "http://x" }\nfeeds = 3\nvulners = { enabled = "yes", dayly = 1 }\n')
    assert main(["db", "update"]) == 2
    err = capsys.readouterr().err
    for said in ("did you mean epss?", "database.feeds", "database.vulners.enabled", "database.vulners.dayly"):
        assert said in err


def look(host: str, *packages: object, running: str = "6.1.0-27-amd64") -> Facts:
    seen = inside(packages=Packages("dpkg", packages), kernel=Kernel(running))  # type: ignore[arg-type]
    return replace(facts(seen), host=host)


def test_one_cve_over_the_fleet(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "hosts.toml").write_text("".join(f"[hosts.{name}]\n" for name in ("old", "new", "reboot", "none", "never")))
    history = History.open(home / ".local/state/schouw/history.db")
    now = datetime.now(UTC)
    images = [
        deb(f"linux-image-6.1.0-{abi}-amd64", f"6.1.{version}-1", "linux-signed-amd64", f"6.1.{version}+1")
        for abi, version in ((27, 115), (31, 128))
    ]
    looks = (
        look("old", deb("apache2-bin", "2.4.54-1", "apache2")),
        look("new", deb("apache2-bin", "2.4.56-1~deb12u1", "apache2"), images[1], running="6.1.0-31-amd64"),
        look("reboot", *images),
        look("none", deb("liblzma5", "5.4.1-0.2", "xz-utils")),
    )
    for one in looks:
        history.record(Host(name=one.host), one, Verdict((), ()), now, now)
    history.close()
    apache = {row["host"]: row for row in json.loads(told(capsys, "cve", "CVE-2023-25690", "--format", "json"))["hosts"]}
    assert {name: row["verdict"] for name, row in apache.items()} == {
        "old": "vulnerable-fixable",
        "new": "not-vulnerable",
        "reboot": "not-vulnerable",
        "none": "not-vulnerable",
        "never": "unknown",
    }
    assert apache["old"]["fixed"] == "2.4.56-1~deb12u1" and apache["never"]["note"] == "never scanned"
    kernel = told(capsys, "cve", "cve-2030-1000")
    assert "reboot" in kernel and "fixed on disk: reboot" in kernel and "1 of 5 hosts have it" in kernel
    assert "DEB-6" in told(capsys, "cve", "CVE-2024-3094", "none") and main(["cve", "heartbleed"]) == 2


def test_one_package_over_the_fleet(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "hosts.toml").write_text("".join(f"[hosts.{name}]\n" for name in ("old", "new", "none", "never")))
    history = History.open(home / ".local/state/schouw/history.db")
    now = datetime.now(UTC)
    for one in (
        look("old", deb("apache2-bin", "2.4.54-1", "apache2")),
        look("new", deb("apache2-bin", "2.4.56-1~deb12u1", "apache2")),
        look("none", deb("liblzma5", "5.4.1-0.2", "xz-utils")),
    ):
        history.record(Host(name=one.host), one, Verdict((), ()), now, now)
    history.close()
    text = told(capsys, "package", "apache2")
    assert "apache2: on 2 of 4 hosts" in text and "apache2 2.4.54-1  debian:12  on old" in text
    assert "2.4.56-1~deb12u1 closes 1 CVE" in text and "never: not known, never scanned" in text
    assert "debian:12: by debian-tracker of" in text
    found = json.loads(told(capsys, "package", "apache2-bin", "--format", "json"))
    old, new = found["installed"]
    assert (old["hosts"], old["fixed"], [row["cve"] for row in old["open"]]) == (["old"], "2.4.56-1~deb12u1", ["CVE-2023-25690"])
    assert (new["hosts"], new["open"]) == (["new"], []) and found["unseen"] == {"never": "never scanned"}
    assert "names like it that are installed: apache2" in told(capsys, "package", "apach2")


def test_what_no_feed_knows_is_not_called_fine(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "hosts.toml").write_text("[hosts.a]\n")
    history = History.open(home / ".local/state/schouw/history.db")
    now = datetime.now(UTC)
    history.record(Host(name="a"), replace(look("a", deb("bash", "5")), host="a"), Verdict((), ()), now, now)
    history.close()
    found = json.loads(told(capsys, "cve", "CVE-2019-9999", "--format", "json"))
    assert found["counts"] == {"cannot be told": 1} and found["hosts"][0]["note"] == "no feed here knows this CVE"


def test_nothing_heavy_is_loaded(home: Path) -> None:
    (home / "list").write_text(LIST)
    program = (
        "import sys\nfrom schouw.cli import main\nmain(['judge', 'list', '--release', 'debian:12', '--output', 'out'])\n"
        "heavy = {'vulners', 'sqlalchemy', 'asyncssh', 'httpx', 'ijson', 'urllib.request'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
