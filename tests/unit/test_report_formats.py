"""HTML, SARIF and Prometheus: what browsers, code-scanning dashboards and node_exporter make of a report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sarif_pydantic import Sarif

from schouw.cli.output import write
from schouw.model.finding import Decision, Evidence, Finding, NotChecked, What
from schouw.model.host import Host
from schouw.model.severity import Area, Severity
from schouw.report import Report, collect_report, render
from tests.unit.history_lab import WEB1, Shelf, finding

HOSTILE = '</td><script>alert(1)</script><img src=x onerror=alert(1)> {{ 7*7 }} " onmouseover="alert(1) \x1b[2J \u202e'


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "history.db")
    yield shelf
    shelf.history.close()


def _report(shelf: Shelf, *hosts: Host) -> Report:
    return collect_report(shelf.history, hosts or (WEB1,), shelf.now - timedelta(seconds=2), shelf.now, "0.1")


def _text(report: Report, name: str) -> str:
    return "".join(render(report, name))


def _hostile(shelf: Shelf) -> Report:
    host = Host(name="web1", owner=HOSTILE)
    evidence = Evidence(HOSTILE, HOSTILE, f"/etc/{HOSTILE}:7")
    one = Finding("ports.service.exposed", Area.PORTS, Severity.HIGH, HOSTILE, HOSTILE, evidence, HOSTILE, HOSTILE, (HOSTILE,))
    shelf.scan(one, finding(), gaps=(NotChecked("a.b.c", HOSTILE, HOSTILE),), host=host)
    shelf.history.decide(Decision("web1", one.key, "me", shelf.now + timedelta(days=30), HOSTILE))
    return _report(shelf, host)


_LABELS = ("host", "area", "severity", "state")


class _Page(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_every_format_says_what_people_said_and_what_came_of_it(shelf: Shelf) -> None:
    """Fixed since a moment, whoever sees to a finding, risks with who and until when, claims with their outcome."""
    shelf.scan(*map(finding, ("fixed long ago", "fixed", "claimed", "accepted")))
    shelf.scan(*map(finding, ("fixed", "claimed", "accepted")))
    since = shelf.now + timedelta(minutes=1)
    until = shelf.now + timedelta(days=30)
    for decision in (
        Decision("web1", finding("claimed").key, "anna", reason="upgraded", what=What.CLAIM),
        Decision("web1", finding("claimed").key, "anna", reason="web team", what=What.ASSIGN),
        Decision("web1", finding("accepted").key, "ben", until, "behind the VPN"),
    ):
        shelf.history.decide(decision)
    shelf.scan(*map(finding, ("claimed", "accepted")))
    shelf.scan(*map(finding, ("claimed", "accepted")))
    report = collect_report(shelf.history, (WEB1,), None, shelf.now, "0.1", fixed_since=since)
    for name in ("html", "table", "markdown", "csv", "json"):
        text = _text(report, name).replace("\\", "")
        assert "fixed is open to the world" in text and "fixed long ago" not in text, name
        for words in ("web team", "ben", "behind the VPN", "not fixed"):
            assert words in text, (name, words)
    assert "Fixed since 1 Nov 2026" in _text(report, "html")
    assert "fixed is open" not in _text(_report(shelf), "table"), "not by the last scan"


def test_html_says_what_is_open_accepted_fixed_and_not_checked(shelf: Shelf) -> None:
    shelf.scan(finding("3306/tcp"), finding("6379/tcp"), finding("9200/tcp"))
    shelf.scan(finding("6379/tcp"), finding("9200/tcp"), gaps=(NotChecked("crypto.tls.protocol", "", "it did not answer"),))
    shelf.history.decide(Decision("web1", finding("9200/tcp").key, "me", shelf.now + timedelta(days=30), "behind the VPN"))
    text = " ".join(" ".join(_Page(_text(_report(shelf, Host(name="web1", owner="operations")), "html")).words).split())
    opened, _, rest = text.partition(" Fixed by the last scan severity")
    fixed, _, rest = rest.partition(" Accepted risks ")
    accepted, _, lacking = rest.partition(" Not checked ")
    assert "6379/tcp is open to the world" in opened and "operations" in opened and "bind-address" in opened
    assert "3306/tcp is open to the world" in fixed
    assert "9200/tcp is open to the world" in accepted and "behind the VPN" in accepted and "1 Dec 2026" in accepted
    assert "it did not answer" in lacking and "crypto.tls.protocol" in lacking


def test_html_of_a_hostile_server_has_no_tag_of_its_own_and_fetches_nothing(shelf: Shelf) -> None:
    text = _text(_hostile(shelf), "html")
    page = _Page(text)
    assert not {"script", "img", "a", "link", "iframe", "object", "form"} & set(page.tags)
    assert not {name for name in page.attributes if name.startswith("on")} | {"src", "href"} & page.attributes
    assert "49" not in "".join(page.words).split()
    assert "default-src 'none'" in text


def test_sarif_is_valid_and_keeps_what_others_follow(shelf: Shelf) -> None:
    shelf.scan(finding("3306/tcp"), finding("6379/tcp"), gaps=(NotChecked("a.b.c", "443/tcp", "no answer"),))
    shelf.scan(finding("3306/tcp"), gaps=(NotChecked("a.b.c", "443/tcp", "no answer"),))
    shelf.history.decide(Decision("web1", finding("3306/tcp").key, "me", shelf.now + timedelta(days=30), "behind the VPN"))
    log = json.loads(_text(_report(shelf), "sarif"))
    Sarif.model_validate(log)
    (run,) = log["runs"]
    told = {one["partialFingerprints"]["schouw/v1"].rpartition(":")[2]: one for one in run["results"]}
    assert {subject: one["baselineState"] for subject, one in told.items()} == {"3306/tcp": "unchanged", "6379/tcp": "absent"}
    assert told["3306/tcp"]["suppressions"][0]["justification"] == "behind the VPN"
    assert told["3306/tcp"]["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "web1/etc/mysql/my.cnf"},
        "region": {"startLine": 7},
    }
    assert run["tool"]["driver"]["rules"][told["3306/tcp"]["ruleIndex"]]["id"] == told["3306/tcp"]["ruleId"]
    said = [one["message"]["text"] for one in run["invocations"][0]["toolExecutionNotifications"]]
    assert said == ["web1: a.b.c (443/tcp) was not checked: no answer"]


def test_sarif_of_a_hostile_server_is_valid(shelf: Shelf) -> None:
    Sarif.model_validate_json(_text(_hostile(shelf), "sarif"))


def test_prometheus_reads_the_counts(shelf: Shelf) -> None:
    shelf.scan(finding("3306/tcp"), finding("6379/tcp"), gaps=(NotChecked("crypto.tls.protocol", "", "no answer"),))
    text = _text(_report(shelf, WEB1, Host(name='odd"\\name')), "prometheus")
    values = {
        (sample.name, *(sample.labels[name] for name in _LABELS if name in sample.labels)): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert values["schouw_findings", "web1", "ports", "high"] == 2
    assert values["schouw_findings", "web1", "crypto", "high"] == 0
    assert values["schouw_checks_not_made", "web1", "crypto"] == 1
    assert values["schouw_host_state", "web1", "scanned"] == 1
    assert values["schouw_host_scanned_timestamp_seconds", "web1"] == shelf.now.timestamp()
    assert values["schouw_host_state", 'odd"\\name', "never"] == 1


def test_a_report_that_breaks_half_way_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "schouw.prom"
    target.write_text("old\n")

    def broken() -> Iterator[str]:
        yield "half"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write(broken(), str(target))
    assert target.read_text() == "old\n" and [file.name for file in tmp_path.iterdir()] == ["schouw.prom"]
    write(["new\n"], str(target))
    assert target.read_text() == "new\n" and [file.name for file in tmp_path.iterdir()] == ["schouw.prom"]
