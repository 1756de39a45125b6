"""What schouw says of each lab host, against the answer key."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.answers import ANSWERS
from tests.lab.conftest import Scan


@pytest.fixture(scope="module")
def swept(scan: Scan) -> tuple[int, dict[str, Any]]:
    return scan()


def test_one_host_that_cannot_be_reached_is_status_three(swept: tuple[int, dict[str, Any]]) -> None:
    status, result = swept
    assert status == 3
    assert result["summary"]["hosts"] == len(ANSWERS) and result["summary"]["unreachable"] == 1


@pytest.mark.parametrize("name", ANSWERS)
def test_answer_key(name: str, swept: tuple[int, dict[str, Any]]) -> None:
    answer = ANSWERS[name]
    host = next(host for host in swept[1]["hosts"] if host["name"] == name)
    assert host["state"] == answer.state, host["error"]
    if answer.error:
        assert host["error"]["class"] == answer.error
    found = {finding["key"]: finding["severity"] for finding in host["findings"] if finding["severity"] != "info"}
    assert found == answer.findings
    assert answer.not_checked <= {row["check"] for row in host["not_checked"]}
    if answer.os:
        assert host["os"]["id"] == answer.os


def test_what_could_not_be_checked_says_why(swept: tuple[int, dict[str, Any]]) -> None:
    rows = [row for host in swept[1]["hosts"] for row in host["not_checked"]]
    assert rows and all(row["reason"] for row in rows)


def test_every_finding_says_how_to_fix_it(swept: tuple[int, dict[str, Any]]) -> None:
    for host in swept[1]["hosts"]:
        for finding in host["findings"]:
            assert finding["fix"].strip(), finding["key"]
            assert finding["evidence"]["inside"] or finding["evidence"]["outside"] or finding["check"] == "ports.service.gone"


def test_fail_on(scan: Scan) -> None:
    assert scan("clean", "--fail-on", "low")[0] == 0
    assert scan("exposed", "--fail-on", "critical")[0] == 1
