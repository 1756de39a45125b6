"""What other programs and people get to read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from schouw.errors import ConfigError, ErrorClass, HostError
from schouw.model.attempt import not_checked, seen
from schouw.model.facts import Listener
from schouw.model.finding import Decision, Evidence, Finding, NotChecked
from schouw.model.host import Host
from schouw.model.outside import Outside, OutsidePort, PortState
from schouw.model.severity import Severity
from schouw.report import FORMATS, Report, collect_report, exit_status, render
from tests.unit.history_lab import OUTSIDE, WEB1, Shelf, facts, finding, inside, unseen

NASTY = "=cmd|' /C calc'!A0 \x1b[2J \x9b31m \u202e <b>x</b> [x](https://evil.example) ``` | `\n# gotcha"


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "history.db")
    yield shelf
    shelf.history.close()


def _report(shelf: Shelf, *hosts: Host) -> Report:
    started = shelf.now - timedelta(seconds=2)
    return collect_report(shelf.history, hosts or (WEB1,), started, shelf.now, "0.1")


def _text(report: Report, name: str) -> str:
    return "".join(render(report, name))


def test_json_is_the_promised_object(shelf: Shelf) -> None:
    shelf.scan(finding(), gaps=(NotChecked("crypto.tls.protocol", "443/tcp", "it did not answer"),))
    assert json.loads(_text(_report(shelf), "json")) == {
        "schema": "schouw.scan/1",
        "tool": {"name": "schouw", "version": "0.1"},
        "started_at": "2026-11-01T12:59:58Z",
        "finished_at": "2026-11-01T13:00:00Z",
        "database": {"updated_at": None, "vulnerabilities": 0, "sources": []},
        "summary": {
            "hosts": 1, "scanned": 1, "partial": 0, "unreachable": 0,
            "critical": 0, "high": 1, "medium": 0, "low": 0, "info": 0,
        },
        "hosts": [
            {
                "name": "web1",
                "address": "192.0.2.10",
                "state": "scanned",
                "error": None,
                "os": {"id": "debian", "version": "12", "pretty": "Debian GNU/Linux 12 (bookworm)"},
                "kernel": {"running": "6.1.0-27-amd64", "installed": "6.1.0-28-amd64"},
                "packages": 2,
                "listeners": [
                    {"proto": "tcp", "address": "0.0.0.0", "port": 22, "process": "sshd", "outside": "open"},
                    {"proto": "tcp", "address": "127.0.0.1", "port": 3306, "process": "mariadbd", "outside": "closed"},
                ],
                "not_checked": [{"check": "crypto.tls.protocol", "subject": "443/tcp", "reason": "it did not answer"}],
                "findings": [
                    {
                        "key": "ports.exposed.private:3306/tcp",
                        "check": "ports.exposed.private",
                        "area": "ports",
                        "severity": "high",
                        "title": "3306/tcp is open to the world",
                        "subject": "3306/tcp",
                        "state": "new",
                        "first_seen": "2026-11-01T13:00:00Z",
                        "last_seen": "2026-11-01T13:00:00Z",
                        "fixed_at": None,
                        "owner": "",
                        "accepted": None,
                        "claim": None,
                        "due": None,
                        "evidence": {
                            "outside": "open on 192.0.2.10",
                            "inside": "mariadbd listens on 0.0.0.0",
                            "location": "/etc/mysql/my.cnf:7",
                        },
                        "fix": "bind-address = 127.0.0.1\nthen: systemctl restart mariadb",
                        "impact": "",
                        "references": ["https://mariadb.com/kb/en/configuring-mariadb-for-remote-client-access/"],
                        "cves": [],
                    }
                ],
            }
        ],
    }  # fmt: skip


def test_ndjson_is_one_host_a_line(shelf: Shelf) -> None:
    web2 = replace(WEB1, name="web2")
    shelf.scan(finding())
    shelf.scan(host=web2)
    report = _report(shelf, WEB1, web2)
    lines = _text(report, "ndjson").splitlines()
    assert [json.loads(text) for text in lines] == json.loads(_text(report, "json"))["hosts"]


def test_a_host_of_which_nothing_is_known_has_every_key_too(shelf: Shelf) -> None:
    shelf.scan()
    full, empty = json.loads(_text(_report(shelf, WEB1, Host(name="db1")), "json"))["hosts"]
    assert full.keys() == empty.keys()
    assert (full["os"].keys(), full["kernel"].keys()) == (empty["os"].keys(), empty["kernel"].keys())
    assert (empty["state"], empty["address"], empty["packages"]) == ("unreachable", "db1", None)
    assert empty["error"] == {"class": "never", "message": "it was never scanned"}


def test_an_unreachable_host_says_why_and_what_was_last_known(shelf: Shelf) -> None:
    shelf.scan(finding())
    shelf.history.record_failure(WEB1, HostError(ErrorClass.SILENT, "web1: no answer within 10 s"), shelf.now, shelf.now)
    report = _report(shelf)
    (host,) = json.loads(_text(report, "json"))["hosts"]
    assert (host["state"], host["error"]) == ("unreachable", {"class": "silent", "message": "web1: no answer within 10 s"})
    assert len(host["findings"]) == 1
    assert "no answer within 10 s" in _text(report, "table")


@pytest.mark.parametrize(
    ("listener", "met", "outside"),
    [
        (Listener("tcp", "0.0.0.0", 80), {"192.0.2.10": PortState.FILTERED}, "filtered"),
        (Listener("tcp", "::", 80), {"192.0.2.10": PortState.OPEN, "2001:db8::1": PortState.CLOSED}, "closed"),
        (Listener("tcp", "192.0.2.10", 80), {"192.0.2.10": PortState.CLOSED}, "closed"),
        (Listener("tcp", "0.0.0.0", 80), {}, None),
        (Listener("udp", "0.0.0.0", 80), {"192.0.2.10": PortState.OPEN}, None),
        # Somebody else answers on that port: what listens on loopback alone is not open.
        (Listener("tcp", "127.0.0.1", 80), {"192.0.2.10": PortState.OPEN}, None),
    ],
)
def test_a_listener_says_what_the_outside_meets(
    shelf: Shelf, listener: Listener, met: dict[str, PortState], outside: str | None
) -> None:
    ports = tuple(OutsidePort(address, 80, state) for address, state in met.items())
    shelf.scan(look=facts(seen(inside(listeners=seen((listener,)))), seen(Outside(tuple(met), "guided", seen(ports)))))
    (host,) = json.loads(_text(_report(shelf), "json"))["hosts"]
    assert [one["outside"] for one in host["listeners"]] == [outside]


def test_what_the_last_scan_saw_fixed_is_shown_once_and_does_not_count(shelf: Shelf) -> None:
    shelf.scan(finding())
    shelf.scan()
    report = _report(shelf)
    assert [one.state.value for one in report.hosts[0].findings] == ["fixed"]
    assert exit_status(report, Severity.INFO) == 0
    shelf.scan()
    assert _report(shelf).hosts[0].findings == ()


def test_a_report_without_a_scan_begins_with_the_oldest_scan_in_it(shelf: Shelf) -> None:
    shelf.scan()
    oldest = shelf.now - timedelta(seconds=2)
    web2 = replace(WEB1, name="web2")
    shelf.scan(host=web2)
    assert collect_report(shelf.history, (WEB1, web2), None, shelf.now).started_at == oldest
    assert collect_report(shelf.history, (Host(name="never"),), None, shelf.now).started_at == shelf.now


@pytest.mark.parametrize(("fail_on", "status"), [(None, 0), (Severity.CRITICAL, 0), (Severity.HIGH, 1), (Severity.INFO, 1)])
def test_exit_status_of_a_whole_scan(shelf: Shelf, fail_on: Severity | None, status: int) -> None:
    shelf.scan(finding())
    assert exit_status(_report(shelf), fail_on) == status


@pytest.mark.parametrize(("fail_on", "status"), [(None, 3), (Severity.CRITICAL, 3), (Severity.HIGH, 1)])
def test_exit_status_where_a_host_was_seen_in_part(shelf: Shelf, fail_on: Severity | None, status: int) -> None:
    shelf.scan(finding(), look=facts(seen(inside(firewall=unseen("needs root")))))
    assert exit_status(_report(shelf), fail_on) == status


def test_exit_status_where_a_host_was_never_or_not_reached(shelf: Shelf) -> None:
    shelf.scan()
    assert exit_status(_report(shelf, WEB1, Host(name="never")), None) == 3
    shelf.history.record_failure(WEB1, HostError(ErrorClass.REFUSED, "refused"), shelf.now, shelf.now)
    assert exit_status(_report(shelf), Severity.LOW) == 3


def test_an_accepted_finding_fails_nothing(shelf: Shelf) -> None:
    shelf.scan(finding())
    shelf.history.decide(Decision("web1", finding().key, "ops", shelf.now + timedelta(days=1), "known"))
    report = _report(shelf)
    assert exit_status(report, Severity.HIGH) == 0
    assert [one.state.value for one in report.hosts[0].findings] == ["accepted"]


def test_the_table_shows_the_worst_host_first_with_evidence_and_fix(shelf: Shelf) -> None:
    fine, bad = Host(name="afine"), WEB1
    shelf.scan(host=fine)
    shelf.scan(finding("80/tcp", Severity.LOW), finding(), gaps=(NotChecked("a.b.c", "", "needs root"),))
    lines = _text(_report(shelf, fine, bad), "table").splitlines()
    assert lines[0].split() == ["HOST", "STATE", "C", "H", "M", "L", "I", "WORST"]
    assert lines[1].split(None, 7) == ["web1", "scanned", "·", "1", "·", "1", "·", "3306/tcp is open to the world"]
    assert lines[2].endswith("nothing found")
    text = "\n".join(lines)
    order = (
        "H  new        3306/tcp",
        "outside  open on 192.0.2.10",
        "(/etc/mysql/my.cnf:7)",
        "fix      bind-address = 127.0.0.1",
    )
    positions = [text.index(part) for part in (*order, "then: systemctl restart", "L  new        80/tcp", "needs root: a.b.c")]
    assert positions == sorted(positions)
    assert lines[-1].startswith("2 hosts: 2 scanned")


def _nasty(shelf: Shelf) -> Report:
    host = Host(name="web1")
    hostile = Finding(
        "ports.exposed.private",
        finding().area,
        Severity.HIGH,
        NASTY,
        NASTY,
        Evidence(NASTY, NASTY, NASTY),
        NASTY,
        NASTY,
        (NASTY,),
    )
    shelf.scan(hostile, gaps=(NotChecked("a.b.c", NASTY, NASTY),), host=host)
    return _report(shelf, host)


@pytest.mark.parametrize("name", [name for name, *_ in FORMATS])
def test_no_format_passes_a_control_character(shelf: Shelf, name: str) -> None:
    text = _text(_nasty(shelf), name)
    text = text.replace("\r\n", "\n") if name == "csv" else text  # rows end as RFC 4180 says
    assert all(character == "\n" or character.isprintable() for character in text)


def test_csv_cells_are_never_formulas(shelf: Shelf) -> None:
    rows = list(csv.DictReader(io.StringIO(_text(_nasty(shelf), "csv"), newline="")))
    assert [row["host"] for row in rows] == ["web1"]
    for row in rows:
        assert not any(value.startswith(("=", "+", "-", "@", "\t", "\r")) for value in row.values())
        assert row["title"].startswith("'=cmd")
        assert row["fix"].endswith("\n# gotcha")


def test_csv_has_a_row_for_a_host_without_findings(shelf: Shelf) -> None:
    rows = list(csv.DictReader(io.StringIO(_text(_report(shelf, Host(name="never")), "csv"))))
    assert [(row["host"], row["host_state"], row["error"]) for row in rows] == [
        ("never", "unreachable", "never: it was never scanned")
    ]


def test_markdown_of_a_hostile_server_has_no_heading_link_or_html_of_its_own(shelf: Shelf) -> None:
    outside_code = []
    fence = ""
    for text in _text(_nasty(shelf), "markdown").split("\n"):
        if fence:
            fence = "" if text == fence else fence
        elif text.startswith("```"):
            fence = text
        else:
            outside_code.append(text)
    assert not fence
    text = "\n".join(outside_code)
    assert [line for line in outside_code if line.startswith("#")][1:] == [
        "## web1",
        next(line for line in outside_code if line.startswith("### high")),
        "### Not checked",
    ]
    assert "<b>" not in text.replace("\\<", "")
    assert "](" not in text
    assert "https://evil" not in text


def test_an_unknown_format_names_the_known_ones(shelf: Shelf) -> None:
    with pytest.raises(ConfigError, match="table, json, ndjson, csv, markdown, html, sarif, prometheus"):
        render(_report(shelf), "xml")


def test_a_host_looked_at_only_from_outside_is_reported(shelf: Shelf) -> None:
    host = Host(name="cdn", listen=None)
    shelf.scan(look=facts(inner=not_checked("only looked at from outside"), outer=seen(OUTSIDE)), host=host)
    (told,) = json.loads(_text(_report(shelf, host), "json"))["hosts"]
    assert (told["address"], told["listeners"], told["packages"]) == ("192.0.2.10", [], None)
