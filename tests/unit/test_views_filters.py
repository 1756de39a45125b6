"""The filter language."""

from dataclasses import replace
from datetime import timedelta
from time import perf_counter

import pytest

from schouw.model.host import Host
from schouw.model.severity import HostState, Severity
from schouw.views.filters import parse
from schouw.views.status import Live, Row
from tests.tui.fleet import NOW, SOME, finding, summary, tracked

WEB = Row(
    Host(name="web1.example.nl", groups=("web", "public"), tags=("prod",)),
    replace(summary("web1", SOME), os="Debian 12.8", os_id="debian12.8", oldest_tls="TLSv1.0"),
)
DB = Row(
    Host(name="db2", groups=("db",)),
    replace(
        summary("db2", (tracked(finding(severity=Severity.LOW)),)),
        os="AlmaLinux 9.4",
        os_id="almalinux9.4",
        oldest_tls="TLSv1.2",
        scanned_at=NOW - timedelta(hours=5),
    ),
)
GONE = Row(Host(name="mail3"), replace(summary("mail3"), state=HostState.UNREACHABLE, error_class="silent"))
FLEET = (WEB, DB, GONE)


def found(text: str) -> list[str]:
    parsed = parse(text, having=lambda cve: {"db2"} if cve == "CVE-2024-6387" else ())
    assert not parsed.problems
    return [row.name for row in FLEET if parsed.matches(row, NOW)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["web1.example.nl", "db2", "mail3"]),
        ("WEB", ["web1.example.nl"]),
        ("!web", ["db2", "mail3"]),
        ("e .nl", ["web1.example.nl"]),
        ("sev>=high", ["web1.example.nl"]),
        ("sev>high", ["web1.example.nl"]),
        ("sev:low", ["web1.example.nl", "db2"]),
        ("sev=l", ["web1.example.nl", "db2"]),
        ("sev<=low", ["db2", "mail3"]),
        ("sev<low", ["mail3"]),
        ("!sev>=high", ["db2", "mail3"]),
        ("area:crypto", ["web1.example.nl", "db2"]),
        ("area:ports", ["web1.example.nl"]),
        ("state:new", ["web1.example.nl"]),
        ("state:open", ["web1.example.nl", "db2"]),
        ("state:unreachable", ["mail3"]),
        ("tag:PROD", ["web1.example.nl"]),
        ("group:db", ["db2"]),
        ("!group:db !group:web", ["mail3"]),
        ("os:debian12", ["web1.example.nl", "mail3"]),
        ("os:alma", ["db2"]),
        ("tls<1.2", ["web1.example.nl"]),
        ("tls<=1.0", ["web1.example.nl"]),
        ("tls:tlsv1.2", ["db2"]),
        ("tls>=ssl3", ["web1.example.nl", "db2"]),
        ("tls>1.2", []),
        ("cve:cve-2024-6387", ["db2"]),
        ("!cve:CVE-2024-6387", ["web1.example.nl", "mail3"]),
        ("cve:CVE-2024-0001", []),
        ("stale>1h", ["db2"]),
        ("stale<1h", ["web1.example.nl", "mail3"]),
        ("error:silent", ["mail3"]),
        ("/^(web|db)\\d/", ["web1.example.nl", "db2"]),
        ("!/2$/", ["web1.example.nl", "mail3"]),
        ("/a b/", []),
    ],
)
def test_terms(text: str, names: list[str]) -> None:
    assert found(text) == names


def test_what_runs_can_be_found() -> None:
    running = replace(DB, live=Live("tls", 1, 2))
    assert parse("state:running").matches(running, NOW)
    assert not parse("state:running").matches(DB, NOW)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("tsl<1.2", "did you mean tls<1.2?"),
        ("tls<1.4", "1.4 is no version of TLS"),
        ("cve:6387", "expected such as cve:CVE-2024-6387"),
        ("cve>CVE-2024-6387", "expected cve:cve-2024-6387"),
        ("grop:web", "did you mean group:web?"),
        ("sev>=terrible", "terrible is no severity"),
        ("area:nothing", "one of ports"),
        ("state:odd", "odd is no state"),
        ("stale>soon", "such as stale>1h"),
        ("stale:1h", "such as stale>1h"),
        ("tag>x", "expected tag:x"),
        ("sev:", "needs a value"),
        ("/(/", "is not a regular expression"),
        ("/" + "a" * 101 + "/", "may have 100 characters"),
        ("/(a+)+$/", "could take for ever"),
        ("/(a|a)*b/", "could take for ever"),
        ("/(a{1,})+/", "could take for ever"),
        ("/(x)\\1/", "could take for ever"),
        ("/a*a*a*a*b/", "may repeat"),
        ("/a?a?a?a?aaaa/", "may repeat"),
        ("/a|b|c|d|e|f|g|h|i|j/", "may repeat"),
    ],
)
def test_what_is_not_understood_is_said_and_the_rest_holds(text: str, problem: str) -> None:
    parsed = parse(f"web {text}")
    assert problem in parsed.problems[0].text and parsed.problems[0].column == 5
    assert [row.name for row in FLEET if parsed.matches(row, NOW)] == ["web1.example.nl"]


def test_what_the_fleet_does_not_have_is_a_mistake_where_that_is_known() -> None:
    known = {"group": ("web", "db"), "tag": ()}
    problems = parse("group:WEB !group:wbe  tag:prod", known).problems
    assert [(problem.column, problem.text) for problem in problems] == [
        (12, "the fleet has no group wbe; did you mean group:web?"),
        (23, "the fleet has no tag prod; it has none"),
    ]


def test_the_worst_regular_expression_that_is_let_through_ends_soon() -> None:
    parsed = parse("/.*.*.*x/")
    assert not parsed.problems
    long = Row(Host(name="a" * 5000), summary("a"))
    begin = perf_counter()
    parsed.matches(long, NOW)
    assert perf_counter() - begin < 60  # not a measurement: exponential ones would never come here


@pytest.mark.parametrize("text", ["!", "/", "//", "!!web", ":", ">=", "sev>=high sev>=high", "\x1b]52;c;x\x07", "[/b]", "🦊"])
def test_no_text_makes_it_fail(text: str) -> None:
    parsed = parse(text)
    assert isinstance(parsed.matches(WEB, NOW), bool)
