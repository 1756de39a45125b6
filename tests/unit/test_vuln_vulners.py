"""Vulners through its own library, against a server on loopback that answers as the real one may."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schouw.cli import main
from schouw.history import History
from schouw.model.attempt import seen
from schouw.model.facts import Packages
from schouw.model.finding import Verdict
from schouw.model.host import Host
from schouw.model.vulnerability import CveVerdict
from schouw.vulnerabilities.answers import Standing
from schouw.vulnerabilities.fleet import Stored, about_cve
from schouw.vulnerabilities.inventory import Inventory
from schouw.vulnerabilities.online.asking import Answers, ask, key_of
from schouw.vulnerabilities.online.memory import Memory
from schouw.vulnerabilities.online.packages import Candidate, PackageSet, candidates, package_set, with_candidates
from schouw.vulnerabilities.settings import VulnersSettings
from tests.unit.facts import facts, inside
from tests.unit.loopback import Handler, Server, serving
from tests.unit.vulnerability_lab import database, deb, inventory, judged, rpm, taken, tracker, written

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOST = inventory("debian:12", deb("libssl3", "3.0.11-1", "openssl"), deb("nginx", "1.26.0-1~bookworm"))
ISSUES = [
    {
        "package": "libssl3",
        "version": "3.0.11-1",
        "fixedVersion": "3.0.15-1",
        "applicableAdvisories": [{"id": "OSV:DSA-1-1", "cvelistMetrics": {"CVE-2030-1001": {}, "CVE-2030-1002": {}}}],
    },
    {"package": "nginx", "fixedVersion": "1.26.2", "applicableAdvisories": [{"id": "CVE-2030-1003"}]},
]


def answer(handler: Handler, issues: object = ISSUES) -> None:
    handler.say(200, json.dumps({"result": {"issues": issues, "totalPackages": 2}}).encode(), Content_Type="application/json")


async def asked(
    memory: Memory, server: Server, *hosts: PackageSet, key: str = "KEY", budget: int = 10, told: list[str] | None = None
) -> Answers:
    heard = told if told is not None else []
    settings = VulnersSettings(True, server.url.removesuffix("/feed"), budget)
    return await ask(hosts or (package_set(HOST),), settings, key, memory, heard.append, lambda: NOW)


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "vulners.db")


async def test_candidates_of_a_package_set(memory: Memory) -> None:
    with serving(answer) as server:
        answers = await asked(memory, server)
        sent = json.loads(server.bodies[0])
    assert answers.problems == ()
    (found,) = answers.candidates.values()
    assert [(one.package, one.advisory, one.cves, one.fixed) for one in found] == [
        ("libssl3", "DSA-1-1", ("CVE-2030-1001", "CVE-2030-1002"), "3.0.15-1"),
        ("nginx", "CVE-2030-1003", ("CVE-2030-1003",), "1.26.2"),
    ]
    assert (sent["osName"], sent["osVersion"], sent["packages"]) == (
        "debian",
        "12",
        ["libssl3 3.0.11-1 amd64", "nginx 1.26.0-1~bookworm amd64"],
    )


def test_rpm_packages_as_rpm_prints_them() -> None:
    assert package_set(inventory("almalinux:9", rpm("bash", "0:5.1.8-9.el9"))).packages == ("bash-5.1.8-9.el9.x86_64",)


def test_candidates_are_marked_and_override_nothing(tmp_path: Path) -> None:
    feeds = database(
        tmp_path,
        written(
            tmp_path / "t.json", tracker(openssl={"CVE-2030-1001": {"bookworm": "0"}, "CVE-2030-1004": {"bookworm": "open"}})
        ),
    )
    found = with_candidates(judged(feeds, HOST), candidates({"issues": ISSUES}))
    said = {(one.packages, cve): match for one in found.judged for match in one.matches for cve in match.cves}
    assert said[("libssl3",), "CVE-2030-1001"].verdict is CveVerdict.NOT_AFFECTED  # the feed's explicit no stands
    assert said[("libssl3",), "CVE-2030-1004"].verdict is CveVerdict.NO_FIX
    for name, cve in (("libssl3", "CVE-2030-1002"), ("nginx", "CVE-2030-1003")):
        match = said[(name,), cve]
        assert (match.verdict, match.rule) == (CveVerdict.UNKNOWN, "VULNERS") and "candidate" in match.note


async def test_one_request_for_hosts_with_the_same_packages(memory: Memory) -> None:
    other = package_set(inventory("debian:12", deb("bash", "5")))
    with serving(answer) as server:
        await asked(memory, server, package_set(HOST), other, package_set(HOST))
        assert len(server.asked) == 2
        await asked(memory, server, package_set(HOST), other)
        assert len(server.asked) == 2, "an answer of today was asked for again"


async def test_an_answer_is_kept_for_a_day(memory: Memory) -> None:
    one = package_set(HOST)
    memory.keep(one.digest, {"issues": []}, NOW - timedelta(days=2))
    with serving(answer) as server:
        assert (await asked(memory, server)).candidates[one.digest] != ()


async def test_many_packages_go_in_several_requests(memory: Memory) -> None:
    many = PackageSet("debian", "12", tuple(f"p{n} 1 amd64" for n in range(8000)))
    with serving(answer) as server:
        found = await asked(memory, server, many)
        assert [len(json.loads(body)["packages"]) for body in server.bodies] == [2500, 2500, 2500, 500]
    assert len(found.candidates[many.digest]) == 8


async def test_the_budget_of_a_day(memory: Memory) -> None:
    sets = [PackageSet("debian", "12", (f"p{n} 1 amd64",)) for n in range(5)]
    with serving(answer) as server:
        found = await asked(memory, server, *sets, budget=3)
        assert len(server.asked) == 3 and len(found.candidates) == 3
        assert "the budget of 3 requests is spent" in found.problems[0]
    assert memory.spend(NOW + timedelta(days=1), 3, 3), "a new day begins with a full budget"


async def test_it_is_said_once_what_is_sent_and_where(memory: Memory) -> None:
    told: list[str] = []
    with serving(answer) as server:
        await asked(memory, server, told=told)
        await asked(memory, server, PackageSet("debian", "12", ("a 1 amd64",)), told=told)
        assert len(told) == 1 and server.url.removesuffix("/feed") in told[0] and "names, versions and architectures" in told[0]


async def test_no_key(memory: Memory) -> None:
    with serving(answer) as server:
        found = await asked(memory, server, key="")
        assert server.asked == []
    assert "there is no key; set VULNERS_API_KEY" in found.problems[0]


def test_the_key_comes_from_the_environment_or_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.errors import KeyringLocked

    def locked(service: str, name: str) -> str:
        raise KeyringLocked("closed")

    assert key_of({"VULNERS_API_KEY": "one"}) == "one"
    monkeypatch.setattr(
        keyring, "get_password", lambda service, name: "two" if (service, name) == ("schouw", "vulners") else None
    )
    assert key_of({}) == "two"
    monkeypatch.setattr(keyring, "get_password", locked)
    assert key_of({}) == ""


async def test_without_its_library(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vulners", None)
    with serving(answer) as server:
        found = await asked(memory, server)
    assert "pip install 'schouw[vulners]'" in found.problems[0]


def _error(status: int, body: object, **headers: str) -> object:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "text/html" if isinstance(body, bytes) else "application/json"
    return lambda handler: handler.say(status, text, Content_Type=kind, **headers)


FAULTS = [
    ("wrong key", _error(401, {"result": "error", "data": {"error": "Wrong API key"}}), "does not know the key", True),
    ("quota", _error(402, {"result": "error", "data": {"error": "No credits"}}), "credits of this key are used up", True),
    (
        "a permission error inside 200",
        _error(200, {"result": "error", "data": {"error": "Api key scope violation", "errorCode": 158}}),
        "does not allow this key",
        True,
    ),
    ("403", _error(403, b"<html>no</html>"), "does not allow this key", True),
    ("a pause too long", _error(429, {"data": {"error": "slow down"}}, Retry_After="600"), "longer pause than we wait", True),
    ("500", _error(500, {"data": {"error": "oops"}}), "answered with an error: 500", False),
    ("html", _error(200, b"<html>hello</html>"), "not its own format", False),
    ("another shape", _error(200, {"result": "yes"}), "not its own format", False),
    ("a list", _error(200, {"result": [1]}), "not its own format", False),
]


@pytest.mark.parametrize(("fault", "text", "last"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
async def test_faults(memory: Memory, fault: object, text: str, last: bool) -> None:
    """Each is a sentence; what the next question would meet too is not asked again."""
    sets = [PackageSet("debian", "12", (f"p{n} 1 amd64",)) for n in range(2)]
    with serving(fault) as server:  # type: ignore[arg-type]
        found = await asked(memory, server, *sets)
        assert len(server.asked) == (1 if last else 2)
    assert found.candidates == {} and len(found.problems) == 1
    assert text in found.problems[0] and "KEY" not in found.problems[0].replace("API_KEY", "")


@pytest.mark.parametrize(
    "issues",
    [None, 7, "x", [None, 1, "x"], [{"package": 5}], [{"package": "a\x1b[31m b", "applicableAdvisories": [{"id": None}, 3]}]],
)
async def test_an_answer_in_which_nothing_can_be_taken_for_granted(memory: Memory, issues: object) -> None:
    with serving(lambda handler: answer(handler, issues)) as server:
        found = await asked(memory, server)
    assert found.problems == ()
    assert "\x1b" not in repr(found.candidates)


async def test_a_short_pause_is_kept(memory: Memory) -> None:
    busy = _error(429, {"data": {"error": "slow down"}}, Retry_After="0")
    with serving(busy, answer) as server:  # type: ignore[arg-type]
        found = await asked(memory, server)
        assert len(server.asked) == 2 and found.problems == () and found.candidates


async def test_nobody_there(memory: Memory) -> None:
    with serving(answer) as server:
        url = server.url
    found = await asked(memory, Server(url))
    assert "cannot be reached" in found.problems[0]


async def test_over_a_fleet_candidates_are_marked_and_override_nothing(tmp_path: Path, memory: Memory) -> None:
    """Equal hosts are one question; what a feed says of a package, "not affected" above all, stands."""
    openssl = {"CVE-2030-1001": {"bookworm": "0"}, "CVE-2030-1002": {"bookworm": "3.0.15-1"}}
    feeds = database(tmp_path, written(tmp_path / "t.json", tracker(openssl=openssl)))
    hosts = [Stored(name, NOW, seen(HOST)) for name in ("a", "b")]
    with serving(answer) as server:
        answers = await asked(memory, server, *(package_set(HOST) for _ in hosts))
        assert len(server.asked) == 1

    def also(inventory: Inventory) -> tuple[Candidate, ...]:
        return answers.candidates[package_set(inventory).digest]

    no, yes, only = (about_cve(feeds, hosts, f"CVE-2030-{number}", also) for number in (1001, 1002, 1003))
    assert {(row.host, row.standing, row.rule) for row in no.rows} == {(name, Standing.FINE, "DEB-6") for name in "ab"}
    assert {(row.standing, row.fixed) for row in yes.rows} == {(Standing.AFFECTED, "3.0.15-1")}
    assert only.counts == {Standing.UNKNOWN: 2}
    assert ("nginx", "1.26.0-1~bookworm", "VULNERS") in {(row.package, row.installed, row.rule) for row in only.rows}


def test_off_by_default_and_asked_by_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.startswith(("XDG_", "VULNERS_")) or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("VULNERS_API_KEY", "KEY")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hosts.toml").write_text("[hosts.a]\n[hosts.b]\n")
    taken(
        tmp_path / ".local/share/schouw/vulnerabilities.db",
        written(tmp_path / "t.json", tracker(zlib={"CVE-2030-1001": {"bookworm": "0"}})),
    )
    history = History.open(tmp_path / ".local/state/schouw/history.db")
    look = facts(inside(packages=Packages("dpkg", HOST.packages)))
    for name in ("a", "b"):
        history.record(Host(name=name), replace(look, host=name), Verdict((), ()), NOW, NOW)
    history.close()
    settings = tmp_path / ".config/schouw/settings.toml"
    settings.parent.mkdir(parents=True)
    with serving(answer) as server:
        settings.write_text(f'[database.vulners]\nurl = "{server.url.removesuffix("/feed")}"\n')
        assert main(["cve", "CVE-2030-1003"]) == 0
        assert server.asked == [] and "VULNERS" not in capsys.readouterr().out
        assert main(["cve", "CVE-2030-1003", "--vulners"]) == 0
        out, err = capsys.readouterr()
        assert len(server.asked) == 1
    assert out.count("a candidate from Vulners") == 2 and "0 of 2 hosts have it" in out
    assert "is sent the release and the names" in err
